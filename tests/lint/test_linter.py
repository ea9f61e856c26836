"""Every lint code fires on its mistake, with its line, and stays silent on the corrected file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_dest.lint.catalogue import LINT_CHECKS
from hubspot_dest.lint.fixes import apply_edits, edits_of
from hubspot_dest.lint.linter import LintResult, lint_text
from hubspot_dest.lint.page import lint_page

EXAMPLES = Path(__file__).parents[2] / "examples"
Change = Callable[[dict[str, Any], dict[str, Any]], None]
"""Changes (the flow file, the destination's configuration) in place."""


def flow_file() -> dict[str, Any]:
    """Return a flow file without a finding."""
    return {
        "version": 4,
        "variables": {"prefix": "pe12345678_"},
        "flows": {
            "shop": {
                "config": {"platform": "server"},
                "collector": {"consent": {"functional": True}},
                "destinations": {
                    "hubspot": {
                        "package": "@walkeros/server-destination-hubspot",
                        "config": {
                            "settings": {
                                "eventNamePrefix": "$var.prefix",
                                "defaultProperties": {"site": "shop"},
                            },
                            "mapping": {
                                "order": {
                                    "complete": {
                                        "settings": {
                                            "eventName": "purchase",
                                            "properties": {"map": {"revenue": "data.total"}},
                                        }
                                    }
                                }
                            },
                        },
                        "examples": {"one": {"in": {"name": "order complete"}, "out": []}},
                    }
                },
            }
        },
    }


def linted(change: Change | None = None, **options: Any) -> LintResult:
    document = flow_file()
    config = document["flows"]["shop"]["destinations"]["hubspot"]["config"]
    if change is not None:
        change(document, config)
    return lint_text("flow.json", json.dumps(document, indent=1), environment={}, **options)


def properties(**parts: Any) -> Change:
    def change(_: dict[str, Any], config: dict[str, Any]) -> None:
        config["mapping"]["order"]["complete"]["settings"]["properties"] = {"map": parts}

    return change


def rule(**fields: Any) -> Change:
    def change(_: dict[str, Any], config: dict[str, Any]) -> None:
        config["mapping"]["order"]["complete"].update(fields)

    return change


def config_with(**fields: Any) -> Change:
    def change(_: dict[str, Any], config: dict[str, Any]) -> None:
        for name, value in fields.items():
            config[name] = {**config.get(name, {}), **value} if isinstance(value, dict) else value

    return change


def entry_with(**fields: Any) -> Change:
    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        document["flows"]["shop"]["destinations"]["hubspot"].update(fields)

    return change


def flow_with(**fields: Any) -> Change:
    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        document["flows"]["shop"].update(fields)

    return change


def root_with(**fields: Any) -> Change:
    def change(document: dict[str, Any], _: dict[str, Any]) -> None:
        document.update(fields)

    return change


@dataclass(frozen=True)
class Mistake:
    """A mistake, the code it must give, and a text of the line that is named."""

    code: str
    change: Change
    on_line: str


MISTAKES = [
    Mistake("unknown_key", root_with(incldue=["x"]), '"incldue"'),
    Mistake("unknown_key", flow_with(sorces={}), '"sorces"'),
    Mistake("unknown_key", flow_with(collector={"consnt": {}}), '"consnt"'),
    Mistake("unknown_key", entry_with(befor=["x"]), '"befor"'),
    Mistake("unknown_key", config_with(maping={}), '"maping"'),
    Mistake("unknown_key", config_with(settings={"emial": "user.email"}), '"emial"'),
    Mistake("unknown_key", rule(ignroe=True), '"ignroe"'),
    Mistake("unknown_key", properties(a={"kye": "data.a"}), '"kye"'),
    Mistake("unknown_key", entry_with(examples={"x": {"inn": 1, "in": {"name": "a b"}, "out": []}}), '"inn"'),
    Mistake("invalid_value", config_with(settings={"batchSize": 900}), '"batchSize"'),
    Mistake("invalid_value", config_with(settings={"defaultProperties": {"a": ["x"]}}), '"a"'),
    Mistake("invalid_value", entry_with(config=[1]), '"config"'),
    Mistake("reference_unresolved", entry_with(config="$var.none"), '"config"'),
    Mistake("prefix_missing", config_with(settings={"eventNamePrefix": ""}), '"eventNamePrefix"'),
    Mistake("prefix_missing", entry_with(config={"settings": {}}), '"settings"'),
    Mistake("prefix_missing", entry_with(config={"mapping": {}}), '"config"'),
    Mistake("flow_version", root_with(version=3), '"version"'),
    Mistake("flow_old_key", flow_with(server={}), '"server"'),
    Mistake("flow_old_key", flow_with(bundle={}), '"bundle"'),
    Mistake("flow_old_key", root_with(definitions={}), '"definitions"'),
    Mistake("flow_old_key", entry_with(code="name"), '"code"'),
    Mistake("flow_destination", flow_with(destinations={}), '"flows"'),
    Mistake(
        "reference_unresolved", config_with(settings={"eventNamePrefix": "$var.none"}), '"eventNamePrefix"'
    ),
    Mistake("reference_unset", config_with(settings={"email": "$env.EMAIL_PATH"}), '"email"'),
    Mistake("reference_as_text", properties(a={"value": "$secret.lower"}), '"value"'),
    Mistake("step_not_run", entry_with(before=["geo"]), '"before"'),
    Mistake("step_not_run", flow_with(collector={"next": ["geo"]}), '"next"'),
    Mistake("example_invalid", entry_with(examples={"x": {"in": {"event": "a b"}, "out": []}}), '"x"'),
    Mistake("example_without_out", entry_with(examples={"x": {"in": {"name": "a b"}}}), '"x"'),
    Mistake(
        "token_in_file",
        config_with(settings={"accessToken": "pat-na1-12345678-aaaa-bbbb-cccc-1234567890ab"}),
        '"accessToken"',
    ),
    Mistake("no_effect", config_with(include=["globals"]), '"include"'),
    Mistake("no_effect", rule(consent={"marketing": True}), '"consent"'),
    Mistake("no_effect", rule(remove=["a"]), '"remove"'),
    Mistake("no_effect", rule(batch=5), '"batch"'),
    Mistake("env_ignored", config_with(env={"other": 1}), '"other"'),
    Mistake("policy_overlap", config_with(policy={"data": "data.a", "data.b": "data.c"}), '"data.b"'),
    Mistake("default_property_type", config_with(settings={"defaultProperties": {"n": 5}}), '"n"'),
    Mistake(
        "property_near_standard",
        config_with(settings={"defaultProperties": {"hs_page_ttitle": "x"}}),
        '"hs_page_ttitle"',
    ),
    Mistake("property_near_standard", properties(hs_page_ulr="data.url"), '"hs_page_ulr"'),
    Mistake("property_value_option", properties(hs_device_type={"value": "Fridge"}), '"value"'),
    Mistake("value_object", properties(a=""), '"a"'),
    Mistake("value_object", properties(a={"value": {"x": 1}}), '"value"'),
    Mistake("email_invalid", config_with(settings={"email": {"value": "ada@"}}), '"email"'),
    Mistake(
        "contact_email_invalid",
        config_with(settings={"identify": {"map": {"email": {"value": "ada@"}}}}),
        '"email"',
    ),
    Mistake("invalid_value", flow_with(collector={"consent": ["marketing"]}), '"consent"'),
    Mistake("invalid_value", flow_with(collector={"user": "ada"}), '"user"'),
    Mistake("invalid_value", flow_with(collector=["x"]), '"collector"'),
    Mistake("consent_reads_no", flow_with(collector={"consent": {"marketing": "no"}}), '"marketing"'),
    Mistake(
        "example_invalid",
        entry_with(examples={"x": {"in": {"name": "a b"}, "out": [["event.send.basicApi.send", {}]]}}),
        '"x"',
    ),
    Mistake("identity_never", config_with(settings={"email": ""}), '"email"'),
    Mistake("identity_constant_number", config_with(settings={"objectId": {"value": 12}}), '"objectId"'),
    Mistake("identity_path", config_with(settings={"email": "usr.email"}), '"email"'),
    Mistake(
        "identity_mismatch",
        config_with(settings={"identify": {"map": {"email": "data.mail", "properties": {"map": {}}}}}),
        '"email"',
    ),
    Mistake(
        "identify_without_email",
        config_with(settings={"identify": {"map": {"properties": {"map": {}}}}}),
        '"identify"',
    ),
    Mistake("rule_hidden", config_with(mapping={"*": {"view": {"ignore": True}}}), '"view"'),
    Mistake("rule_key", config_with(mapping={"order.complete": {"*": {}}}), '"order.complete"'),
    Mistake("rule_key", config_with(mapping={"order complete": {"*": {}}}), '"order complete"'),
    Mistake("rule_empty_list", config_with(mapping={"page": {"view": []}}), '"view"'),
    Mistake(
        "rule_shadowed",
        config_with(mapping={"page": {"view": [{"silent": True}, {"ignore": True}]}}),
        "{",
    ),
    Mistake("rule_without_effect", rule(ignore=True), '"settings"'),
    Mistake("skip_ignored", rule(skip=True), '"skip"'),
    Mistake("condition_async", rule(condition="$code:async (e) => e.data.total > 1"), '"condition"'),
    Mistake("producer_dead", properties(a={"key": "data.a", "fn": "$code:(e) => e.id"}), '"fn"'),
    Mistake("producer_dead", properties(a={"loop": ["nested", "data.a"], "map": {"x": "data.b"}}), '"map"'),
    Mistake("path_unknown_field", properties(a="datta.total"), '"a"'),
    Mistake("path_old_field", properties(a="event"), '"a"'),
    Mistake("path_notation", properties(a="data..total"), '"a"'),
    Mistake("path_notation", properties(a="data.total."), '"a"'),
    Mistake("path_notation", properties(a={"key": "nested[0].data.id"}), '"key"'),
    Mistake("path_notation", config_with(settings={"email": " user.email"}), '"email"'),
    Mistake("path_trailing_star", properties(a="nested.*"), '"a"'),
    Mistake("path_star_on_map", properties(a="data.*.id"), '"a"'),
    Mistake("loop_may_be_missing", properties(a={"loop": ["data.items", "id"]}), '"loop"'),
    Mistake("alternative_stops", properties(a=["id", "data.id"]), '"data.id"'),
    Mistake("alternative_stops", properties(a=[{"value": ""}, "data.id"]), '"data.id"'),
    Mistake("value_null", properties(a={"value": {"x": None}}), '"value"'),
    Mistake("code_syntax", properties(a={"fn": "$code:(e) => ("}), '"fn"'),
    Mistake("code_no_function", properties(a={"fn": "$code: data.total"}), '"fn"'),
    Mistake("code_no_function", rule(condition="$code: 5"), '"condition"'),
    Mistake("code_environment", properties(a={"fn": "$code:(e) => process.env.SHOP"}), '"fn"'),
    Mistake("code_missing_api", properties(a={"fn": "$code:(e) => crypto.createHash('md5')"}), '"fn"'),
    Mistake("code_missing_api", properties(a={"fn": "$code:(e) => crypto.randomBytes(8)"}), '"fn"'),
    Mistake("code_missing_api", properties(a={"fn": "$code:(e) => document.title"}), '"fn"'),
    Mistake("code_new_api", properties(a={"fn": "$code:(e) => RegExp.escape(e.id)"}), '"fn"'),
    Mistake("code_not_deterministic", properties(a={"fn": "$code:(e) => Math.random()"}), '"fn"'),
    Mistake("code_not_deterministic", properties(a={"fn": "$code:(e) => new Date().getTime()"}), '"fn"'),
    Mistake("event_name_characters", rule(settings={"eventName": "Add To Cart"}), '"eventName"'),
    Mistake("event_prefix_doubled", rule(settings={"eventName": "pe12345678_purchase"}), '"eventName"'),
    Mistake("event_prefix", config_with(settings={"eventNamePrefix": "12345678"}), '"eventNamePrefix"'),
    Mistake("property_name_characters", properties(**{"Order Total": "data.total"}), '"Order Total"'),
    Mistake("property_name_twins", properties(total="data.total", Total="data.total"), '"total"'),
    Mistake("properties_count", properties(**{f"p{n}": "data.total" for n in range(55)}), '"map"'),
    Mistake("value_length", properties(a={"value": "x" * 300}), '"value"'),
    Mistake(
        "contact_property_read_only",
        config_with(
            settings={
                "identify": {"map": {"email": "user.email", "properties": {"map": {"hs_object_id": "id"}}}}
            }
        ),
        '"hs_object_id"',
    ),
]


def test_a_file_without_mistakes_has_no_finding() -> None:
    assert linted().findings == ()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: f"{mistake.code}:{mistake.on_line}")
