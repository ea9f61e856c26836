"""The cheap form of every kind of entry gives what its general form gives, and no entry makes its rule slow."""

from __future__ import annotations

import math
import sys
from typing import Any

import pytest

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_7
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import Planner, paused_gc
from hubspot_dest.planning.profiles import PlanPolicy

NOW = 1_750_000_000_000
POLICIES = {
    "better": PlanPolicy(),
    "parity 4.4": PlanPolicy.parity(),
    "parity 4.7": PlanPolicy.parity(WALKEROS_4_7),
}


def throws(value: Any, context: Any) -> Any:
    raise ValueError(str(type(value)))


ENTRIES: dict[str, Any] = {
    "path of one step": "name",
    "path of two steps": "data.id",
    "path of three steps": "context.shopping.0",
    "path of four steps": "nested.0.data.name",
    "path of two steps into a list": "nested.length",
    "path with a wildcard": "nested.*.data.name",
    "path that ends with a wildcard": "nested.*",
    "path that begins with a wildcard": "*.id",
    "path to a map": "data",
    "empty path": "",
    "key": {"key": "data.id"},
    "key and value": {"key": "data.id", "value": 7.0},
    "key and a list as value": {"key": "data.id", "value": ["a", 1]},
    "key and a map without a text as value": {"key": "data.id", "value": {"toString": 1}},
    "key and null as value": {"key": "data.id", "value": None},
    "wildcard and value": {"key": "nested.*.data.id", "value": {"a": None}},
    "value": {"value": True},
    "value null": {"value": None},
    "key that is not text": {"key": 5},
    "null": None,
    "empty": {},
    "alternatives": ["data.nope", {"key": "data.id"}, "user.email"],
    "no alternatives": [],
    "alternatives with null": [None, "data.id"],
    "first true": [["data.nope", "data.id"]],
    "map": {"map": {"a": "data.id", "b": {"map": {"c": "data"}}}},
    "set": {"set": ["data.id", {"value": 1}, ["data.nope", "name"], None]},
    "set of what is there": {"set": ["data.id", "data.name"]},
    "loop": {"loop": ["nested", "data.name"]},
    "loop with a default": {"loop": ["nested.*.data.id", {"key": "x", "value": "D"}]},
    "loop over maps": {"loop": ["nested", {"map": {"n": "data.name", "p": "data.price"}}]},
    "loop over this": {"loop": ["this", "data.id"]},
    "loop in a loop": {"loop": ["nested", {"loop": ["tags", ""]}]},
    "loop without a list": {"loop": ["data", "id"], "key": "data.id", "value": "D"},
    "loop of a wrong form": {"loop": {"a": 1}},
    "consent": {"key": "data.id", "consent": {"m": True}},
    "consent with a value": {"key": "data.id", "consent": {"m": True}, "value": [None]},
    "consent in a loop": {"loop": ["nested", {"key": "data.id", "consent": {"m": True}, "value": None}]},
    "condition": {"key": "data.id", "condition": lambda value, context: bool(value["data"]["id"])},
    "condition that throws": {"key": "data.id", "condition": throws, "value": 1},
    "validate": {"key": "data.id", "validate": lambda value, context: isinstance(value, str)},
    "function": {"fn": lambda value, context: value["data"]},
    "function of an object": {"fn": lambda value, context: Foreign("Date"), "value": "D"},
    "function that throws": {"fn": throws},
    "function and key": {"fn": throws, "key": "data.id"},
    "JavaScript": {"fn": "$code:(event, context) => context.consent && event.data.id"},
}
ODD: list[Any] = [
    "x",
    "",
    5,
    0,
    -1,
    2**60,
    10**400,
    99.0,
    1e21,
    1e-7,
    -0.0,
    math.nan,
    math.inf,
    True,
    False,
    None,
    UNDEFINED,
    [],
    [1, None],
    [1, ["a", []], {}],
    ["a", "b"],
    [UNDEFINED, "a"],
    {},
    {"a": 1},
    {"toString": 1},
    {"a": [None]},
    [{"toString": 1}],
    "\ud800",
]


NAMES: list[Any] = ["order", "", "a b", "ORDER\u00a0 Complete x", 5, None, [], UNDEFINED]


