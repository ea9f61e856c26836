"""Scripts that were written for an earlier version find the control routes and their keys under the same names."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from simulator.hubspot.control.registry import CONTROL_ROUTES
from simulator.hubspot.fake import FakeHubSpot

ROUTES = """
GET /_simulator/accounts
POST /_simulator/accounts
GET /_simulator/all
GET /_simulator/bad
POST /_simulator/clock
GET /_simulator/contacts
GET /_simulator/contacts/{contact}
GET /_simulator/definitions
DELETE /_simulator/faults
GET /_simulator/faults
POST /_simulator/faults
DELETE /_simulator/faults/{number:int}
GET /_simulator/good
GET /_simulator/info
DELETE /_simulator/journal
GET /_simulator/journal
GET /_simulator/journal.har
GET /_simulator/journal.jsonl
POST /_simulator/reset
POST /_simulator/seed
GET /_simulator/stories
POST /_simulator/stories/{name}
GET /_simulator/stream
GET /_simulator/switches
PATCH /_simulator/switches
"""
SWITCHES = """
unknown_email unknown_object_id invalid_email unknown_property bad_value batch_bad_input duplicate_uuid empty_batch
missing_properties naive_occurred_at future_occurred_at unknown_definition_get partial_upsert retry_after_on_429
visibility_delay_ms search_lag_ms tier events_rps enforce_rate_limits auto_define
"""
KEYS = {
    "accounts": "account portalId tier contacts definitions occurrences maxOccurrences counters",
    "contacts": "id email name lifecyclestage createdAt updatedAt",
    "contacts/101": "id email name lifecyclestage createdAt updatedAt archivedAt properties changes history "
    "occurrences timeline",
    "definitions": "name label occurrences properties",
    "info": "version baseUrl portals journal store",
    "journal": "total matched dropped limits entries",
    "all": "total good bad",
    "faults": "number kind matched struck spent",
    "stories": "name tells",
}


def read(fake: FakeHubSpot, path: str, method: str = "GET", body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{fake.base_url}/_simulator/{path}", data, method=method)
    request.add_header("X-Simulator-Token", fake.control_token)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def test_every_route_and_every_key_is_still_there() -> None:
    served = {f"{route.method} {route.path}" for route in CONTROL_ROUTES}
    assert set(ROUTES.strip().splitlines()) <= served
    seed = {
        "contacts": [{"email": "ada@example.org"}],
        "definitions": [{"name": "pe12345678_view", "properties": ["sku"]}],
    }
    with FakeHubSpot(faults=["429:path=/never"]) as fake:
        assert read(fake, "seed", "POST", {"data": seed}) == {"seeded": True}
        assert set(SWITCHES.split()) <= set(read(fake, "switches"))
        assert read(fake, "switches", "PATCH", {"tier": "starter"})["tier"] == "starter"
        assert read(fake, "clock", "POST", {"skip_seconds": 1}).keys() == {"now"}
        options = {"options": {"portal_id": 7, "switches": {"tier": "starter"}, "scopes": []}}
        assert read(fake, "accounts", "POST", options).keys() == {"token"}
        for path, keys in KEYS.items():
            found = read(fake, path)
            row = (
                found["contacts"][0] if path == "contacts" else found[0] if isinstance(found, list) else found
            )
            assert set(keys.split()) <= row.keys(), path