def test_each_mistake_is_found_on_its_line(mistake: Mistake) -> None:
    result = linted(mistake.change)
    assert result.source is not None
    lines = [
        result.source.text.splitlines()[finding.line - 1]
        for finding in result.findings
        if finding.code == mistake.code and finding.line
    ]
    assert any(mistake.on_line in line for line in lines), [str(found) for found in result.findings]


def test_every_lint_code_has_a_mistake_that_fires_it() -> None:
    elsewhere = {"syntax", "duplicate_key"}
    assert set(LINT_CHECKS) - elsewhere == {mistake.code for mistake in MISTAKES} & set(LINT_CHECKS)


def test_every_lint_code_has_its_page_made_from_the_same_source() -> None:
    page = (EXAMPLES.parent / "docs" / "lint.md").read_text(encoding="utf-8")
    assert page.rstrip("\n") == lint_page().rstrip("\n"), "python -m hubspot_dest.lint.page > docs/lint.md"


CORRECT = [
    properties(a={"key": "data.a", "value": "none"}),
    properties(a=["data.a", "data.b", {"value": "none"}]),
    properties(a={"loop": ["nested", "data.sku"]}),
    properties(a={"loop": ["data.items", "id"], "condition": "$code:(e) => Array.isArray(e.data.items)"}),
    properties(a="nested.*.data.sku", b="data.items.0.id", c="source.count", d="context.page.0"),
    properties(a={"fn": "$code:(e) => 'Math.random() is only a text here'"}),
    properties(a={"fn": "$code:(e) => new Date(e.timestamp).toISOString()"}),
    config_with(policy={"extra.total": "data.total"}),
    config_with(mapping={"*": {"*": {"ignore": True}}}),
    config_with(
        mapping={"page": {"view": [{"condition": "$code:(e) => e.id", "silent": True}, {"ignore": True}]}}
    ),
    config_with(
        settings={
            "identify": {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.name"}}}}
        }
    ),
]


@pytest.mark.parametrize("change", CORRECT)
def test_what_is_meant_is_no_finding(change: Change) -> None:
    assert [str(finding) for finding in linted(change).findings] == []


@pytest.mark.parametrize("name", ["shop.yaml", "flow.json"])
def test_the_examples_have_no_finding(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert lint_text(name, text, environment={}).findings == ()


def test_a_mistake_behind_a_reference_is_named_where_the_variable_is() -> None:
    def change(document: dict[str, Any], config: dict[str, Any]) -> None:
        document["variables"]["name"] = "Add To Cart"
        config["mapping"]["order"]["complete"]["settings"]["eventName"] = "$var.name"

    result = linted(change)
    (finding,) = result.findings
    assert result.source is not None
    assert finding.line is not None
    assert '"name": "Add To Cart"' in result.source.text.splitlines()[finding.line - 1]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ('{"settings": {}', "syntax", 1),
        ('{\n"a": 1,\n"a": 2}', "duplicate_key", 3),
        ("settings:\n  a: [1\n", "syntax", 2),
        ("a: 1\nb: 2\na: 3\n", "duplicate_key", 3),
        ('{"a": {\n"b": 1},\n"a": 2}', "duplicate_key", 3),
        ("a: &a [*a]\n", "syntax", 1),
        ("[1]", "invalid_value", 1),
        ("", "invalid_value", None),
    ],
)
def test_what_cannot_be_read_is_one_finding_with_its_line(text: str, code: str, line: int | None) -> None:
    found = lint_text("config", text).findings
    assert (code, line) in [(finding.code, finding.line) for finding in found]


