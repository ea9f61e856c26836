"""What each kind of mapping value adds to a rule: the rule of eight plain properties with one more entry."""

from __future__ import annotations

import copy
import time
from typing import Any

import orjson

from benchmarks.measuring import Figure
from benchmarks.workload import CONFIG, lines
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner

__all__ = ["measure"]

COUNT = 1_000
CHUNK = 100
ROUNDS = 9
_IDENTIFY = {
    "map": {"email": "user.email", "properties": {"map": {"session": "user.session", "id": "user.id"}}}
}
_ENTRIES: dict[str, Any] = {
    "path of one step": "name",
    "path of four steps": "nested.0.data.name",
    "wildcard": "nested.*.data.name",
    "alternatives": ["data.nope", "data.total"],
    "loop over three items": {"loop": ["nested", "data.name"]},
    "loop over three items, a map of each": {
        "loop": ["nested", {"map": {"name": "data.name", "price": "data.price"}}]
    },
    "set": {"set": ["data.id", "data.total"]},
    "map": {"map": {"id": "data.id"}},
    "consent": {"key": "data.id", "consent": {"functional": True}},
    "condition in Python": {"key": "data.id", "condition": lambda value, context: True},  # noqa: ARG005
    "function in Python": {"fn": lambda value, context: "x"},  # noqa: ARG005
}


def measure(*, count: int = COUNT, rounds: int = ROUNDS) -> list[Figure]:
    """Return the ratio of each kind to the plain rule, rounds of all of them taken in turn."""
    text = lines(count)
    plans = {name: Planner(config).plan for name, config in _configs().items()}
    taken: dict[str, list[float]] = {name: [] for name in plans}
    for _ in range(rounds):
        for name, plan in plans.items():
            taken[name].append(_cpu(plan, text))
    plain = taken.pop("plain")
    return [
        Figure.of("the plain rule", plain, "µs"),
        *(
            Figure.of(
                f"with {name}", [number / floor for number, floor in zip(cpu, plain, strict=True)], "times"
            )
            for name, cpu in taken.items()
        ),
    ]


def _configs() -> dict[str, dict[str, Any]]:
    configs = {"plain": CONFIG}
    for name, entry in _ENTRIES.items():
        configs[name] = copy.deepcopy(CONFIG)
        _rule(configs[name])["settings"]["properties"]["map"]["more"] = entry
    for name, settings in {"identify": {"identify": _IDENTIFY}, "objectId": {"objectId": "user.id"}}.items():
        configs[name] = copy.deepcopy(CONFIG)
        configs[name]["settings"] |= settings
    changes: dict[str, dict[str, Any]] = {
        "a policy": {"policy": {"data.more": "data.id"}},
        "a name": {"name": "order paid"},
    }
    for name, change in changes.items():
        configs[name] = copy.deepcopy(CONFIG)
        _rule(configs[name]).update(change)
    return configs


def _rule(config: dict[str, Any]) -> dict[str, Any]:
    rule: dict[str, Any] = config["mapping"]["order"]["complete"]
    return rule


def _cpu(plan: Any, text: list[bytes]) -> float:
    """Return the CPU of one plan in µs, of events that were just parsed."""
    collector, spent = CollectorView(), 0.0
    for start in range(0, len(text), CHUNK):
        events = [orjson.loads(line) for line in text[start : start + CHUNK]]
        begun = time.process_time()
        for event in events:
            plan(event, collector, 1)
        spent += time.process_time() - begun
    return spent / len(text) * 1e6


if __name__ == "__main__":
    for figure in measure():
        print(f"{figure.median:8.2f} {figure.unit:6} {figure.name}")
