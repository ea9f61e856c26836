"""The destination with an outbox, as a program uses it: real HubSpot server, real SQLite file, real threads."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest import HubSpotDestination, OutboxError, OutboxSettings, Outcome
from hubspot_dest.delivery.outbox import queue as outbox_module
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests.factories import make_event

IDENTIFY = {
    "map": {"email": "user.email", "properties": {"map": {"plan": "user.plan", "firstname": "user.name"}}}
}


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as server:
        yield server


def make(
    hubspot: FakeHubSpot, path: Path, settings: dict[str, Any] | None = None, **more: Any
) -> HubSpotDestination:
    own = {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_", **(settings or {})}
    config = {"settings": own, **more.pop("config", {})}
    outbox = OutboxSettings(path / "o", durability="normal", flush_seconds=3600)
    return HubSpotDestination(config, base_url=hubspot.base_url, outbox=outbox, **more)


def full_disk(*arguments: Any) -> None:
    raise OutboxError("the disk is full; free some space")


def test_queued_means_on_disk_and_listeners_hear_of_the_delivery(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    heard: list[Outcome] = []
    with make(hubspot, tmp_path) as destination:
        destination.listeners.append(heard.append)
        outcome = destination.push(make_event())
        assert (outcome.kind, outcome.reason, outcome.delivery) == ("queued", "outbox", False)
        destination.flush(deadline=10)
        assert destination.queued == 0
    # In either order: the delivering thread may be faster than the caller.
    assert sorted(
        (current_outcome.kind, current_outcome.event_id, current_outcome.delivery)
        for current_outcome in heard
    ) == [
        ("queued", "e1", False),
        ("sent", "e1", True),
    ]
    assert len(hubspot.account.occurrences) == 1


def test_a_flush_returns_what_became_of_what_waited(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path, {"batch": True, "batchSize": 500}) as destination:
        destination.push_many(make_event(n) for n in range(3))
        [flushed] = destination.flush()
    assert (flushed.kind, flushed.events) == ("flushed", ("e0", "e1", "e2"))


def test_events_from_many_threads_all_arrive(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path, {"batch": True}) as destination:

        def push(thread: int) -> None:
            for number in range(100):
                destination.push(make_event(thread * 1000 + number, email=f"p{thread}@example.org"))

        threads = [threading.Thread(target=push, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert len({occurrence["id"] for occurrence in hubspot.account.occurrences}) == 600


def test_events_that_waited_for_consent_go_through_the_outbox(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path, config={"consent": {"marketing": True}}) as destination:
        assert destination.push(make_event()).kind == "denied"
        assert destination.queued == 0
        [released] = destination.consent({"marketing": True})
        assert released.kind == "queued"
    assert len(hubspot.account.occurrences) == 1


def test_a_disk_that_is_full_is_an_outcome_and_the_contact_is_not_believed_known(
    tmp_path: Path, hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make(hubspot, tmp_path, {"identify": IDENTIFY}) as destination:
        monkeypatch.setattr(outbox_module, "_write", full_disk)
        failed = destination.push(make_event(1, user={"plan": "pro"}))
        assert (failed.kind, failed.reason) == ("failed", "outbox")
        assert "the disk is full" in failed.sentence
        monkeypatch.undo()
        assert destination.push(make_event(2, user={"plan": "pro"})).kind == "queued"
    contact = hubspot.account.contact("ada@example.org", by_email=True)
    assert contact.properties["plan"] == "pro"
    assert len(hubspot.account.occurrences) == 1


def test_a_contact_that_was_refused_is_written_again_when_it_is_right(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    heard: list[Outcome] = []
    with make(hubspot, tmp_path, {"identify": IDENTIFY}) as destination:
        destination.listeners.append(heard.append)
        destination.push(make_event(1, email="ada+invalid@", user={"plan": "pro"}))
        destination.flush()
        destination.push(make_event(2, email="ada+invalid@", user={"plan": "pro"}))
        destination.flush()
    assert [outcome.reason for outcome in heard if outcome.kind == "failed"].count("contact_failed") == 2


def test_a_refused_contact_of_a_silent_rule_promises_no_event(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    heard: list[Outcome] = []
    silent = {"mapping": {"page": {"view": {"silent": True}}}}
    with make(hubspot, tmp_path, {"identify": IDENTIFY}, config=silent) as destination:
        destination.listeners.append(heard.append)
        destination.push(make_event(1, email="ada+invalid@", user={"plan": "pro"}))
        destination.flush()
    [failed] = [outcome for outcome in heard if outcome.kind == "failed"]
    assert failed.reason == "contact_failed"
    assert failed.sentence.startswith("HubSpot refused the contact, which holds no event back: 4")
    assert not hubspot.account.occurrences


def test_the_last_value_of_a_contact_is_what_hubspot_has_in_the_end(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    with make(hubspot, tmp_path, {"identify": IDENTIFY}) as destination:
        for number, plan in enumerate(["free", "pro", "free", "team", "free"]):
            destination.push(make_event(number, user={"plan": plan}))
    assert hubspot.account.contact("ada@example.org", by_email=True).properties["plan"] == "free"
    assert len(hubspot.account.timeline("ada@example.org")) == 5


def test_a_contact_that_is_known_costs_no_call_and_says_so(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    rule = {"user": {"login": {"silent": True, "settings": {"identify": IDENTIFY}}}}
    login = {"name": "user login", "timestamp": 1, "user": {"email": "ada@example.org", "plan": "pro"}}
    with make(hubspot, tmp_path, config={"mapping": rule}) as destination:
        assert destination.push(login).kind == "identified"
        again = destination.push(login)
        assert (again.kind, again.reason) == ("skipped", "contact_unchanged")
    assert len(hubspot.account.contacts()) == 1


def test_half_a_character_in_an_id_or_an_address_loses_nothing(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        odd = {**make_event(1, email="\ud800@example.org"), "id": "half \ud83d"}
        assert destination.push(odd).kind == "queued"
        assert destination.push(make_event(2, email="a\nb@example.org")).kind == "queued"
        destination.flush(deadline=10)
        assert destination.queued == 0


def test_after_close_nothing_is_called_queued(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    destination = make(hubspot, tmp_path)
    destination.close()
    outcome = destination.push(make_event())
    assert (outcome.kind, outcome.reason) == ("failed", "outbox")
    assert "is closed" in outcome.sentence
    destination.close()


def test_closing_without_outcomes_keeps_none_of_a_long_queue(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    count, go, alive = 300, threading.Event(), []
    reported: list[weakref.ref[Outcome]] = []

    def listen(outcome: Outcome) -> None:
        if outcome.delivery:
            go.wait(20)
            reported.append(weakref.ref(outcome))
            alive.append(sum(reference() is not None for reference in reported))

    destination = make(hubspot, tmp_path)
    destination.listeners.append(listen)
    destination.push_many([make_event(number) for number in range(count)])
    go.set()
    assert destination.close(stall=10.0, keep_outcomes=False) == []
    assert len(reported) == count
    assert max(alive) < 50  # a few for each delivering thread


def test_walkeros_has_no_outbox(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with pytest.raises(ValueError, match="exclude each other"):
        make(hubspot, tmp_path, parity=True)


def test_a_listener_that_fails_repeats_no_delivery(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    def broken(outcome: Outcome) -> None:
        if outcome.delivery:
            raise RuntimeError("my dashboard is down")

    with make(hubspot, tmp_path) as destination:
        destination.listeners.append(broken)
        destination.push(make_event())
        destination.flush(deadline=10)
        assert destination.queued == 0
    assert hubspot.account.counters().duplicates == 0


def test_an_object_id_and_an_email_of_one_person_keep_their_order(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    settings = {"objectId": "user.crm", "batch": True, "batchSize": 500}
    ada = hubspot.account.add_contact({"email": "ada@example.org"}, 0.0)
    events = []
    for number in range(60):
        who = ({"crm": ada.id}, {"email": "ada@example.org"}, {"email": "ada@example.org", "crm": ada.id})[
            number % 3
        ]
        events.append({"name": "page view", "id": f"e{number}", "timestamp": 1 + number, "user": who})
    with make(hubspot, tmp_path, settings) as destination:
        destination.push_many(events)
    both = [occurrence["id"] for occurrence in hubspot.account.occurrences]
    assert len(both) == 60
    from hubspot_dest.delivery.client.client import occurrence_uuid

    place = {uuid: number for number, uuid in enumerate(both)}
    for first in (0, 1):  # by id alone and with both; by e-mail alone and with both
        mine = [place[occurrence_uuid(f"e{n}")] for n in range(60) if n % 3 in (first, 2)]
        assert mine == sorted(mine)


class Watched(dict[str, Any]):
    """A part of an event, of which it can be told whether it is still in memory."""

    __slots__ = ("__weakref__",)


def test_events_taken_together_are_in_memory_one_after_the_other_where_outcomes_need_not_keep_them(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    alive: list[weakref.ref[Watched]] = []

    def read(count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            data = Watched(title=f"T{number}")
            alive.append(weakref.ref(data))
            yield make_event(number, data=data)
            del data
            assert sum(part() is not None for part in alive) <= 2

    config = {"mapping": {"page": {"view": {"settings": {"properties": {"map": {"title": "data.title"}}}}}}}
    with make(hubspot, tmp_path, {"batch": True}, config=config) as destination:
        outcomes = destination.push_many(read(50), keep_events=False)
        assert [(outcome.kind, outcome.event_id) for outcome in outcomes] == [
            ("queued", f"e{number}") for number in range(50)
        ]
        plans = [outcome.plan for outcome in outcomes]
        assert {plan.email for plan in plans if plan is not None} == {"ada@example.org"}
        assert not any(plan.event for plan in plans if plan is not None)
    titles = [occurrence["properties"]["title"] for occurrence in hubspot.account.occurrences]
    assert titles == [f"T{number}" for number in range(50)]


def test_what_was_read_before_the_source_broke_is_safe_and_its_place_is_noted(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    read: list[int] = []

    def events() -> Iterator[dict[str, Any]]:
        for number in range(3):
            read.append(number)
            yield make_event(number)
        msg = "the disk is gone"
        raise OSError(msg)

    heard: list[Outcome] = []
    with make(hubspot, tmp_path, listeners=[heard.append]) as destination:
        with pytest.raises(OSError, match="the disk is gone"):
            destination.push_many(
                events(), progress=lambda: outbox_module.Progress("log", "0", 0, len(read), -1)
            )
        assert [outcome.event_id for outcome in heard if not outcome.delivery] == ["e0", "e1", "e2"]
        assert destination.outbox is not None
        noted = destination.outbox.progress("log")
        assert noted is not None
        assert noted.line == 3
    assert len(hubspot.account.occurrences) == 3
