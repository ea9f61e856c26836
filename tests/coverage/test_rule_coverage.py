"""What came from an event, what a default stood in for, and what is missing, are three different numbers."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.config.model import Config
from hubspot_dest.coverage.rule_coverage import RuleCoverage
from hubspot_dest.planning.dry_run import DryRun

LINE = 7


def counts(value: Any, event: dict[str, Any], **settings: Any) -> tuple[int, int, int]:
    """Return (resolved, defaulted, missing) of one property `p` for one event."""
    mapping = {"a": {"b": {"settings": {"properties": {"map": {"p": value}}}}}}
    config = Config.strict({"settings": {"eventNamePrefix": "pe1_", **settings}, "mapping": mapping})
    plan = DryRun(config).plan({"name": "a b", "user": {"email": "ada@example.org"}, **event}, 1)
    assert plan.verdict == "ready", plan.sentence
    coverage = RuleCoverage()
    coverage.follow(config.raw)
    coverage.count_plan("a b", plan, "sent", LINE)
    property_hits = coverage.rules["a b"][0].properties["p"]
    assert (
        property_hits.resolved + property_hits.defaulted + property_hits.missing == property_hits.asked == 1
    )
    assert (property_hits.missing_line == LINE) is (property_hits.missing == 1)
    assert bool(property_hits.examples) is (property_hits.missing == 0)
    return property_hits.resolved, property_hits.defaulted, property_hits.missing


RESOLVED, DEFAULTED, MISSING = (1, 0, 0), (0, 1, 0), (0, 0, 1)
DATA: dict[str, Any] = {"data": {"x": 5, "empty": "", "null": None}}
GRANTED: dict[str, Any] = {**DATA, "consent": {"marketing": True}}


@pytest.mark.parametrize(
    ("value", "event", "expected"),
    [
        ("data.x", DATA, RESOLVED),
        ("data.y", DATA, MISSING),
        ("data.empty", DATA, RESOLVED),
        ("data.null", DATA, MISSING),
        ({"key": "data.x", "value": "d"}, DATA, RESOLVED),
        ({"key": "data.y", "value": "d"}, DATA, DEFAULTED),
        ({"key": "data.x", "value": 5}, DATA, RESOLVED),  # the value is the default, and came from the event
        ({"value": "always"}, DATA, RESOLVED),
        (["data.y", "data.x"], DATA, RESOLVED),
        (["data.y", {"value": "d"}], DATA, DEFAULTED),
        (["data.x", {"value": "d"}], DATA, RESOLVED),
        (["data.y", {"key": "data.z", "value": "d"}], DATA, DEFAULTED),
        ({"fn": "$code:(event) => event.data.x + 1", "value": "d"}, DATA, RESOLVED),
        ({"fn": "$code:() => undefined", "value": "d"}, DATA, DEFAULTED),
        ({"fn": "$code:() => { throw new Error('no') }", "value": "d"}, DATA, DEFAULTED),
        ({"fn": "$code:() => undefined"}, DATA, MISSING),
        ({"key": "data.x", "condition": "$code:() => false", "value": "d"}, DATA, MISSING),
        ({"key": "data.x", "validate": "$code:() => false", "value": "d"}, DATA, DEFAULTED),
        ({"key": "data.x", "consent": {"marketing": True}, "value": "d"}, DATA, DEFAULTED),
        ({"key": "data.x", "consent": {"marketing": True}, "value": "d"}, GRANTED, RESOLVED),
        ({"key": "data.x", "consent": {"marketing": True}}, DATA, MISSING),
        ({"loop": ["nested", "data.id"], "value": "d"}, {"nested": [{"data": {"id": 1}}]}, RESOLVED),
    ],
)  # fmt: skip
def test_a_default_is_told_from_a_value_and_from_nothing(
    value: Any, event: dict[str, Any], expected: tuple[int, int, int]
) -> None:
    assert counts(value, event) == expected


def test_a_default_property_that_stands_in_is_no_value_of_the_event() -> None:
    assert counts("data.y", DATA, defaultProperties={"p": "d"}) == DEFAULTED
    assert counts("data.x", DATA, defaultProperties={"p": "5"}) == RESOLVED


def test_properties_that_a_function_computes_are_counted_by_the_names_that_came() -> None:
    code = "$code:(event) => event.data.wide ? {a: 1, b: 2} : {a: 1}"
    mapping = {"a": {"b": {"settings": {"properties": {"fn": code}}}}}
    config = Config.strict({"settings": {"eventNamePrefix": "pe1_"}, "mapping": mapping})
    run, coverage = DryRun(config), RuleCoverage()
    coverage.follow(config.raw)
    for wide in (False, True, False):
        event = {"name": "a b", "data": {"wide": wide}, "user": {"email": "ada@example.org"}}
        coverage.count_plan("a b", run.plan(event, 1))
    found = coverage.rules["a b"][0].properties
    assert {
        name: (property_hits.asked, property_hits.resolved, property_hits.missing)
        for name, property_hits in found.items()
    } == {
        "a": (3, 3, 0),
        "b": (3, 1, 2),
    }
