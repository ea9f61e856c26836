"""No event takes more than linear time in the mapping language: whoever may send events must not stop a server."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from hubspot_dest.config.validation import VALUE_KEYS
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.events.collector import Collector, with_user
from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_4, WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    cast_to_property,
    date_ms,
    key_order,
    parse_number,
    to_string,
)
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processor, merge
from hubspot_dest.mapping.rules import RuleSet
from hubspot_dest.mapping.values import Callbacks, ValueCompiler
from hubspot_dest.planning.planner import Planner
from hubspot_dest.planning.profiles import PlanPolicy

SIZES = (100, 1_000, 10_000)
GROWTH = 40
"""How many times longer 100 times the size may take than 10 times: 10 if it is linear, 100 if it is quadratic."""
FLOOR_S = 0.0005
NOW = 1_750_000_000_000

Work = Callable[[], Any]


def texts(n: int) -> list[str]:
    return [f"t{number}" for number in range(n)]


def event(n: int) -> dict[str, Any]:
    """Return an event in which everything that can be large has the size n."""
    items = [
        {"id": f"i{number}", "n": number, "tags": ["a", "b"], "consent": {"m": bool(number % 2)}}
        for number in range(n)
    ]
    deep: Any = "end"
    for _ in range(min(n, 150)):
        deep = [deep, "x"]
    return {
        "name": "order complete",
        "entity": "order",
        "action": "complete",
        "timestamp": NOW,
        "id": "0" * 16,
        "data": {
            "id": "o1",
            "text": "é" * n,
            "items": items,
            "texts": texts(n),
            "numbers": [number / 7 for number in range(n)],
            "lists": [[number, [number]] for number in range(n)],
            "deep": deep,
            "keys": {str(n - number): number for number in range(n)},
            "nulls": [None] * n,
        },
        "user": {"email": "ada@example.org", "tags": texts(n)},
        "globals": {f"g{number}": number for number in range(n)},
        "context": {f"c{number}": ["x", number] for number in range(n)},
        "custom": {},
        "nested": items,
        "consent": {"m": False, **{f"c{number}": True for number in range(n)}},
        "source": {"type": "t"},
    }


def value(mapping: Any, dialect: Dialect = WALKEROS_4_7, *, traced: bool = False) -> Callable[[int], Work]:
    resolve = ValueCompiler(Callbacks(), traced=traced, dialect=dialect).compile(mapping)

    def prepare(n: int) -> Work:
        whole = event(n)
        return lambda: resolve(whole, Evaluation(whole, CollectorView()), {})

    return prepare


def process(config: dict[str, Any], dialect: Dialect = WALKEROS_4_7) -> Callable[[int], Work]:
    values = ValueCompiler(Callbacks(), dialect=dialect)
    data = config.get("data", UNDEFINED)
    processor: Processor[None] = Processor(
        policy=Policy.compile(config["policy"], values, as_settled=True) if config.get("policy") else None,
        rules=RuleSet(config.get("mapping"), values, Callbacks(), lambda raw: None, as_settled=True),
        data=None if data is UNDEFINED else values.compile(data),
        include=config.get("include", UNDEFINED),
    )

    def prepare(n: int) -> Work:
        whole = event(n)
        return lambda: processor.process(whole, Evaluation(whole, CollectorView()))

    return prepare


def plan(properties: Any, policy: PlanPolicy = PlanPolicy(), **settings: Any) -> Callable[[int], Work]:  # noqa: B008
    rule = {"settings": {"properties": {"map": properties}}}
    config = {
        "settings": {"eventNamePrefix": "pe1_", **settings},
        "mapping": {"order": {"complete": rule}},
    }
    planner = Planner(config, policy=policy)

    def prepare(n: int) -> Work:
        whole = event(n)
        return lambda: planner.plan(whole, CollectorView(), NOW)

    return prepare


def call(function: Callable[[Any], Any], make: Callable[[int], Any]) -> Callable[[int], Work]:
    def prepare(n: int) -> Work:
        given = make(n)
        return lambda: function(given)

    return prepare


def nested_lists(n: int) -> Any:
    deep: Any = []
    for _ in range(n):
        deep = [deep, "x"]
    return deep


def completed(make: Callable[[int], dict[str, Any]]) -> Callable[[int], Work]:
    """Complete an event of size n in a collector whose globals and user have lists of size n, too."""

    def prepare(n: int) -> Work:
        state = Collector(
            now_ms=lambda: NOW,
            globals_={"tags": texts(n)},
            user={"tags": [f"u{number}" for number in range(n)]},
        )
        given = make(n)
        return lambda: with_user(state.complete(given), state.view.user)

    return prepare


LOOP = {"loop": ["data.items", "id"]}
PLAIN = lambda value, context: True  # noqa: E731 - a condition of a configuration
OPERATIONS: dict[str, Callable[[int], Work]] = {
    "path": value("data.items"),
    "path with *": value("data.items.*.tags.*"),
    "path to an index and length": value({"set": ["data.items.50.id", "data.items.length", "data.keys.7"]}),
    "value": value({"key": "nope", "value": "x"}),
    "alternatives": value(["nope", "data.nulls", "data.texts"]),
    "first true": value([["nope", "data.nulls", "data.texts"]]),
    "loop": value(LOOP),
    "loop in loop": value({"loop": ["data.items", {"loop": ["tags", ""]}]}),
    "loop over this": value({"loop": ["this", {"loop": ["data.items", {"map": {"id": "id", "n": "n"}}]}]}),
    "loop without a list in each item": value({"loop": ["data.items", {"loop": ["nope", "id"]}]}),
    "loop, 4.4": value({"loop": ["data.items", {"loop": ["nope", "id"]}]}, WALKEROS_4_4),
    "consent in a loop": value({"loop": ["data.items", {"key": "id", "consent": {"m": True}}]}),
    "map": value({"map": {"a": "data", "b": {"map": {"c": "user", "d": {"map": {"e": "data.texts"}}}}}}),
    "set": value({"set": ["data.texts", {"set": ["data.items", "data.lists"]}]}),
    "condition, validate, fn in Python": value(
        {
            "loop": [
                "data.items",
                {"condition": PLAIN, "validate": PLAIN, "fn": lambda value, context: value["id"]},
            ]
        }
    ),
    "fn in JavaScript": value({"fn": "$code:(e) => e.data.texts.join()"}),
    "fn in JavaScript in a loop": value(
        {"loop": ["data.items", {"fn": "$code:(item, context) => item.id + context.event.name"}]}
    ),
    "traced": value({"map": {"a": LOOP, "b": "data.texts"}}, traced=True),
    "rule": process({"mapping": {"order": {"complete": [{"condition": PLAIN, "name": "n m"}]}}}),
    "condition that throws": process({"mapping": {"order": {"complete": {"condition": lambda e, c: 1 / 0}}}}),
    "data, rule data and remove": process(
        {
            "data": {"map": {"tags": "data.texts"}},
            "mapping": {
                "order": {"complete": {"data": {"map": {"tags": "user.tags"}}, "remove": ["tags.5"]}}
            },
        }
    ),
    "include": process({"include": ["all"], "mapping": {"order": {"complete": {}}}}),
    "policy": process(
        {"policy": {"data.a": LOOP, "user.tags": "nope", "data.items.3": "nope", "x.y": "data"}}
    ),
    "policy, overlapping, 4.4": process(
        {"policy": {"data": {"map": {"a": LOOP}}, "data.a": "data.texts", "data.items.3.id": "nope"}},
        WALKEROS_4_4,
    ),
    "properties": plan({"a": "data.text", "b": "data.texts", "c": "data.numbers", "d": "data.lists"}),
    "properties with functions": plan({"a": LOOP, "b": "data.deep", "c": "data.keys", "d": "data.nulls"}),
    "properties, parity": plan({"a": LOOP, "b": "data.deep"}, PlanPolicy.parity()),
    "identify": plan(
        {"a": "data.text"},
        identify={"map": {"email": "user.email", "properties": {"map": {"t": "data.texts", "l": LOOP}}}},
    ),
    "merge of lists of texts": call(
        lambda item: merge(*item), lambda n: ({"t": texts(n)}, {"t": texts(n)[::-1]})
    ),
    "merge of lists of numbers": call(
        lambda item: merge(*item),
        lambda n: ({"t": list(range(n))}, {"t": [float(index) for index in range(2 * n)]}),
    ),
    "merge of lists of maps": call(
        lambda item: merge(*item), lambda n: ({"t": [{} for _ in range(n)]}, {"t": [{} for _ in range(n)]})
    ),
    "event meets globals and user": completed(
        lambda n: {"name": "a b", "globals": {"tags": texts(n)[::-1]}, "user": {"tags": texts(n)}}
    ),
    "consent check": call(
        lambda item: granted_consent({"m": True}, item, item), lambda n: dict.fromkeys(texts(n), True)
    ),
    "cast": call(cast_to_property, nested_lists),
    "text of a list": call(to_string, texts),
    "text of lists in lists": call(to_string, nested_lists),
    "text of a large number": call(to_string, lambda n: 10**n),
    "keys in JavaScript's order": call(key_order, lambda n: {str(n - index): index for index in range(n)}),
    "number": call(parse_number, lambda n: "1" * n + "x"),
    "number with an exponent": call(parse_number, lambda n: "1" * n + "." + "1" * n + "e" + "1" * n + "x"),
    "date of spaces": call(date_ms, lambda n: "1 May 2024" + " " * n + "x"),
    "date with an offset after spaces": call(date_ms, lambda n: "2024-05-01 10:00" + " " * n + "x"),
    "date of brackets": call(date_ms, lambda n: "1 May 2024 (" + "(" * n),
    "date of fractions": call(date_ms, lambda n: "2024-05-01T10:00:00." + "1" * n + "x"),
    "date of words": call(date_ms, lambda n: "May " * n),
    "event name": call(
        lambda name: Planner({"settings": {"eventNamePrefix": "p_"}}).plan(
            {**event(1), "name": name}, CollectorView(), NOW
        ),
        lambda n: "order complete" + " \t" * n,
    ),
}


def pushed(make: Callable[[int], dict[str, Any]], **config: Any) -> Callable[[int], Work]:
    """Push an event of size n through a whole destination, its log included."""
    quiet = logging.Logger("quiet", logging.CRITICAL)
    settings = {"accessToken": "x", "eventNamePrefix": "p_", **config.pop("settings", {})}
    sender = HubSpotDestination({"settings": settings, **config}, client=NullClient(), logger=quiet)

    def prepare(n: int) -> Work:
        given = make(n)
        return lambda: sender.push(given)

    return prepare


FAILS = {"loop": ["nested", {"fn": lambda value, context: 1 / 0}]}
OPERATIONS |= {
    "push": pushed(
        event, settings={"identify": {"map": {"email": "user.email", "properties": {"map": {"l": LOOP}}}}}
    ),
    "push with a function that fails for each item": pushed(
        event, mapping={"order": {"complete": {"settings": {"properties": {"map": {"x": FAILS}}}}}}
    ),
    "push with consent": pushed(event, consent={"m": True, "c1": True}),
}


KEYS: dict[str, Callable[[str], dict[str, Any]]] = {
    "condition": lambda path: {"key": path, "condition": PLAIN},
    "consent": lambda path: {"key": path, "consent": {"m": True, "c1": True}},
    "fn": lambda path: {"fn": lambda value, context: len(str(path))},
    "key": lambda path: {"key": path},
    "loop": lambda path: {"loop": [path, "this"]},
    "map": lambda path: {"map": {"a": path, "b": {"map": {"c": path}}}},
    "set": lambda path: {"set": [path, {"set": [path, path]}]},
    "validate": lambda path: {"key": path, "validate": PLAIN},
    "value": lambda path: {"key": f"{path}.nope", "value": "x"},
}
"""For each key of a mapping value: one that uses it with a path."""
PATHS = ("data.items", "data.items.*.tags.*", "data.keys", "data.deep")
PLACES: dict[str, Callable[[Callable[[str], dict[str, Any]]], Callable[[int], Work]]] = {
    "for each item of a list": lambda sample: value({"loop": ["data.items", sample("tags")]}),
    "of everything large": lambda sample: value({"set": [sample(path) for path in PATHS]}),
    "in properties": lambda sample: plan({path: sample(path) for path in PATHS}),
    "in a policy": lambda sample: process(
        {"policy": {"data.made": sample("data.items"), "user.x": sample("user.tags")}}
    ),
    "in the data of a rule": lambda sample: process(
        {"mapping": {"order": {"complete": {"data": sample("data.items")}}}}
    ),
}
OPERATIONS |= {f"{key} {place}": make(KEYS[key]) for key in KEYS for place, make in PLACES.items()}
RULES: dict[str, Any] = {
    "* *": {"*": {"*": {}}},
    "order *": {"order": {"*": {"name": "n m"}}},
    "ignore": {"order": {"complete": {"ignore": True}}},
    "silent": {"order": {"complete": {"silent": True}}},
    "consent": {"order": {"complete": {"consent": {"m": True, "c1": True}}}},
    "policy": {"order": {"complete": {"policy": {"data.texts": "data.items", "data.items.0": LOOP}}}},
    "many conditions": {
        "order": {"complete": [{"condition": lambda event, context: False} for _ in range(20)]}
    },
}
OPERATIONS |= {f"rule with {name}": process({"mapping": mapping}) for name, mapping in RULES.items()}


def test_every_key_of_a_mapping_value_is_among_the_operations() -> None:
    assert tuple(sorted(KEYS)) == VALUE_KEYS


def seconds(work: Work) -> float:
    best = float("inf")
    for _ in range(3):
        started = time.thread_time()
        work()
        best = min(best, time.thread_time() - started)
    return best


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_large_event_takes_linear_time(name: str) -> None:
    prepare = OPERATIONS[name]
    small, middle, large = (seconds(prepare(size)) for size in SIZES)
    assert large <= GROWTH * max(middle, FLOOR_S), (small, middle, large)
    assert middle <= GROWTH * max(small, FLOOR_S), (small, middle, large)


def test_two_lists_of_three_thousand_texts_are_united_at_once() -> None:
    first, second = texts(3_000), [f"u{number}" for number in range(3_000)]
    assert seconds(lambda: merge({"t": first}, {"t": second})) < 0.01
