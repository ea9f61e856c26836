"""Why an event got no rule, or this one of a list: what is said is what the planner did."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hubspot_dest.config.model import Config
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.planning.profiles import PARITY
from simulator.engine.alternatives import Alternative, alternatives, failing_rule

BIG = {"condition": "$code:(event) => event.data.total > 100", "settings": {"eventName": "big"}}
PAID = {"condition": "$code:(event) => event.data.paid", "settings": {"eventName": "paid"}}
ANY = {"settings": {"eventName": "any"}}
MAPPING = {
    "order": {"complete": [BIG, PAID, ANY], "*": {"ignore": True}},
    "page": {"view": [BIG, PAID]},
    "cart": {"add": BIG},
    "*": {"search": ANY, "*": [PAID]},
}


def told(name: str, data: dict[str, Any], mapping: dict[str, Any] = MAPPING) -> list[Alternative]:
    event = {"name": name, "data": data, "user": {"email": "ada@example.org"}}
    plan = DryRun(Config.strict({"settings": {"eventNamePrefix": "pe1_"}, "mapping": mapping})).plan(event, 1)
    found = alternatives(mapping, name, plan)
    won = [alternative.label for alternative in found if alternative.answer == "matched"]
    assert not found or won == ([plan.rule_label] if plan.rule_label else [])
    return found


def answers(name: str, data: dict[str, Any]) -> list[tuple[str, str]]:
    return [(alternative.label, alternative.answer) for alternative in told(name, data)]


def test_of_a_list_it_is_said_which_conditions_were_false_and_which_were_never_asked() -> None:
    assert answers("order complete", {"total": 5, "paid": True}) == [
        ("order complete [1]", "false"),
        ("order complete [2]", "matched"),
        ("order complete [3]", "never asked"),
    ]
    first = told("order complete", {"total": 500})[0]
    assert first.condition == "(event) => event.data.total > 100"
    assert first.answer == "matched"


def test_an_event_without_a_rule_is_told_every_condition_that_refused_it() -> None:
    assert answers("page view", {"total": 5}) == [
        ("page view [1]", "false"), ("page view [2]", "false"), ("* * [1]", "false"),
    ]  # fmt: skip
    assert answers("cart add", {}) == [("cart add", "false"), ("* * [1]", "false")]


def test_what_falls_through_to_the_rule_for_everything_passed_its_own_list_before() -> None:
    assert answers("page view", {"paid": 0, "total": 1}) == answers("page view", {})
    assert answers("cart add", {"paid": True})[-1] == ("* * [1]", "matched")
    assert answers("cart add", {"paid": True})[0] == ("cart add", "false")


@pytest.mark.parametrize("name", ["site search", "order view"])
def test_an_event_that_had_no_choice_is_told_nothing(name: str) -> None:
    assert told(name, {}) == []


@pytest.mark.parametrize("name", ["promo", "", "promo seen too", " view", "order  complete"])
def test_an_odd_name_is_looked_for_where_the_planner_looks(name: str) -> None:
    told(name, {"paid": True})
    told(name, {})


def test_a_condition_that_failed_is_told_from_one_that_is_false() -> None:
    throws = {"order": {"complete": [{"condition": "$code:() => { throw new Error('no') }"}, ANY]}}
    assert [alternative.answer for alternative in told("order complete", {}, throws)] == ["failed", "matched"]


THROWS = {"condition": "$code:(event) => event.data.deep.er > 1"}


@pytest.mark.parametrize(
    ("mapping", "extra", "label"),
    [
        ({"order": {"complete": [BIG, THROWS, ANY]}}, {}, "order complete [2]"),
        ({"order": {"complete": THROWS}}, {}, "order complete"),
        ({"order": {"complete": [BIG]}, "*": {"*": [PAID, THROWS]}}, {}, "* * [2]"),
        ({"order": {"complete": [BIG, ANY]}}, {"policy": {"data": "data.other"}}, "order complete [1]"),
        ({"order": {"complete": [PAID, None, ANY]}}, {}, ""),
    ],
)
def test_where_a_condition_threw_its_rule_is_named(
    mapping: dict[str, Any], extra: dict[str, Any], label: str
) -> None:
    config = replace(
        Config.strict({"settings": {"eventNamePrefix": "pe1_"}}),
        raw={"settings": {"eventNamePrefix": "pe1_"}, "mapping": mapping, **extra},
    )
    event = {"name": "order complete", "data": {"total": 5}, "user": {"email": "ada@example.org"}}
    assert DryRun(config, profile=PARITY).plan(event, 1).reason == "mapping_error"
    assert failing_rule(config, event, 1, parity=True) == label


def test_a_condition_that_throws_names_its_rule_and_the_event_goes_on() -> None:
    config = Config.strict(
        {"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"order": {"complete": [BIG, THROWS, ANY]}}}
    )
    event = {"name": "order complete", "data": {"total": 5}, "user": {"email": "ada@example.org"}}
    plan = DryRun(config).plan(event, 1)
    assert (plan.verdict, plan.rule_label) == ("ready", "order complete [3]")
    assert "condition of rule 'order complete [2]' failed" in plan.issues[0].text
