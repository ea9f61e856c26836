"""A program that delivers by itself: on its own thread, by its own clock, with every retry as an outcome."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.outcome import Outcome
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.factories import make_event

CONFIG: dict[str, Any] = {
    "settings": {
        "accessToken": "pat-na1-00000000-0000-0000-0000-000000000000",
        "eventNamePrefix": "pe12345678_",
        "batch": True,
        "batchSize": 4,
        "identify": {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.name"}}}},
    }
}


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as hubspot:
        hubspot.account.define("pe12345678_page_view", hubspot.clock())
        yield hubspot


class Clock:
    def __init__(self) -> None:
        self.now = 1_767_603_600.0

    def __call__(self) -> float:
        return self.now


def destination(path: Path, hubspot: FakeHubSpot, clock: Clock, told: list[Outcome]) -> HubSpotDestination:
    settings = OutboxSettings(path, durability="normal", connections=0, clock=clock, rng=random.Random(1))
    raw = {**CONFIG, "settings": {**CONFIG["settings"], "accessToken": hubspot.token}}
    return HubSpotDestination(raw, base_url=hubspot.base_url, outbox=settings, listeners=[told.append])


def drain(made: HubSpotDestination, clock: Clock) -> None:
    for _ in range(500):
        rest = made.deliver_next(partial=True)
        if rest is None:
            return
        clock.now += rest
    pytest.fail("it never comes to an end")


def test_nothing_is_sent_before_the_owner_asks_and_no_thread_is_started(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    clock, told = Clock(), list[Outcome]()
    before = threading.active_count()
    with destination(tmp_path / "o", hubspot, clock, told) as made:
        made.push(make_event(1, user={"name": "Ada"}))
        assert threading.active_count() == before
        assert hubspot.journal.entries(limit=5) == []
        drain(made, clock)
        assert hubspot.account.counters().accepted == 1


def test_a_retry_is_an_outcome_with_the_time_of_the_next_try(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    clock, told = Clock(), list[Outcome]()
    hubspot.faults.add(Fault(FaultKind.UNAVAILABLE, count=2), now=hubspot.clock())
    with destination(tmp_path / "o", hubspot, clock, told) as made:
        made.push(make_event(1, user={"name": "Ada"}))
        drain(made, clock)
    retries = [outcome for outcome in told if outcome.reason == "retry"]
    assert [(retry.kind, retry.events, retry.delivery) for retry in retries] == [
        ("queued", ("e1",), True)
    ] * 2
    assert all(retry.next_try is not None and retry.next_try <= clock.now for retry in retries)
    assert hubspot.account.counters().accepted == 1


def test_a_batch_that_is_sent_in_parts_is_an_outcome_and_one_event_fails(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    clock, told = Clock(), list[Outcome]()
    with destination(tmp_path / "o", hubspot, clock, told) as made:
        for number in range(3):
            made.push(make_event(number, user={"name": "Ada"}))
        made.push({**make_event(3, user={"name": "Ada"}), "name": "page unknown"})
        drain(made, clock)
    assert next(outcome.events for outcome in told if outcome.reason == "bisected") == (
        "e0",
        "e1",
        "e2",
        "e3",
    )
    assert [outcome.event_id for outcome in told if outcome.kind == "failed"] == ["e3"]
    assert hubspot.account.counters().accepted == 3


def test_a_contact_that_was_found_unknown_is_created_at_the_next_try_without_another_update(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    clock, told = Clock(), list[Outcome]()
    create = Fault(FaultKind.RATE_LIMITED, path="/crm/v3/objects/contacts", method="POST", count=2)
    hubspot.faults.add(create, now=hubspot.clock())
    with destination(tmp_path / "o", hubspot, clock, told) as made:
        made.push(make_event(1, user={"name": "Ada"}))
        drain(made, clock)
    asked = [
        entry.method for entry in reversed(hubspot.journal.entries(limit=20)) if b"/crm/" in entry.target
    ]
    assert sorted(asked) == ["PATCH", "POST", "POST", "POST"]
    assert len(hubspot.account.contacts()) == 1
