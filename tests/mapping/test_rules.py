"""Rules: which one an event meets, and what a policy, `data`, `include` and `remove` make of it."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_4, WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.policy import Policy, overlapping_paths
from hubspot_dest.mapping.process import Processed, Processor
from hubspot_dest.mapping.rules import RuleError, RuleSet
from hubspot_dest.mapping.values import Callbacks, ValueCompiler


def processor(config: dict[str, Any], dialect: Dialect = WALKEROS_4_7) -> Processor[None]:
    values = ValueCompiler(Callbacks(), dialect=dialect)
    data = config.get("data", UNDEFINED)
    return Processor(
        policy=Policy.compile(config["policy"], values) if config.get("policy") else None,
        rules=RuleSet(config.get("mapping"), values, Callbacks(), lambda raw: None),
        data=None if data is UNDEFINED else values.compile(data),
        include=config.get("include", UNDEFINED),
    )


def process(
    config: dict[str, Any], event: dict[str, Any], dialect: Dialect = WALKEROS_4_7
) -> Processed[None]:
    return processor(config, dialect).process(event, Evaluation(event, CollectorView()))


def evaluate(config: dict[str, Any], event: dict[str, Any]) -> tuple[Processed[None], Evaluation]:
    ev = Evaluation(event, CollectorView())
    return processor(config).process(event, ev), ev


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("order complete", "order complete"),
        ("order view", "order *"),
        ("page view", "* view"),
        ("page read", "* *"),
        ("Order complete", "* *"),
        ("order complete now", "order complete"),
    ],
)
def test_the_most_specific_rule_wins_as_in_walkeros(name: str, key: str) -> None:
    mapping: dict[str, Any] = {"order": {"complete": {}, "*": {}}, "*": {"view": {}, "*": {}}}
    assert process({"mapping": mapping}, {"name": name}).key == key


def test_a_listed_entity_hides_the_wildcard_entity() -> None:
    mapping: dict[str, Any] = {"order": {"complete": {}}, "*": {"view": {}}}
    assert process({"mapping": mapping}, {"name": "order view"}).rule is None


def test_a_list_gives_the_first_rule_whose_condition_holds_else_the_last_resort() -> None:
    mapping = {
        "order": {
            "complete": [
                {"condition": lambda e, c: e["data"] > 9, "name": "big"},
                {"condition": lambda e, c: False},
            ]
        },
        "*": {"*": {"name": "any"}},
    }
    assert process({"mapping": mapping}, {"name": "order complete", "data": 10}).event["name"] == "big"
    assert process({"mapping": mapping}, {"name": "order complete", "data": 1}).key == "* *"


async def refuses(event: Any, context: Any) -> bool:
    return False


async def fails(event: Any, context: Any) -> bool:
    msg = "no answer"
    raise ValueError(msg)


@pytest.mark.parametrize(
    "condition",
    [refuses, "$code:async () => false", "$code:() => Promise.resolve(0)", "$code:async () => ''"],
)
def test_an_async_condition_that_is_false_does_not_match(condition: Any) -> None:
    config = {"mapping": {"a": {"b": [{"condition": condition, "name": "first"}, {"name": "second"}]}}}
    processed, ev = evaluate(config, {"name": "a b"})
    assert processed.event["name"] == "second"
    assert [divergence.code for divergence in ev.divergences] == ["walkeros_async_condition"]
    assert process(config, {"name": "a b"}, WALKEROS_4_4).event["name"] == "first"


@pytest.mark.parametrize(
    "condition", ["$code:(e) => e.mode === 'async'", "$code:(e) => e.kind === 'Promise'"]
)
def test_a_condition_that_only_names_a_promise_is_not_taken_for_an_async_one(condition: str) -> None:
    _, ev = evaluate({"mapping": {"a": {"b": {"condition": condition}}}}, {"name": "a b"})
    assert ev.divergences == ()


def test_an_async_condition_that_is_true_matches_and_says_nothing() -> None:
    config = {"mapping": {"a": {"b": [{"condition": "$code:async () => 'yes'", "name": "first"}, {}]}}}
    processed, ev = evaluate(config, {"name": "a b"})
    assert (processed.event["name"], ev.divergences, ev.issues) == ("first", (), [])


@pytest.mark.parametrize(
    "condition",
    ["text", lambda e, c: 1 / 0, fails, "$code:(e) => e.data.promo.code", "$code:async () => { throw 1 }"],
)
def test_a_condition_that_throws_is_no_match_and_is_reported(condition: Any) -> None:
    config = {"mapping": {"a": {"b": [{"condition": condition, "name": "first"}, {"name": "second"}]}}}
    processed, ev = evaluate(config, {"name": "a b"})
    assert processed.event["name"] == "second"
    assert [(issue.level, issue.message, issue.code) for issue in ev.issues] == [
        ("ERROR", "mapping rule condition failed", "rule_condition_failed")
    ]
    assert "rule 'a b [1]'" in ev.issues[0].text
    assert [divergence.code for divergence in ev.divergences] == ["walkeros_condition_threw"]


@pytest.mark.parametrize("condition", ["text", lambda e, c: 1 / 0])
def test_in_walkeros_4_4_a_condition_that_throws_fails_the_event(condition: Any) -> None:
    with pytest.raises(RuleError):
        process({"mapping": {"a": {"b": {"condition": condition}}}}, {"name": "a b"}, WALKEROS_4_4)


def test_an_event_that_an_ignoring_rule_would_have_dropped_is_sent_with_an_error_that_says_so() -> None:
    config = {"mapping": {"a": {"b": {"condition": lambda e, c: 1 / 0, "ignore": True}}}}
    processed, ev = evaluate(config, {"name": "a b"})
    assert (processed.rule, processed.ignore) == (None, False)
    assert ev.issues[0].code == "ignore_condition_failed"
    assert "should ignore may be sent" in ev.issues[0].text


def test_the_last_resort_is_tried_once() -> None:
    calls: list[str] = []

    def condition(event: Any, context: Any) -> bool:
        calls.append(event["name"])
        return False

    config = {"mapping": {"*": {"*": {"condition": condition}}}}
    process(config, {"name": "a b"})
    assert calls == ["a b"]
    process(config, {"name": "c d"}, WALKEROS_4_4)
    assert calls == ["a b", "c d", "c d"]


@pytest.mark.parametrize("name", ["to_string x", "__class__ x", "keys x"])
def test_names_of_python_or_javascript_members_meet_no_rule(name: str) -> None:
    assert process({"mapping": {"a": {"b": {}}}}, {"name": name}).rule is None


def test_a_policy_reads_the_event_as_it_was_and_may_change_the_rule() -> None:
    config = {
        "policy": {"name": {"value": "order complete"}, "data.a": "data.id", "data.b": "data.a"},
        "mapping": {"order": {"complete": {"data": "data"}}},
    }
    event = {"name": "page view", "data": {"id": 1}}
    processed = process(config, event)
    assert processed.key == "order complete"
    assert processed.data == {"id": 1, "a": 1}
    assert event == {"name": "page view", "data": {"id": 1}}
    assert process(config, event, WALKEROS_4_4).data == {"id": 1, "a": 1, "b": UNDEFINED}


@pytest.mark.parametrize(
    ("policy", "edited"),
    [
        ({"user.email": {"key": "user.email", "consent": {"marketing": True}}}, {"user": {"id": 1}}),
        ({"user.email": {"fn": "$code:() => undefined"}}, {"user": {"id": 1}}),
        ({"user.email": {"key": "user.email", "condition": "$code:() => false"}}, {"user": {"id": 1}}),
        ({"user.email": {"key": "user.email", "validate": "$code:() => 0"}}, {"user": {"id": 1}}),
        ({"user.email": {"fn": "$code:() => { throw 1 }"}}, {"user": {"id": 1}}),
        ({"user": "nope"}, {}),
        ({"crm.owner": "data.owner"}, {"user": {"id": 1, "email": "x"}}),
        ({"user.email.domain": "nope"}, {"user": {"id": 1, "email": "x"}}),
        ({"user.email": {"value": ""}}, {"user": {"id": 1, "email": ""}}),
    ],
)
def test_a_policy_entry_without_a_result_removes_the_field_and_creates_nothing(
    policy: dict[str, Any], edited: dict[str, Any]
) -> None:
    event = {"name": "a b", "user": {"id": 1, "email": "x"}}
    assert process({"policy": policy}, event).event == {"name": "a b", **edited}


def test_a_policy_that_removes_an_item_of_a_list_keeps_the_positions_of_the_others() -> None:
    event = {"name": "a b", "tags": ["x", "y", "z"]}
    assert process({"policy": {"tags.1": "nope", "tags.9": "nope", "tags.k": "nope"}}, event).event == {
        "name": "a b",
        "tags": ["x", UNDEFINED, "z"],
    }


def test_overlapping_policy_paths_are_named() -> None:
    assert overlapping_paths({"data": "x", "data.z": "y", "user": "z"}) == [("data", "data.z")]


def test_rule_data_is_merged_over_config_data_and_lists_are_united() -> None:
    config = {
        "data": {"map": {"a": {"value": 1}, "t": {"value": ["a"]}}},
        "mapping": {
            "o": {"c": {"data": {"map": {"a": {"value": 3}, "t": {"value": ["a", "z"]}}}, "remove": ["t.0"]}}
        },
    }
    assert process(config, {"name": "o c"}).data == {"a": 3, "t": ["z"]}


def test_rule_data_that_leads_nowhere_wipes_the_config_data() -> None:
    config = {"data": {"value": 1}, "mapping": {"o": {"c": {"data": "nope"}}}}
    assert process(config, {"name": "o c"}).data is UNDEFINED


def test_include_flattens_sections_under_the_data() -> None:
    event = {
        "name": "o c",
        "data": {"id": "1", "tags": ["a"]},
        "context": {"shop": ["detail", 0]},
        "globals": {"g": {"a": 1}},
    }
    config = {
        "include": ["data", "context", "globals", "nested"],
        "mapping": {"o": {"c": {}, "x": {"include": []}}},
    }
    assert process(config, event).data == {
        "data_id": "1",
        "data_tags": ["a"],
        "context_shop": "detail",
        "globals_g_a": 1,
    }
    assert process(config, {**event, "name": "o x"}).data is UNDEFINED


@pytest.mark.parametrize(
    ("required", "state", "own", "granted"),
    [
        (None, {"a": True, "b": False}, None, {"a": True}),
        ({}, {}, None, {}),
        ({"m": True, "a": True}, {"a": True}, None, {"a": True}),
        ({"m": True}, {"m": True}, {"m": False}, None),
        ({"m": False}, {"m": True}, None, None),
    ],
)
def test_any_one_required_consent_is_enough_and_the_event_has_the_last_word(
    required: Any, state: Any, own: Any, granted: Any
) -> None:
    assert granted_consent(required, state, own) == granted