def test_aliases_that_expand_without_end_are_refused_at_once() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9))
    (finding,) = lint_text("bomb.yaml", f"a0: &a0 [x]\n{levels}\n").findings
    assert "aliases expand" in finding.sentence


def test_all_planted_mistakes_of_one_file_are_found_in_one_run() -> None:
    planted = [mistake for mistake in MISTAKES if mistake.code not in ("flow_version", "flow_destination")]
    document = flow_file()
    entry = document["flows"]["shop"]["destinations"]["hubspot"]
    entry["config"]["mapping"]["order"]["complete"]["skip"] = True
    entry["config"]["settings"]["emial"] = "user.email"
    entry["befor"] = ["x"]
    document["incldue"] = ["x"]
    found = {
        finding.code for finding in lint_text("flow.json", json.dumps(document), environment={}).findings
    }
    assert {"skip_ignored", "unknown_key"} <= found
    assert planted


FIXED = [
    root_with(incldue=["x"]),
    config_with(settings={"emial": "user.email"}),
    rule(skip=True),
    rule(settings={"eventName": "pe12345678_purchase"}),
    properties(a="event", b="nested.*"),
    config_with(settings={"defaultProperties": {"n": 5, "flag": True}}),
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(FIXED), min_size=1, max_size=4), st.sampled_from([None, 1, 2, 4, "\t"]))
def test_fix_changes_only_what_it_corrects_and_a_second_run_changes_nothing(
    changes: list[Change], indent: int | str | None
) -> None:
    document = flow_file()
    config = document["flows"]["shop"]["destinations"]["hubspot"]["config"]
    for change in changes:
        change(document, config)
    text = json.dumps(document, indent=indent)
    edits = edits_of(lint_text("flow.json", text, environment={}))
    fixed = apply_edits(text, edits)
    assert edits
    kept_before = _outside(text, [(edit.start, edit.end) for edit in edits])
    moved, shift = [], 0
    for edit in edits:
        moved.append((edit.start + shift, edit.start + shift + len(edit.text)))
        shift += len(edit.text) - (edit.end - edit.start)
    assert kept_before == _outside(fixed, moved)
    assert edits_of(lint_text("flow.json", fixed, environment={})) == []


