"""An accounts file that an earlier version wrote opens with everything in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from simulator.hubspot.messages import Request
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.store import Store

DUMP = Path(__file__).with_name("accounts_147804d.sql")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "accounts.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(DUMP.read_text(encoding="utf-8"))
    return path


def ask(service: HubSpot, method: str, path: str, body: object = None) -> object:
    sent = b"" if body is None else json.dumps(body).encode()
    answer = service.handle(Request(method, path, (), {"authorization": f"Bearer {DEFAULT_TOKEN}"}, sent))
    assert answer.status < 300, answer.decision
    return json.loads(answer.body) if answer.body else None


def test_contacts_definitions_occurrences_tokens_and_switches_come_back(file: Path) -> None:
    with closing(HubSpot(store=Store(file), switches=Behaviours(tier="starter"))) as service:
        account = service.account_for(DEFAULT_TOKEN)
        assert account is not None
        assert (account.portal_id, account.behaviours.tier) == (12345678, "starter")
        ada = account.contact("lovelace@example.org", by_email=True)
        assert ada is not None
        assert (ada.id, ada.properties["firstname"], ada.properties["plan"]) == ("101", "Augusta", "free")
        assert [
            property_change.value for property_change in ada.history if property_change.name == "firstname"
        ] == ["Ada", "Augusta"]
        assert account.contact("bob@example.org", by_email=True) is None
        assert account.book.get("102", archived=True) is not None
        assert [entry["id"] for entry in account.timeline("ada@example.org")] == ["u1"]
        assert account.counters().unassociated == 1
        assert account.definitions["pe12345678_order"].properties["total"].type == "number"
        assert account.deleted_definitions == {"pe12345678_gone"}
        assert account.contact_properties["plan"].options[0].value == "free"
        other = service.account_for("pat-na1-other")
        assert other is not None
        assert (other.portal_id, other.behaviours.tier) == (7, "professional")


def test_the_file_goes_on_being_written(file: Path) -> None:
    with closing(HubSpot(store=Store(file), clock=lambda: 1_700_000_120.0)) as service:
        created = ask(
            service, "POST", "/crm/v3/objects/contacts", {"properties": {"email": "eve@example.org"}}
        )
        assert isinstance(created, dict)
        assert created["id"] == "103"
        sent = {"eventName": "pe12345678_order", "email": "ada@example.org", "uuid": "u1", "properties": {}}
        ask(service, "POST", "/events/v3/send", sent)
    with closing(HubSpot(store=Store(file), clock=lambda: 1_700_000_120.0)) as service:
        account = service.account_for(DEFAULT_TOKEN)
        assert account is not None
        assert account.contact("eve@example.org", by_email=True) is not None
        assert account.counters().duplicates == 1
