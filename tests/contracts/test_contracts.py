"""Contracts: what a tracking plan forbids is reported by kind and line; what it allows is not."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.contracts.checker import ContractChecker, MissingLibraryError
from hubspot_dest.contracts.flow_contracts import FlowContracts, read_contracts
from hubspot_dest.flow.contract import resolve_contracts
from hubspot_dest.lint.source_file import parse_source

ORDER = {
    "properties": {
        "data": {
            "type": "object",
            "required": ["id", "total"],
            "properties": {
                "id": {"type": "string"},
                "total": {"type": "number", "minimum": 0},
                "currency": {"enum": ["EUR", "USD"]},
            },
        }
    }
}
GOOD = {"name": "order complete", "data": {"id": "o1", "total": 9.5, "currency": "EUR"}}


def flow(contract: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Return a flow file with these contracts."""
    destination = {"package": "@walkeros/server-destination-hubspot", "config": {"settings": {}}}
    return {
        "version": 4,
        "contract": contract,
        "flows": {"shop": {"destinations": {"hubspot": destination}, **body}},
    }


def read(document: dict[str, Any], **more: Any) -> FlowContracts:
    return read_contracts(parse_source("flow.json", json.dumps(document, indent=1)), "flow.json", **more)


def codes(contract: dict[str, Any], event: dict[str, Any]) -> list[str]:
    checker = read(flow(contract)).checker()
    return [finding.code for finding in checker.check(event)]


@pytest.mark.parametrize(
    ("event", "expected", "path"),
    [
        (GOOD, None, ""),
        ({**GOOD, "data": {"id": "o1"}}, "contract_missing", "data.total"),
        ({**GOOD, "data": {"id": "o1", "total": "9.5"}}, "contract_wrong_type", "data.total"),
        ({**GOOD, "data": {"id": "o1", "total": True}}, "contract_wrong_type", "data.total"),
        ({**GOOD, "data": {"id": "o1", "total": -1}}, "contract_value", "data.total"),
        ({**GOOD, "data": {"id": "o1", "total": 1, "currency": "XXX"}}, "contract_value", "data.currency"),
        ({"name": "order cancel", "data": {}}, "contract_unplanned_event", "name"),
    ],
)
def test_each_kind_of_violation_is_reported_by_its_code(event: Any, expected: str | None, path: str) -> None:
    checker = read(flow({"shop": {"events": {"order": {"complete": ORDER}}}})).checker()
    found = checker.check(event)
    assert [(finding.code, finding.path) for finding in found] == ([(expected, path)] if expected else [])
    assert checker.checked == 1


def test_every_missing_property_is_reported_once() -> None:
    contract = {"shop": {"events": {"order": {"complete": ORDER}}}}
    assert codes(contract, {"name": "order complete", "data": {}}) == ["contract_missing", "contract_missing"]


def test_a_property_that_the_schema_excludes_is_reported() -> None:
    schema = {"properties": {"data": {"additionalProperties": False, "properties": {"id": {}}}}}
    contract = {"shop": {"events": {"order": {"complete": schema}}}}
    assert codes(contract, {"name": "order complete", "data": {"id": 1, "extra": 2}}) == [
        "contract_extra_property"
    ]


def test_a_violation_names_the_line_of_the_event_and_of_the_contract() -> None:
    contracts = read(flow({"shop": {"events": {"order": {"complete": ORDER}}}}))
    found = contracts.checker().check({**GOOD, "data": {"id": "o1"}})
    located = contracts.located(found[0], "events.jsonl", 7)
    lines = json.dumps(contracts.source.value, indent=1).splitlines()
    line = next(number for number, text in enumerate(lines, 1) if '"complete"' in text)
    assert (located.file, located.line) == ("events.jsonl", 7)
    assert located.config_path == "contract.shop.events.order.complete"
    assert f"(flow.json:{line})" in located.sentence


@pytest.mark.parametrize("key", ["extend", "extends"])
def test_what_a_contract_extends_applies_too(key: str) -> None:
    contract = {
        "base": {"schema": {"required": ["user"]}, "events": {"*": {"*": {"required": ["id"]}}}},
        "shop": {key: "base", "events": {"order": {"complete": ORDER, "view": {}}}},
    }
    checker = read(flow(contract)).checker()
    found = checker.check({"name": "order complete", "data": {"id": "o1", "total": 1}})
    assert sorted(finding.path for finding in found) == ["id", "user"]
    complete = {"name": "order complete", "id": "1", "user": {}, "data": {"id": "o1", "total": 1}}
    assert checker.check(complete) == ()


def test_a_contract_takes_precedence_over_what_it_extends() -> None:
    contract = {
        "base": {"events": {"order": {"complete": ORDER}}},
        "shop": {
            "extend": "base",
            "events": {
                "order": {"complete": {"properties": {"data": {"properties": {"total": {"type": "string"}}}}}}
            },
        },
    }
    assert codes(contract, {"name": "order complete", "data": {"id": "1", "total": "9"}}) == []
    assert "contract_wrong_type" in codes(contract, GOOD)


