"""A client that follows a link of an answer never sends its token to another server."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest

from simulator.hubspot.endpoints.registry import ROUTES
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.messages import Answer
from tests.simulator.hubspot.rules.test_fidelity import CASES, RuleCase, ask, hubspot

HOST = re.compile(
    r"(?:https?:)?//([a-z0-9.:\[\]-]+)|\b((?:[a-z0-9-]+\.)*(?:hubapi|hubspot)\.com)\b", re.IGNORECASE
)
# Pages for people in captured refusals (HubSpot wire facts, section 4): no client sends its token there.
DOCUMENTATION = {"developers.hubspot.com"}


def hosts_of(answer: Answer) -> set[str]:
    text = answer.body.decode() + "".join(f"\n{name}: {value}" for name, value in answer.headers)
    return {(found[0] or found[1]).partition(":")[0] for found in HOST.findall(text)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_no_answer_names_a_foreign_host(case: RuleCase) -> None:
    service, _ = hubspot(**case.switches)
    foreign = {"127.0.0.1"} | (DOCUMENTATION if case.status in (401, 403) else set())
    assert hosts_of(ask(service, case.method, case.target, case.body)) <= foreign


def test_every_route_has_a_case_so_that_its_answers_are_looked_at() -> None:
    asked = {
        route.name
        for case in CASES
        for route in ROUTES
        if route.method == case.method and route.match(case.target.partition("?")[0]) is not None
    }
    missing = {route.name for route in ROUTES} - asked
    assert not missing, "add a case to CASES of tests/simulator/hubspot/rules/test_fidelity.py"


@pytest.mark.parametrize(
    "path",
    [
        "/crm/v3/objects/contacts",
        "/crm/objects/2026-03/0-1",
        "/events/v3/events",
        "/events/event-occurrences/2026-03",
        "/events/v3/event-definitions",
        "/events/custom/2025-09/event-definitions",
    ],
)
def test_the_link_to_the_next_page_leads_back_to_the_path_that_was_asked(path: str) -> None:
    names = ["a", "b"]
    seed = {
        "contacts": [{"email": f"{name}@example.org"} for name in names],
        "definitions": [{"name": f"pe12345678_{name}"} for name in names],
        "occurrences": [{"eventName": f"pe12345678_{name}", "utk": "u", "properties": {}} for name in names],
    }
    with FakeHubSpot(allowed_hosts=["api.hubapi.com", "shop.internal"]) as fake:
        fake.service.seed(fake.account, seed)

        def get(url: str, host: str | None = None) -> Any:
            headers = {"Authorization": f"Bearer {fake.token}", **({"Host": host} if host else {})}
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
                return json.load(answer)

        first = get(f"{fake.base_url}{path}?limit=1")
        link = first["paging"]["next"]["link"]
        assert link.startswith(f"{fake.base_url}{path}?limit=1&after=")
        assert get(link)["results"] != first["results"]
        # A client behind a hosts file asks for HubSpot's host; the link is of this server all the same.
        behind = get(f"{fake.base_url}{path}?limit=1", "api.hubapi.com")["paging"]["next"]["link"]
        assert behind == link
        named = get(f"{fake.base_url}{path}?limit=1", "shop.internal:81")["paging"]["next"]["link"]
        assert named.startswith(f"http://shop.internal:81{path}?")
