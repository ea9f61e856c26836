"""Events that wait for consent with an outbox: on disk, in order, sent once when consent comes, never without it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest import HubSpotDestination, OutboxError, OutboxSettings
from hubspot_dest.delivery.outbox import queue as outbox_module
from hubspot_dest.delivery.outbox.queue import Outbox
from hubspot_dest.delivery.outbox.schema import MIGRATIONS, OUTBOX
from hubspot_dest.storage.sqlite_file import connect
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm
from tests.factories import make_event

GRANTED = {"marketing": True}


@pytest.fixture
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as server:
        yield server


def make(hubspot: FakeHubSpot, path: Path, **more: Any) -> HubSpotDestination:
    config = {
        "settings": {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_"},
        "consent": {"marketing": True, "analytics": False},
        **more.pop("config", {}),
    }
    outbox = OutboxSettings(path / "o", durability="normal", flush_seconds=3600)
    return HubSpotDestination(config, base_url=hubspot.base_url, outbox=outbox, **more)


def arrived(hubspot: FakeHubSpot) -> list[int]:
    return [int(occurrence["occurredAt"][-4:-1]) for occurrence in hubspot.account.occurrences]


def test_what_waits_is_there_after_a_restart_and_goes_out_in_order_once_consent_comes(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    with make(hubspot, tmp_path) as first:
        denied = first.push_many(make_event(number) for number in range(1, 6))
        assert {(outcome.kind, outcome.reason) for outcome in denied} == {("denied", "consent_missing")}
        assert "safe in the outbox" in denied[0].sentence
        assert (first.waiting, first.queued) == (5, 0)
    with make(hubspot, tmp_path) as second:
        assert second.waiting == 5
        second.push(make_event(6, consent=GRANTED))
        assert [outcome.event_id for outcome in second.consent(GRANTED)] == ["e1", "e2", "e3", "e4", "e5"]
        assert second.waiting == 0
    assert arrived(hubspot) == [6, 1, 2, 3, 4, 5]
    with make(hubspot, tmp_path, consent=GRANTED) as third:
        assert (third.release_waiting(), third.waiting) == ([], 0)
    assert len(hubspot.account.occurrences) == 6


def test_a_start_with_the_consent_lets_go_what_an_earlier_run_left(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    with make(hubspot, tmp_path) as first:
        first.push(make_event())
    with make(hubspot, tmp_path, consent=GRANTED) as second:
        assert [outcome.kind for outcome in second.release_waiting()] == ["queued"]
    assert arrived(hubspot) == [1]


def test_what_waits_survives_the_kill_of_the_process(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    program = (
        "import sys, os, signal; from hubspot_dest import HubSpotDestination\n"
        "d = HubSpotDestination({'settings': {'accessToken': 'x', 'eventNamePrefix': 'pe12345678_'},"
        " 'consent': {'marketing': True}}, base_url=sys.argv[2], outbox=sys.argv[1])\n"
        "d.push_many({'name': 'page view', 'id': f'e{n}', 'user': {'email': 'a@b.co'}} for n in range(50))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / "o"), hubspot.base_url]
    ended = warm.run(arguments, check=False, timeout=30, env={**os.environ})
    assert ended.returncode == -signal.SIGKILL
    with make(hubspot, tmp_path, consent=GRANTED) as destination:
        assert destination.waiting == 50
        destination.release_waiting()
    assert len(hubspot.account.occurrences) == 50


def test_an_event_whose_person_refuses_is_neither_kept_nor_sent(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        outcome = destination.push(make_event(consent={"marketing": False}))
        assert (outcome.kind, outcome.reason, destination.waiting) == ("denied", "consent_refused", 0)
        assert "not kept" in outcome.sentence
        assert destination.consent(GRANTED) == []
    assert hubspot.account.occurrences == []


def test_other_consent_lets_nothing_go(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        destination.push(make_event())
        assert destination.consent({"analytics": True}) == []
        assert destination.waiting == 1


def test_a_full_disk_says_so_and_what_waited_before_goes_on_waiting(
    tmp_path: Path, hubspot: FakeHubSpot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OutboxError("the disk is full; free some space")

    with make(hubspot, tmp_path) as destination:
        destination.push(make_event(1))
        monkeypatch.setattr(outbox_module, "_write", full)
        failed = destination.push(make_event(2))
        assert (failed.kind, failed.reason) == ("failed", "outbox")
        assert destination.waiting == 1
        released = destination.consent(GRANTED)
        assert [(outcome.kind, outcome.reason) for outcome in released] == [("failed", "outbox")]
        assert destination.waiting == 1
        monkeypatch.undo()
        assert [outcome.kind for outcome in destination.release_waiting()] == ["queued"]
    assert arrived(hubspot) == [1]


def test_what_waits_knows_no_bound_but_the_users_own(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        destination.push_many(make_event(number) for number in range(1500))
        assert destination.waiting == 1500


def test_beyond_the_users_own_bound_the_oldest_is_dropped_by_name(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    with make(hubspot, tmp_path, config={"queueMax": 2}) as destination:
        destination.push(make_event(1))
        outcomes = destination.push_many([make_event(2), make_event(3), make_event(4)])
        gone = [outcome for outcome in outcomes[-1].also if outcome.reason == "consent_queue_full"]
        assert [outcome.event_id for outcome in gone] == ["e1", "e2"]
        assert (destination.waiting, destination.dropped) == (2, 2)
        destination.consent(GRANTED)
    assert arrived(hubspot) == [3, 4]


def test_not_even_one_is_kept_where_the_user_wants_none(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path, config={"queueMax": 0}) as destination:
        outcome = destination.push(make_event())
        assert [current_outcome.reason for current_outcome in outcome.also] == ["consent_queue_full"]
        assert destination.waiting == 0
    with closing(sqlite3.connect(tmp_path / "o")) as file, file:
        assert file.execute("SELECT count(*) FROM held").fetchone() == (0,)


def test_a_new_run_forgets_nothing_that_was_accepted(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        destination.push(make_event())
        destination.run({"globals": {"lang": "de"}})
        assert destination.waiting == 1
        assert [outcome.kind for outcome in destination.run({"consent": GRANTED})] == ["queued"]


def test_what_cannot_be_written_down_is_said_and_not_called_safe(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    with make(hubspot, tmp_path) as destination:
        outcome = destination.push(make_event(data={"x": object()}))
        assert (outcome.kind, outcome.reason, destination.waiting) == ("failed", "impossible", 0)


def test_waiting_changes_nothing_of_what_hubspot_will_get(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    settings = {"properties": {"map": {name: f"data.{name}" for name in "abc"}}}
    config: dict[str, Any] = {"mapping": {"page": {"view": {"settings": settings, "batch": 500}}}}
    config["settings"] = {"accessToken": hubspot.token, "eventNamePrefix": "pe12345678_", "batch": True}
    data = {"a": "x\ud800y\u2028", "b": 9_007_199_254_740_993, "c": {"z": [None, 0.1], "a": True}}
    with make(hubspot, tmp_path, config=config) as destination:
        destination.push(make_event(data=data))
        destination.push(make_event(consent=GRANTED, data=data))
        destination.consent(GRANTED)
        assert destination.outbox is not None
        at_once, waited = (intent.payload for intent in destination.outbox.read(0, 10))
    assert at_once == waited


def test_a_forked_child_leaves_what_its_parent_keeps(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        destination.push(make_event(1))
        child = os.fork()
        if child == 0:
            try:
                destination.push(make_event(2))
                os._exit(0 if destination.waiting == 1 else 1)
            finally:
                os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert destination.waiting == 1
    with make(hubspot, tmp_path, consent=GRANTED) as after:
        after.release_waiting()
        assert after.waiting == 0
    assert sorted(arrived(hubspot)) == [1, 2]


def test_an_outbox_for_another_hubspot_does_not_get_what_waits(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    with make(hubspot, tmp_path) as destination:
        destination.push(make_event())
    with FakeHubSpot() as other, pytest.raises(OutboxError, match="holds 1 event that waits for consent for"):
        make(other, tmp_path)


def test_a_file_of_the_version_before_goes_on_to_be_used(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    connect(tmp_path / "o", replace(OUTBOX, migrations=MIGRATIONS[:1]), "normal").close()
    with make(hubspot, tmp_path) as destination:
        destination.push(make_event())
        assert destination.waiting == 1


def test_what_waits_can_be_thrown_away_by_age(tmp_path: Path, hubspot: FakeHubSpot) -> None:
    now = [1000.0]
    outbox = Outbox(tmp_path / "x", wall=lambda: now[0])
    outbox.commit(outbox.add(parked=[("old", json.dumps({}).encode())]))
    now[0] = 2000.0
    outbox.commit(outbox.add(parked=[("new", b"{}")]))
    assert outbox.purge(parked=True, before=1500.0) == (0, 1)
    assert [pair.event_id for pair in outbox.parked_events()] == ["new"]
    outbox.close()
