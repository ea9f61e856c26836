"""The mapping language against walkerOS' own core, from its package, on thousands of random cases.

The package is 4.2.1, the newest there is; `include`, which 4.4 changed, is left out. Needs Node and its registry.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_4
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.mapping.paths import get_by_path, set_by_path
from hubspot_dest.mapping.policy import Policy, overlapping_paths
from hubspot_dest.mapping.process import Processor
from hubspot_dest.mapping.rules import RuleError, RuleSet
from hubspot_dest.mapping.values import Callbacks, ValueCompiler
from simulator.conformance.codec import encode

pytestmark = pytest.mark.deep

CASES = 20_000
SEED = 20261123
SCALARS = ["x", "", 0, 1, -1, 2.5, True, False, None, "a b", 1e21, 1e-7, "0"]
KEYS = ["id", "a", "b", "total", "0", "2", "list", "consent", "x.y", "", "*", "entity"]
STEPS = [
    "data",
    "user",
    "nested",
    "id",
    "a",
    "b",
    "total",
    "0",
    "1",
    "2",
    "list",
    "*",
    "x",
    "consent",
    "m",
    "name",
    "",
]
POLICY_PATHS = [
    "data.id",
    "data.a.b",
    "user.email",
    "data",
    "nested.0.data.id",
    "name",
    "data.list.0",
    "consent",
]


def paths_of(value: Any, prefix: str = "") -> Iterator[str]:
    """Yield every path into a value: keys, indices, and `*` for the items of lists."""
    if isinstance(value, dict):
        steps = [(key, item) for key, item in value.items() if "." not in key]
    elif isinstance(value, list):
        steps = [(str(index), item) for index, item in enumerate(value)] + [("*", item) for item in value[:1]]
    else:
        return
    for step, item in steps:
        path = f"{prefix}{step}"
        yield path
        yield from paths_of(item, f"{path}.")


class Cases:
    """Makes random cases, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._paths: list[str] = []

    def value(self, depth: int = 0) -> Any:
        dice = self._random.random()
        if depth > 3 or dice < 0.5:
            return self._random.choice(SCALARS)
        if dice < 0.75:
            return self.map(depth)
        return [self.value(depth + 1) for _ in range(self._random.randint(0, 3))]

    def map(self, depth: int = 0) -> dict[str, Any]:
        return {self._random.choice(KEYS): self.value(depth + 1) for _ in range(self._random.randint(0, 4))}

    def event(self) -> dict[str, Any]:
        choice = self._random.choice
        nested = [
            {"entity": "e", "data": self.map(), "nested": [{"data": self.map()}]}
            for _ in range(choice([0, 1, 2]))
        ]
        return {
            "name": choice(["order complete", "page view", "a b c"]),
            "data": self.map() if self._random.random() < 0.9 else self.value(),
            "user": self.map(),
            "nested": nested,
            "consent": choice([{}, {"m": True}, {"m": False}, {"f": True}, None]),
            "context": {"a": ["x", 1]},
            "globals": self.map(),
        }

    def path(self) -> str:
        choice = self._random.choice
        if self._paths and self._random.random() < 0.6:
            return choice(self._paths)
        if self._random.random() < 0.5:
            return f"{choice(['data', 'user', 'globals'])}.{choice(['id', 'a', 'b', 'total', 'list', '0'])}"
        return ".".join(choice(STEPS) for _ in range(self._random.randint(1, 4)))

    def mapping(self, depth: int = 0) -> Any:
        dice, choice = self._random.random, self._random.choice
        kind = dice()
        if kind < 0.4 or depth > 3:
            return self.path() if dice() < 0.95 else choice(["this", "", None, 5, True, {}])
        if kind < 0.55:
            return [self.mapping(depth + 1) for _ in range(choice([0, 1, 2, 3]))]
        form: dict[str, Any] = {}
        if dice() < 0.4:
            form["key"] = self.path()
        if dice() < 0.3:
            form["value"] = self.value(2)
        if dice() < 0.15:
            form["consent"] = choice([{"m": True}, {}, {"m": False}, {"f": True, "m": True}])
        form |= self._inside(depth)
        return form

    def _inside(self, depth: int) -> dict[str, Any]:
        dice, choice = self._random.random(), self._random.choice
        if dice < 0.25:
            return {
                "map": {f"{choice('pqrs1')}{n}": self.mapping(depth + 1) for n in range(choice([0, 1, 2, 3]))}
            }
        if dice < 0.5:
            scope = choice(["nested", "data.list", "this", "data", "nested.*.data", self.path()])
            return {"loop": [scope, self.mapping(depth + 1)]}
        if dice < 0.65:
            return {"set": [self.mapping(depth + 1) for _ in range(choice([0, 1, 2, 3]))]}
        return {}

    def rule(self) -> dict[str, Any]:
        dice = self._random.random
        rule: dict[str, Any] = {}
        if dice() < 0.5:
            rule["data"] = self.mapping(1)
        if dice() < 0.2:
            rule["name"] = "N x"
        if dice() < 0.1:
            rule["ignore"] = True
        if dice() < 0.3:
            rule["remove"] = [self.path(), "a"]
        if dice() < 0.3:
            rule["policy"] = self.policy()
        return rule

    def policy(self) -> dict[str, Any]:
        policy = {
            path: self.mapping(2) for path in self._random.sample(POLICY_PATHS, self._random.randint(1, 3))
        }
        # The order of overlapping edits was measured on 4.4; the package's promises may settle otherwise.
        return {} if overlapping_paths(policy) else policy

    def case(self) -> dict[str, Any]:
        dice = self._random.random()
        consent = self._random.choice([{}, {"m": True}])
        event = self.event()
        self._paths = list(paths_of(event))
        if dice < 0.6:
            return {"kind": "value", "event": event, "mapping": self.mapping(), "consent": consent}
        if dice < 0.7:
            return {"kind": "path", "value": self.value(), "path": self.path(), "default": "D", "consent": {}}
        if dice < 0.8:
            value = {"data": self.map(), "nested": [self.map(), self.value()]}
            return {"kind": "setpath", "value": value, "path": self.path(), "set": "S", "consent": {}}
        mapping = {"order": {"complete": self.rule()}, "page": {"*": self.rule()}, "*": {"*": self.rule()}}
        config: dict[str, Any] = {"mapping": mapping} if dice < 0.95 else {}
        if self._random.random() < 0.4:
            config["data"] = self.mapping(1)
        if self._random.random() < 0.3:
            config["policy"] = self.policy()
        return {"kind": "process", "event": event, "config": config, "consent": {}}


