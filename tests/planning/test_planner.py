"""Planning: what holds for every configuration and every event, however odd."""

from __future__ import annotations

import copy
import dataclasses
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubspot_dest.events.collector import Collector
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_7
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError
from hubspot_dest.planning.plan import Plan
from hubspot_dest.planning.planner import Planner
from hubspot_dest.planning.profiles import PlanPolicy
from tests.configurations import EVENTS, configurations

NOW = 1_750_000_000_000
PROPERTY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def whole(event: dict[str, Any]) -> dict[str, Any]:
    return Collector(now_ms=lambda: NOW, new_id=lambda: "0" * 16).complete(event)


def same(left: Any, right: Any) -> bool:
    """Compare with NaN equal to itself and true apart from 1."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(
            same(item, other) for item, other in zip(left, right, strict=True)
        )
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and (left == right or left is right)


def essence(plan: Plan) -> list[Any]:
    contact = None if plan.contact is None else [plan.contact.email, plan.contact.properties]
    messages = [issue.message for issue in plan.issues]
    return [
        plan.verdict,
        plan.reason,
        plan.rule_key,
        plan.rule_index,
        plan.email,
        plan.object_id,
        contact,
        plan.occurrence,
        plan.error,
        messages,
        plan.issues_before_send,
        list(plan.violations),
    ]


def complete(event: dict[str, Any]) -> dict[str, Any] | None:
    try:
        return whole(event)
    except JsTypeError:
        return None


@PROPERTY
@given(configurations(), EVENTS, st.booleans())
def test_no_event_makes_planning_raise_and_neither_event_nor_configuration_changes(
    config: dict[str, Any], event: dict[str, Any], parity: bool
) -> None:
    policy = PlanPolicy.parity() if parity else PlanPolicy()
    before = copy.deepcopy(config)
    full = complete(event)
    if full is None:
        return
    frozen = copy.deepcopy(full)
    planner, other = Planner(config, policy=policy), Planner(config, policy=policy)
    first = essence(planner.plan(full, CollectorView(), NOW))
    # The second time the shortcut is there: a name is met for the first time only once.
    assert same(essence(planner.plan(full, CollectorView(), NOW)), first)
    assert same(essence(other.plan(full, CollectorView(), NOW)), first)
    assert same(essence(planner.plan(full, CollectorView(), NOW, traced=True)), first)
    assert same(config, before)
    assert same(full, frozen)


@PROPERTY
@given(configurations(), st.lists(EVENTS, min_size=2, max_size=4))
def test_plans_do_not_depend_on_what_was_planned_before(
    config: dict[str, Any], events: list[dict[str, Any]]
) -> None:
    full = [entry for entry in map(complete, events) if entry is not None]
    used = Planner(config)
    for event in full:
        fresh = Planner(config).plan(event, CollectorView(), NOW)
        assert same(essence(used.plan(event, CollectorView(), NOW)), essence(fresh))


@pytest.mark.parametrize(
    "odd", [{}, {"name": None}, {"name": 5}, {"name": ["a b"]}, {"name": "a b", "user": object()}]
)
def test_even_an_unfinished_event_gives_a_plan(odd: dict[str, Any]) -> None:
    planner = Planner({"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"*": {"*": {}}}})
    assert planner.plan(odd, CollectorView(), NOW).verdict in ("failed", "skipped")


SHOP = {
    "settings": {"eventNamePrefix": "pe1_", "objectId": "user.id", "defaultProperties": {"d": 5}},
    "mapping": {
        "order": {
            "complete": {
                "settings": {
                    "properties": {
                        "map": {
                            "revenue": "data.total",
                            "currency": {"key": "data.currency", "value": "EUR"},
                            "stage": "context.shopping.0",
                            "fixed": {"value": 7},
                        }
                    }
                }
            }
        }
    },
}


@pytest.mark.parametrize(
    "total",
    [
        99.5,
        1.0,
        -0.0,
        1e-5,
        1e16,
        1e300,
        math.nan,
        math.inf,
        5,
        2**60,
        True,
        "x",
        None,
        [1, None],
        [1, "a"],
        {"a": 1},
        UNDEFINED,
    ],
)
def test_the_shortcut_gives_what_the_general_way_gives(total: Any) -> None:
    event = whole(
        {"name": "order complete", "data": {"total": total}, "user": {"email": "a@b.c"}, "timestamp": 1}
    )
    planner = Planner(SHOP)
    general = essence(planner.plan(event, CollectorView(), NOW, traced=True))
    assert same(essence(planner.plan(event, CollectorView(), NOW)), general)
    assert same(essence(planner.plan(event, CollectorView(), NOW)), general)


def test_both_ways_of_planning_make_the_same_text_of_an_object() -> None:
    event = whole({"name": "order complete", "data": {"total": {"net": 5}}, "user": {"email": "a@b.c"}})
    planner = Planner(SHOP)
    for traced in (True, False, False):
        plan = planner.plan(event, CollectorView(), NOW, traced=traced)
        assert plan.occurrence is not None
        assert plan.occurrence["properties"]["revenue"] == "[object Object]", "as walkerOS sends it"


def test_a_plan_knows_which_rule_of_a_list_matched() -> None:
    rules: list[dict[str, Any]] = [
        {"condition": lambda event, _: event["data"]["total"] > 100, "name": "order large"},
        {"ignore": True},
    ]
    planner = Planner({"mapping": {"order": {"complete": rules}}})
    large, small = (
        planner.plan(
            whole({"name": "order complete", "data": {"total": total}, "user": {"email": "a@b.c"}}),
            CollectorView(),
            NOW,
        )
        for total in (500, 5)
    )
    assert (large.rule_label, small.rule_label) == ("order complete [1]", "order complete [2]")


def test_a_trace_names_the_path_that_a_policy_sets() -> None:
    planner = Planner({"policy": {"data.total": {"value": 7}}})
    plan = planner.plan(whole({"name": "a b", "user": {"email": "a@b.c"}}), CollectorView(), NOW, traced=True)
    assert plan.trace is not None
    assert plan.trace[0].name == "policy data.total"


def test_an_object_id_that_is_a_number_is_explained_not_swallowed() -> None:
    event = whole({"name": "order complete", "user": {"id": 12345}, "timestamp": 1})
    plan = Planner(SHOP).plan(event, CollectorView(), NOW)
    assert plan.reason == "no_identity"
    assert [violation.code for violation in plan.violations] == ["identity_number"]
    assert "number 12345" in plan.violations[0].sentence


def test_skip_suppresses_the_event_keeps_the_contact_and_warns() -> None:
    config = {
        "settings": {"eventNamePrefix": "pe1_"},
        "mapping": {
            "user": {"login": {"skip": True, "settings": {"identify": {"map": {"email": "user.email"}}}}}
        },
    }
    event = whole({"name": "user login", "user": {"email": "a@b.c"}})
    plan = Planner(config).plan(event, CollectorView(), NOW)
    assert plan.occurrence is None
    assert plan.contact is not None
    assert "walkerOS 4 ignores it" in plan.issues[0].message
    assert (
        Planner(config, policy=PlanPolicy.parity()).plan(event, CollectorView(), NOW).occurrence is not None
    )


def test_a_timestamp_that_is_no_date_fails_its_own_event_only() -> None:
    planner = Planner({"settings": {"eventNamePrefix": "pe1_"}})
    plan = planner.plan(
        whole({"name": "a b", "user": {"email": "a@b.c"}, "timestamp": "soon"}), CollectorView(), NOW
    )
    assert plan.occurrence is None
    assert plan.error == "timestamp 'soon' is not a date"


def test_thousands_of_event_names_do_not_fill_the_memory() -> None:
    planner = Planner({"settings": {"eventNamePrefix": "pe1_"}})
    for number in range(3000):
        event = whole({"name": f"n{number} x", "user": {"email": "a@b.c"}, "timestamp": 1})
        assert planner.plan(event, CollectorView(), NOW).occurrence is not None
    assert len(planner._routes) <= 1024
    assert len(planner._names) <= 1024


def mapped(properties: dict[str, Any], event: dict[str, Any], policy: PlanPolicy | None = None) -> Plan:
    rule = {"settings": {"properties": {"map": properties}}}
    config = {"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"order": {"complete": rule}}}
    given = {"name": "order complete", "user": {"email": "ada@example.org"}, **event}
    return Planner(config, policy=policy).plan(whole(given), CollectorView(), NOW)


GROUPS = "$code:(v) => /(?<y>[0-9]+)/.exec(v.data.id).groups"


@pytest.mark.parametrize(
    "value",
    [
        GROUPS,
        "$code:() => Object.create(null)",
        "$code:() => [Object.create(null)]",
        "$code:() => ({toString: 1})",
    ],
)
def test_a_value_without_a_text_costs_its_property_only(value: str) -> None:
    properties, event = {"y": {"fn": value}, "t": "data.total"}, {"data": {"total": 1, "id": "a12"}}
    plan = mapped(properties, event)
    assert plan.error is None
    assert plan.occurrence is not None
    assert plan.occurrence["properties"] == {"t": "1"}
    assert [(issue.level, issue.code) for issue in plan.issues] == [("ERROR", "property_not_text")]
    assert plan.issues[0].sentence.startswith("y cannot be converted to text")
    assert mapped(properties, event, PlanPolicy.parity()).error == "Cannot convert object to primitive value"


def test_an_object_without_prototype_is_a_map_like_any_other_where_no_text_is_needed() -> None:
    rule = {"settings": {"properties": {"fn": GROUPS}}}
    config = {"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"order": {"complete": rule}}}
    event = {"name": "order complete", "user": {"email": "ada@example.org"}, "data": {"id": "a12"}}
    plan = Planner(config).plan(whole(event), CollectorView(), NOW)
    assert plan.occurrence is not None
    assert plan.occurrence["properties"] == {"y": "12"}


def test_a_loop_whose_items_are_all_withheld_sends_no_property() -> None:
    loop = {"loop": ["data.people", {"key": "mail", "consent": {"marketing": True}}]}
    event = {"data": {"people": [{"mail": "x@example.org"}], "t": 1}, "consent": {"marketing": False}}
    plan, older = mapped({"m": loop, "t": "data.t"}, event), mapped({"m": loop}, event, PlanPolicy.parity())
    empty = mapped({"m": loop}, {"data": {"people": []}})
    assert plan.occurrence is not None
    assert older.occurrence is not None
    assert empty.occurrence is not None
    assert plan.occurrence["properties"] == {"t": "1"}
    assert older.occurrence["properties"] == {"m": ""}
    assert empty.occurrence["properties"] == {"m": ""}


def test_a_plan_names_what_walkeros_4_4_would_do_unless_it_is_compared_with_4_7() -> None:
    properties, event = {"skus": {"loop": ["data.items", "id"]}}, {"data": {"id": "o1"}}
    plan = mapped(properties, event)
    assert [divergence.code for divergence in plan.divergences] == ["walkeros_loop_without_list"]
    assert "[object Object]" in plan.divergences[0].sentence
    assert mapped(properties, event, PlanPolicy.better(WALKEROS_4_7)).divergences == ()
    assert mapped(properties, event, PlanPolicy.parity()).divergences == ()


def test_a_trace_names_the_default_properties_that_no_mapping_replaces() -> None:
    config = {
        "settings": {"defaultProperties": {"source": "shop", "title": "none", "page": "p"}},
        "mapping": {
            "a": {"b": {"settings": {"properties": {"map": {"title": "data.title", "x": "data.x"}}}}}
        },
    }
    event = whole({"name": "a b", "user": {"email": "a@b.c"}, "data": {"title": "none"}})
    plan = Planner(config).plan(event, CollectorView(), NOW, traced=True)
    assert plan.trace is not None
    (defaults,) = [trace for trace in plan.trace if trace.name == "defaultProperties"]
    assert defaults.result == {"source": "shop", "page": "p"}
    assert [step.notes for step in defaults.steps] == [["constant"], ["constant"]]


@pytest.mark.parametrize("traced", [False, True])
def test_a_plan_cannot_change_once_it_is_made(traced: bool) -> None:
    """Listeners, reports and the sink see the same plan, whatever one of them does with it."""
    event = whole({"name": "page view", "user": {"email": "ada@example.org"}})
    plan = Planner({"mapping": {"page": {"view": {}}}}).plan(event, CollectorView(), NOW, traced=traced)
    for name in (field.name for field in dataclasses.fields(Plan)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(plan, name, None)
    assert dataclasses.replace(plan, findings=plan.findings) == plan