def event(**fields: Any) -> dict[str, Any]:
    return {
        "name": "order complete",
        "data": {"id": "o1", "name": "n"},
        "context": {"shopping": ["complete", 0]},
        "globals": {},
        "custom": {},
        "user": {"email": "a@b.c", "id": "u1"},
        "nested": [
            {"data": {"id": 1, "name": "a"}, "tags": ["t"]},
            {"data": {"name": 2.0}, "consent": {"m": True}},
        ],
        "consent": {},
        "id": "0" * 16,
        "timestamp": 1_700_000_000_000,
        **fields,
    }


EVENTS = [
    event(),
    event(consent={"m": True}),
    event(consent=None),
    *(event(data={"id": value, "name": value}) for value in ODD),
    *(event(data=value) for value in ODD),
    *(event(nested=value) for value in ODD),
    *(event(nested=[{"data": {"id": value, "name": value}, "tags": value}]) for value in ODD),
    *(event(context={"shopping": value}) for value in ODD),
    *(event(user={"email": value, "id": "u1"}) for value in ODD),
    *(event(user={"id": value}) for value in ODD),
    *(event(user=value) for value in ODD),
    *(event(timestamp=value) for value in ODD),
    *(event(name=name) for name in NAMES),
]


def whole(plan: Plan) -> str:
    fields = {name: getattr(plan, name) for name in Plan.__dataclass_fields__ if name != "trace"}
    return repr(fields)


def configured(entry: Any) -> dict[str, dict[str, Any]]:
    """Return every place of a configuration where a mapping value can be."""
    properties = {"a": "data.id", "b": entry, "c": {"key": "data.name", "value": "?"}}
    identify = {"map": {"email": "user.email", "properties": {"map": properties}}}

    def config(general: dict[str, Any], **rule: Any) -> dict[str, Any]:
        settings = {"eventNamePrefix": "pe1_", "objectId": "user.id", "defaultProperties": {"b": "default"}}
        return {
            "settings": settings | general,
            "mapping": {"order": {"complete": {"settings": {"properties": {"map": properties}}} | rule}},
        }

    return {
        "properties": config({}),
        "all properties": config({}, settings={"properties": entry}),
        "contact": config({"identify": identify}),
        "contact's e-mail": config({"identify": {"map": {**identify["map"], "email": entry}}}),
        "all of the contact": config({"identify": entry}, settings={}),
        "e-mail": config({"email": entry}),
        "object id": config({"objectId": entry}, silent=True),
        "policy": config({}, policy={"data.name": entry, "user.id": entry}),
        "data": config({}, data=entry),
        "name": config({}, name=entry),
    }


@pytest.mark.parametrize("name", ENTRIES)
@pytest.mark.parametrize("policy", POLICIES)
def test_the_cheap_form_of_an_entry_plans_what_its_general_form_plans(name: str, policy: str) -> None:
    collector = CollectorView(consent={"m": False})
    for number, (place, config) in enumerate(configured(ENTRIES[name]).items()):
        planner = Planner(config, policy=POLICIES[policy])
        for given in EVENTS[:2] + EVENTS[2 + number :: 8]:
            before = repr(given)
            general = planner.plan(given, collector, NOW, traced=True)
            assert whole(planner.plan(given, collector, NOW)) == whole(general), (place, given)
            assert repr(given) == before, "planning changed the event"


def calls_of(plain: int, *extra: Any) -> int:
    """Return how many calls, of Python and C, it takes to plan so many plain properties and one more entry."""
    properties = {f"p{number}": "data.id" for number in range(plain)} | dict(zip("x", extra, strict=False))
    rule = {"settings": {"properties": {"map": properties}}}
    plan = Planner({"settings": {}, "mapping": {"order": {"complete": rule}}}).plan
    given, collector = EVENTS[0], CollectorView()
    plan(given, collector, NOW)
    count = 0

    def profile(frame: Any, what: str, argument: Any) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    with paused_gc():  # what it calls is counted, too
        sys.setprofile(profile)
        try:
            plan(given, collector, NOW)
        finally:
            sys.setprofile(None)
    return count


# An entry of consent with a value may take the whole map with it.
@pytest.mark.parametrize("name", sorted(set(ENTRIES) - {"consent with a value"}))
def test_an_unusual_entry_costs_only_itself(name: str) -> None:
    alone, beside_many = (calls_of(plain, ENTRIES[name]) - calls_of(plain) for plain in (2, 80))
    assert alone == beside_many, "its neighbours pay for it"