def ours(case: dict[str, Any]) -> dict[str, Any]:
    """Answer a case as walkeros.mjs does, with this project's mapping."""
    ev = Evaluation(case.get("event"), CollectorView(consent=case["consent"]))
    values, callbacks = ValueCompiler(Callbacks(), dialect=WALKEROS_4_4), Callbacks()
    out: dict[str, Any] = {}
    try:
        out["result"] = encode(_answer(case, ev, values, callbacks))
    except (RuleError, JsTypeError):
        out["error"] = True
    return {**out, "logs": [issue.message for issue in ev.issues], "failed": ev.failed}


def _answer(case: dict[str, Any], ev: Evaluation, values: ValueCompiler, callbacks: Callbacks) -> Any:
    if case["kind"] == "value":
        return values.compile(case["mapping"])(case["event"], ev, ev.collector.consent)
    if case["kind"] == "path":
        return get_by_path(case["value"], case["path"], case["default"])
    if case["kind"] == "setpath":
        return set_by_path(case["value"], case["path"], case["set"])
    config = case["config"]
    data = config.get("data", UNDEFINED)
    present = data is not UNDEFINED and data not in (None, "", 0, False)
    processed = Processor(
        policy=Policy.compile(config["policy"], values, as_settled=True) if config.get("policy") else None,
        rules=RuleSet(config.get("mapping", UNDEFINED), values, callbacks, lambda raw: None, as_settled=True),
        data=values.compile(data) if present else None,
        include=UNDEFINED,
        no_data=UNDEFINED if present else data,
    ).process(case["event"], ev)
    key = processed.key or ""
    return {"event": processed.event, "data": processed.data, "key": key, "ignore": processed.ignore}


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs Node and npm")
def test_random_configurations_mean_what_they_mean_to_walkeros(tmp_path: Path) -> None:
    subprocess.run(
        ["npm", "install", "--silent", "--prefix", str(tmp_path), "@walkeros/core@4.2.1"],
        check=True,
        timeout=300,
    )
    cases = [made.case() for made in [Cases(SEED)] for _ in range(CASES)]
    script = Path(__file__).parent / "walkeros.mjs"
    done = subprocess.run(
        ["node", str(script), str(tmp_path)],
        input="\n".join(json.dumps(case) for case in cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    different = [
        (case, wanted, got)
        for case, wanted, got in zip(cases, theirs, map(ours, cases), strict=True)
        if wanted != json.loads(json.dumps(got))
    ]
    assert different[:2] == []
