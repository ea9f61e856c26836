"""The served document tells everything that the server answers, and nothing else."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from simulator.hubspot.control.openapi import make_document
from simulator.hubspot.control.registry import CONTROL_ROUTES
from simulator.hubspot.endpoints.registry import ROUTES, find_route
from simulator.hubspot.fake import FakeHubSpot
from tests.simulator.hubspot.rules.test_fidelity import CASES, RuleCase, ask, hubspot

DOCUMENT = make_document()


def _schema(reference: dict[str, Any]) -> dict[str, Any]:
    return {**reference, "components": DOCUMENT["components"]}


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_every_route_and_alias_of_hubspot_stands_in_the_document_and_leads_somewhere() -> None:
    written = {(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods}
    control = {pair for pair in written if pair[1].startswith("/_simulator/")}
    routed = {(route.method, form) for route in ROUTES for form in route.paths}
    assert written - control == routed
    for method, path in routed:
        found = find_route(method, re.sub(r"{\w+}", "x", path.replace("{date}", "2026-03")))
        assert found is not None, path


def test_every_control_route_stands_in_the_document() -> None:
    served = {(route.method, re.sub(r":\w+}", "}", route.path)) for route in CONTROL_ROUTES}
    written = {
        (method.upper(), path)
        for path, methods in DOCUMENT["paths"].items()
        if path.startswith("/_simulator/")
        for method in methods
    }
    assert written == served


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_the_answer_of_every_rule_fits_its_shape(case: RuleCase) -> None:
    rule, method, path, body, switches = case.rule, case.method, case.target, case.body, case.switches
    service, _ = hubspot(**switches)
    answer = ask(service, method, path, body)
    path = path.partition("?")[0]
    found = find_route(method, path)
    if found is None:
        assert rule == "route.unknown"
        return
    form = found[0].paths[0]
    said = DOCUMENT["paths"][form][method.lower()]["responses"]
    assert str(answer.status) in said, rule
    content = said[str(answer.status)].get("content", {})
    if "application/json" in content:
        jsonschema.validate(json.loads(answer.body), _schema(content["application/json"]["schema"]))
    else:
        assert answer.body == b""


def test_the_server_serves_document_and_page_without_a_secret() -> None:
    with FakeHubSpot() as fake:
        with urllib.request.urlopen(f"{fake.base_url}/_simulator/openapi.json") as answer:
            assert json.loads(answer.read()) == json.loads(json.dumps(DOCUMENT))
        with urllib.request.urlopen(f"{fake.base_url}/_simulator/api") as answer:
            page = answer.read().decode()
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "/crm/v3/objects/contacts/batch/upsert" in page
        assert fake.token not in page
        assert fake.control_token not in page
