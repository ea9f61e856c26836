"""The account in a SQLite file: what was acknowledged is there again, and no other file is harmed."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot.messages import Answer, Request
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.store import Store, StoreError

CONTACTS, DEFINITIONS = "/crm/v3/objects/contacts", "/events/v3/event-definitions"
NEW = {
    "label": "View",
    "name": "view",
    "propertyDefinitions": [
        {"label": "Sku", "name": "sku", "type": "string"},
        {
            "label": "Plan",
            "name": "plan",
            "type": "enumeration",
            "options": [{"label": "Gold", "value": "gold"}],
        },
    ],
}


@pytest.fixture(autouse=True)
def _closed_at_the_end(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    opened: list[Store] = []
    begin = Store.__init__

    def noted(self: Store, path: str | Path) -> None:
        begin(self, path)
        opened.append(self)

    monkeypatch.setattr(Store, "__init__", noted)
    yield
    for store in opened:
        store.close()


def ask(service: HubSpot, method: str, path: str, body: Any = None, token: str = DEFAULT_TOKEN) -> Answer:
    path, _, query = path.partition("?")
    pairs = [tuple(part.split("=", 1)) for part in query.split("&") if part]
    content = b"" if body is None else json.dumps(body).encode()
    return service.handle(
        Request(method, path, pairs, {"authorization": f"Bearer {token}"}, content)  # type: ignore[arg-type]
    )


def account_of(service: HubSpot, token: str = DEFAULT_TOKEN) -> SimulatedAccount:
    account = service.account_for(token)
    assert account is not None
    return account


def fill(service: HubSpot) -> None:
    assert ask(service, "POST", DEFINITIONS, NEW).status == 201
    assert ask(service, "POST", DEFINITIONS, {**NEW, "name": "gone"}).status == 201
    assert ask(service, "POST", CONTACTS, {"properties": {"email": "Ada@example.org"}}).status == 201
    assert ask(service, "POST", CONTACTS, {"properties": {"email": "bob@example.org"}}).status == 201
    assert ask(service, "PATCH", f"{CONTACTS}/101", {"properties": {"firstname": "Ada"}}).status == 200
    assert ask(service, "PATCH", f"{CONTACTS}/101", {"properties": {"firstname": "Augusta"}}).status == 200
    assert ask(service, "DELETE", f"{CONTACTS}/102").status == 204
    made = {"name": "tier", "label": "T", "type": "string", "fieldType": "text", "groupName": "g"}
    assert ask(service, "POST", "/crm/v3/properties/contacts", made).status == 201
    sent = {"email": "ada@example.org", "properties": {"plan": "gold"}, "uuid": "u-1"}
    assert ask(service, "POST", "/events/v3/send", {**sent, "eventName": "pe12345678_view"}).status == 204
    assert ask(service, "POST", "/events/v3/send", {**sent, "eventName": "pe12345678_view"}).status == 204
    assert ask(service, "POST", "/events/v3/send", {**sent, "eventName": "pe12345678_gone"}).status == 204
    assert ask(service, "DELETE", f"{DEFINITIONS}/gone").status == 204


def everything(service: HubSpot) -> dict[str, Any]:
    account = account_of(service)
    asked = {
        path: json.loads(ask(service, "GET", path).body)
        for path in (
            f"{CONTACTS}/101?propertiesWithHistory=firstname",
            f"{CONTACTS}?archived=true",
            f"{DEFINITIONS}?includeProperties=true",
            "/crm/v3/properties/contacts",
        )
    }
    return {**asked, "occurrences": account.occurrences, "counters": account.counters()}


def test_everything_that_an_account_knows_is_there_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    first = HubSpot(store=Store(file))
    fill(first)
    before = everything(first)
    assert before["counters"].accepted == 2
    first.close()
    second = HubSpot(store=Store(file))
    assert everything(second) == before
    # … and it goes on where it was: ids, the name that is burned, the uuid that is known.
    third = json.loads(ask(second, "POST", CONTACTS, {"properties": {"email": "cy@example.org"}}).body)
    assert third["id"] == "103"
    assert ask(second, "POST", DEFINITIONS, {**NEW, "name": "gone"}).status == 409
    again = {"eventName": "pe12345678_view", "email": "ada@example.org", "properties": {}, "uuid": "u-1"}
    assert "was sent before" in ask(second, "POST", "/events/v3/send", again).decision
    assert ask(second, "GET", f"{CONTACTS}/ADA@example.org?idProperty=email").status == 200


def test_any_sqlite_tool_reads_what_the_account_has_while_it_rests(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    service = HubSpot(store=Store(file))
    fill(service)
    service.close()
    with closing(sqlite3.connect(file)) as db, db:
        [row] = db.execute(
            "select c.email, o.event_name, json_extract(o.properties, '$.plan') from occurrences o "
            "join contacts c on c.id = o.contact"
        ).fetchall()
        assert row == ("ada@example.org", "pe12345678_view", "gold")
        history = db.execute("select value from contact_history where property='firstname' order by number")
        assert history.fetchall() == [("Ada",), ("Augusta",)]
    db.close()


def test_no_token_stands_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    token = "pat-na1-11111111-2222-3333-4444-555555555555"
    service = HubSpot(store=Store(file), token=token)
    ask(service, "POST", CONTACTS, {"properties": {"email": "ada@example.org"}}, token)
    service.close()
    assert token.encode() not in file.read_bytes()


def test_accounts_of_other_tokens_come_back_with_their_scopes_and_switches(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    first = HubSpot(store=Store(file))
    first.add_account(
        "other", portal_id=7, scopes=["crm.objects.contacts.read"], switches={"tier": "starter"}
    )
    first.seed(account_of(first, "other"), {"contacts": [{"email": "eve@example.org"}]})
    first.close()
    second = HubSpot(store=Store(file))
    assert sorted(second.portals()) == [7, 12345678]
    assert account_of(second).contacts() == []
    assert [contact.properties["email"] for contact in account_of(second, "other").contacts()] == [
        "eve@example.org"
    ]
    assert account_of(second, "other").behaviours.tier == "starter"
    assert ask(second, "POST", CONTACTS, {"properties": {}}, "other").rule == "auth.scope"
    assert ask(second, "GET", CONTACTS, token="another").status == 401


def test_a_new_token_opens_the_same_portal_and_another_portal_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    first = HubSpot(store=Store(file), portal_id=99)
    first.seed(account_of(first), {"contacts": [{"email": "ada@example.org"}]})
    first.close()
    second = HubSpot(store=Store(file), token="renewed")
    assert account_of(second, "renewed").portal_id == 99
    assert len(account_of(second, "renewed").contacts()) == 1
    second.close()
    store = Store(file)
    with pytest.raises(StoreError, match="has portal 99 for this token, not 5"):
        HubSpot(store=store, token="renewed", portal_id=5)


def test_a_reset_is_kept_too(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    first = HubSpot(store=Store(file))
    fill(first)
    first.reset(account_of(first))
    assert ask(first, "POST", CONTACTS, {"properties": {"email": "new@example.org"}}).status == 201
    first.close()
    account = account_of(HubSpot(store=Store(file)))
    assert [contact.properties["email"] for contact in account.contacts()] == ["new@example.org"]
    assert account.definitions == {}
    assert account.occurrences == []


def test_what_made_room_is_gone_from_the_file_as_well(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    service = HubSpot(store=Store(file), switches=Behaviours(auto_define=True), max_occurrences=20)
    for number in range(30):
        sent = {
            "eventName": "pe12345678_view",
            "email": "ada@example.org",
            "properties": {},
            "uuid": f"{number}",
        }
        assert ask(service, "POST", "/events/v3/send", sent).status == 204
    kept = account_of(service).occurrences
    assert account_of(service).counters().forgotten == 30 - len(kept) > 0
    assert len(account_of(service).log.seen["pe12345678_view"]) == len(kept)
    service.close()
    again = account_of(HubSpot(store=Store(file)))
    assert again.occurrences == kept
    assert again.counters().forgotten == 30 - len(kept)


def test_a_store_that_is_in_use_foreign_newer_or_broken_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    open_store = Store(file)
    with pytest.raises(StoreError, match=rf"in use by process {os.getpid()}; .* --store"):
        Store(file)
    open_store.close()
    with closing(sqlite3.connect(file)) as db, db:
        db.execute("pragma user_version=9")
    db.close()
    with pytest.raises(StoreError, match="file version 9"):
        Store(file)
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, only a few words of text" * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="is not a store: it looks like text"):
        Store(text)
    assert text.read_text(encoding="utf-8").startswith("not a database")
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("create table mine (x)")
    db.close()
    with pytest.raises(StoreError, match="another program"):
        Store(other)
    with pytest.raises(StoreError, match="cannot be written: No such file"):
        Store(tmp_path / "nowhere" / "account.db")


def test_a_write_that_the_disk_refuses_is_no_success_and_is_kept_when_there_is_room(tmp_path: Path) -> None:
    file = tmp_path / "account.db"
    store = Store(file)
    service = HubSpot(store=store)
    # A real full disk: SQLite's own limit on the file's pages makes the same SQLITE_FULL.
    pages = store._db.execute("pragma page_count").fetchone()[0]
    store._db.execute(f"pragma max_page_count={pages}")
    long = {"properties": {"email": "ada@example.org", "jobtitle": "x" * 60_000}}
    answer = ask(service, "POST", CONTACTS, long)
    assert (answer.status, answer.rule) == (500, "simulator.store")
    assert "full" in answer.decision
    store._db.execute("pragma max_page_count=100000")
    assert ask(service, "PATCH", f"{CONTACTS}/101", {"properties": {"firstname": "Ada"}}).status == 200
    service.close()
    [contact] = account_of(HubSpot(store=Store(file))).contacts()
    assert (contact.properties["firstname"], len(contact.properties["jobtitle"])) == ("Ada", 60_000)