def test_wildcards_plan_events_from_the_general_to_the_particular() -> None:
    contract = {
        "shop": {
            "events": {
                "*": {"view": {"required": ["trigger"]}},
                "product": {"*": {"required": ["data"]}, "view": {"required": ["user"]}},
            }
        }
    }
    checker = read(flow(contract)).checker()
    assert sorted(finding.path for finding in checker.check({"name": "product view"})) == [
        "data",
        "trigger",
        "user",
    ]
    assert [finding.path for finding in checker.check({"name": "page view"})] == ["trigger"]
    assert [finding.path for finding in checker.check({"name": "product add"})] == ["data"]
    assert [finding.code for finding in checker.check({"name": "page read"})] == ["contract_unplanned_event"]


def test_a_contract_without_events_says_nothing_of_which_events_there_are() -> None:
    contract = {
        "shop": {"schema": {"properties": {"globals": {"required": ["lang"]}}, "required": ["globals"]}}
    }
    assert codes(contract, {"name": "any thing"}) == ["contract_missing"]
    assert codes(contract, {"name": "any thing", "globals": {"lang": "en"}}) == []


def test_sections_of_the_earlier_version_are_read_and_reported() -> None:
    contracts = read(flow({"shop": {"globals": {"required": ["lang"]}}}))
    assert [finding.code for finding in contracts.findings] == ["contract_old_key"]
    assert [
        current_finding.path for current_finding in contracts.checker().check({"name": "a b", "globals": {}})
    ] == ["globals.lang"]


@pytest.mark.parametrize(
    ("contract", "code", "key"),
    [
        (
            {"a": {"extend": "b"}, "b": {"extend": "c"}, "c": {"extend": "a"}},
            "contract_cycle",
            '"extend": "a"',
        ),
        ({"a": {"extend": "a"}}, "contract_cycle", '"extend": "a"'),
        ({"a": {"extend": "none"}}, "contract_unknown", '"extend": "none"'),
        ({"a": {"events": {"order": 5}}}, "contract_invalid", '"order": 5'),
        ({"a": {"evnts": {}}}, "contract_invalid", '"evnts"'),
        ({"a": {"schema": {"properties": "$var.none"}}}, "contract_invalid", '"properties": "$var.none"'),
    ],
)
def test_a_contract_that_cannot_be_used_is_reported_at_its_line(contract: Any, code: str, key: str) -> None:
    contracts = read(flow(contract))
    text = contracts.source.text.splitlines()
    line = next(number for number, word in enumerate(text, 1) if key in word)
    assert [(finding.code, finding.line) for finding in contracts.findings] == [(code, line)]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strin"},
        {"properties": {"data": {"pattern": "("}}},
        {"$ref": "#/definitions/none"},
        {"$ref": "https://schemas.invalid/none.json"},
        {"properties": 5},
        {"$ref": "#"},
    ],
)
def test_a_schema_that_is_none_is_a_finding_and_no_traceback(schema: Any) -> None:
    checker = read(flow({"shop": {"events": {"order": {"complete": schema}}}})).checker()
    found = (*checker.schema_findings(), *checker.check({"name": "order complete", "data": "x"}))
    assert {finding.code for finding in found} == {"contract_invalid"}


def test_the_contract_that_the_flow_names_applies() -> None:
    step = {"validate": {"config": {"settings": {"contract": "$contract.web"}}}}
    contract: dict[str, Any] = {"shop": {}, "web": {"events": {}}, "default": {}}
    assert read(flow(contract, transformers=step)).names == "web"
    assert read(flow(contract)).names == "shop"
    assert read(flow({"default": {}, "other": {}})).names == "default"
    assert read(flow({"base": {}, "one": {"extend": "base"}, "two": {}})).names == "one, two"
    assert read(flow(contract), only="default").names == "default"
    assert [finding.code for finding in read(flow(contract), only="non").findings] == ["contract_unknown"]


def test_variables_inside_a_contract_are_resolved() -> None:
    document = flow({"shop": {"schema": {"required": "$var.required"}}})
    document["variables"] = {"required": ["user"]}
    assert [finding.path for finding in read(document).checker().check({"name": "a b"})] == ["user"]


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingLibraryError, match=r"hubspot-dest\[verify\]"):
        ContractChecker(())


def test_lists_of_required_properties_are_joined_without_doubles() -> None:
    contracts, problems = resolve_contracts(
        {"a": {"schema": {"required": ["x", "y"]}}, "b": {"extend": "a", "schema": {"required": ["y", "z"]}}}
    )
    assert not problems
    assert contracts["b"].schema["required"] == ["x", "y", "z"]


def test_every_check_has_a_page() -> None:
    assert all(check.about and check.fix and check.source for check in CONTRACT_CHECKS.values())