def _outside(text: str, ranges: list[tuple[int, int]]) -> list[str]:
    pieces, at = [], 0
    for start, end in ranges:
        pieces.append(text[at:start])
        at = end
    return [*pieces, text[at:]]


def test_fix_keeps_comments_and_quotes_of_yaml() -> None:
    text = "settings:\n  eventNamePrefix: pe1_ # ours\n  emial: 'user.email'\n"
    text += "mapping: {page: {view: {skip: true}}} # why\n"
    fixed = apply_edits(text, edits_of(lint_text("c.yaml", text)))
    assert fixed == text.replace("emial", "email").replace("skip", "silent")


KEYS = st.sampled_from(
    ["settings", "mapping", "policy", "order", "*", "map", "loop", "key", "fn", "in", "out", "name"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), JSON), max_size=3))
def test_no_flow_file_makes_lint_fail(replacements: list[tuple[int, Any]]) -> None:
    document = flow_file()
    for place, value in replacements:
        _replace(document, place, copy.deepcopy(value))
    for finding in lint_text("flow.json", json.dumps(document), environment={}).findings:
        assert finding.sentence


def _replace(document: dict[str, Any], place: int, value: Any) -> None:
    """Replace the value at one of the places of a document, counted depth first."""
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, inner in list(items):
            places.append((node, key))
            walk(inner)

    walk(document)
    if places:
        owner, key = places[place % len(places)]
        owner[key] = value


@pytest.mark.parametrize("text", ["a: 1\nb: 2\na: 3\na: 4\n", '{"a": 1,\n"b": 2,\n"a": {"c": 3},\n"a": 4}'])
def test_every_double_key_has_its_own_line_and_names_the_first(text: str) -> None:
    found = [finding for finding in lint_text("config", text).findings if finding.code == "duplicate_key"]
    assert [finding.line for finding in found] == [3, 4]
    assert all("first in line 1" in finding.sentence for finding in found)
