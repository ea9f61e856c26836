"""The worker's promises, on a source in memory and a HubSpot over HTTP."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.streams.counts import WorkerCounts
from hubspot_dest.streams.errors import LeaseLostError, RebalancingError, StreamError
from hubspot_dest.streams.source import Lag, TrimWatch
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.streams.memory_source import ONE, ZERO, MemorySource, message, worker_on
from tests.streams.shop import page_view, shop_config

CONSENT = {"consent": {"marketing": True}}


def stored(hubspot: FakeHubSpot) -> list[str]:
    return [row.id for row in hubspot.account.log.rows]


def views(*numbers: int, **more: Any) -> list[Any]:
    return [message(page_view(number, number % 3, **more), number) for number in numbers]


def test_a_message_is_committed_only_after_hubspot_has_it(hubspot: FakeHubSpot) -> None:
    source = MemorySource(views(*range(5)))
    seen: list[int] = []
    source.on_commit = lambda: seen.append(len(stored(hubspot)))
    worker = worker_on(source, hubspot)
    worker.run()
    assert seen == [5]
    assert source.done == {ZERO: ["0", "1", "2", "3", "4"]}
    assert WorkerCounts().sentence() == "0 fetched", "a sum of no parts is not written as one"
    assert worker.counts.sentence() == "5 fetched = 5 delivered"


def test_nothing_is_in_flight_at_the_next_fetch(hubspot: FakeHubSpot) -> None:
    source = MemorySource(views(*range(3)), views(*range(3, 6)))
    worker = worker_on(source, hubspot)
    pending: list[int] = []
    source.on_fetch = lambda: pending.append(worker._sink.pending + worker.counts.in_hand)
    worker.run()
    assert pending == [0, 0, 0]


def test_an_event_without_an_id_counts_once_however_often_it_is_delivered(hubspot: FakeHubSpot) -> None:
    event = {"name": "page view", "user": {"email": "a@example.org"}}
    for _ in range(2):
        worker_on(MemorySource([message(event, 7)]), hubspot).run()
    assert len(stored(hubspot)) == 1


def test_poison_is_isolated_and_becomes_a_dead_letter_with_hubspots_reason(hubspot: FakeHubSpot) -> None:
    batch = views(*range(20))
    batch[7] = message(page_view(7, 1, timestamp="not a time"), 7)
    source = MemorySource(batch)
    worker = worker_on(source, hubspot)
    worker.run()
    assert len(stored(hubspot)) == 19
    assert [letter.message.position for letter in source.letters] == ["7"]
    assert not source.letters[0].waiting
    assert source.letters[0].sentence
    assert worker.counts.results["dead"] == 1
    assert source.log.index("post") < source.log.index("commit")
    assert source.done[ZERO][-1] == "19"


def test_what_hubspot_refuses_is_a_dead_letter_with_the_answer_and_the_json(hubspot: FakeHubSpot) -> None:
    source = MemorySource(views(1))
    with FakeHubSpot() as strict:  # it has no definition of the event
        worker_on(source, strict).run()
    letter = next(
        current_letter for current_letter in source.letters if current_letter.details["what"] == "event"
    )
    assert letter.details["status"] == "400"
    assert json.loads(letter.details["payload"])["uuid"] == occurrence_uuid("e1")


def test_a_refused_contact_is_told_of_and_its_event_goes_on(hubspot: FakeHubSpot) -> None:
    config = shop_config()
    config["settings"]["identify"]["map"]["properties"]["map"] = {"closedate": "user.plan"}  # a date
    source = MemorySource(views(1))
    worker = worker_on(source, hubspot, config)
    worker.run()
    assert len(stored(hubspot)) == 1
    assert [letter.details["what"] for letter in source.letters] == ["contact"]
    assert worker.counts.contacts_refused == 1
    assert worker.counts.results["delivered"] == 1


def test_the_closing_sums_add_up_whatever_came(hubspot: FakeHubSpot) -> None:
    batch = [
        message(page_view(1, consent={"marketing": True}), 1),
        message(page_view(2, consent={"marketing": False}), 2),
        message(page_view(3), 3),
        message(b"no json", 4),
        message({"name": "walker user", "data": {"id": "u"}}, 5),
        message({"name": "product view", "id": "e6", "consent": {"marketing": True}}, 6),
    ]
    source = MemorySource(batch)
    worker = worker_on(source, hubspot, shop_config(**CONSENT))
    worker.run()
    counts = worker.counts
    assert counts.fetched == counts.results.total() == 6
    assert dict(counts.results) == {
        "delivered": 1,
        "consent_refused": 1,
        "waiting": 1,
        "dead": 1,
        "commands": 1,
        "skipped": 1,
    }


def test_consent_that_is_lacking_parks_the_event_and_never_pauses(hubspot: FakeHubSpot) -> None:
    source = MemorySource(views(1, 2))
    worker = worker_on(source, hubspot, shop_config(**CONSENT))
    worker.run()
    assert [letter.waiting for letter in source.letters] == [True, True]
    assert "pause" not in source.log
    assert source.done == {ZERO: ["1", "2"]}
    assert not stored(hubspot)


def test_denied_drop_counts_the_event_and_keeps_no_copy(hubspot: FakeHubSpot) -> None:
    source = MemorySource(views(1))
    worker = worker_on(source, hubspot, shop_config(**CONSENT), denied="drop")
    worker.run()
    assert not source.letters
    assert worker.counts.results["dropped"] == 1


def test_commands_take_effect_in_the_order_of_their_partition_and_nowhere_else(hubspot: FakeHubSpot) -> None:
    grant = {"name": "walker consent", "data": {"marketing": True}}
    batch = [
        message(page_view(1), 1),
        message(grant, 2),
        message(page_view(3), 3),
        message(page_view(4), 1, ONE),
    ]
    source = MemorySource(batch)
    worker_on(source, hubspot, shop_config(**CONSENT)).run()
    assert stored(hubspot) == [occurrence_uuid("e3")]
    assert [json.loads(letter.message.value or b"")["id"] for letter in source.letters] == ["e1", "e4"]


def test_the_state_of_commands_is_committed_and_outlives_a_rebalance(hubspot: FakeHubSpot) -> None:
    grant = {"name": "walker consent", "data": {"marketing": True}}
    first = MemorySource([message(grant, 1)])
    worker_on(first, hubspot, shop_config(**CONSENT)).run()
    second = MemorySource([message(page_view(2), 2)], states=first.states)
    worker_on(second, hubspot, shop_config(**CONSENT)).run()
    assert stored(hubspot) == [occurrence_uuid("e2")]


def test_a_shutdown_command_in_a_stream_does_not_end_the_worker(hubspot: FakeHubSpot) -> None:
    source = MemorySource([message({"name": "walker shutdown", "data": {}}, 1)], views(2))
    worker_on(source, hubspot).run()
    assert [letter.reason for letter in source.letters] == ["unknown_command"]
    assert stored(hubspot) == [occurrence_uuid("e2")]


def test_while_hubspot_is_ill_fetching_pauses_and_the_group_keeps_its_member(hubspot: FakeHubSpot) -> None:
    hubspot.faults.add(Fault(FaultKind.UNAVAILABLE), now=time.time())
    source = MemorySource(views(*range(3)))
    beats: list[int] = []

    def heal() -> None:
        beats.append(1)
        if len(beats) == 5:
            hubspot.faults.clear()

    source.on_keep_alive = heal
    worker = worker_on(source, hubspot)
    worker.run()
    assert len(beats) >= 5
    assert source.log.index("pause") < source.log.index("commit") < source.log.index("resume")
    assert len(stored(hubspot)) == 3
    assert worker.counts.pauses == 1
    assert not worker.counts.paused


def test_a_revoked_partition_is_finished_before_the_revoke_returns(hubspot: FakeHubSpot) -> None:
    hubspot.faults.add(Fault(FaultKind.LATENCY, delay_ms=150), now=time.time())
    source = MemorySource([*views(*range(3)), message(page_view(9, 2), 0, ONE)])
    committed: list[Any] = []

    def revoke() -> None:
        source.on_keep_alive = lambda: None
        assert source.owner is not None
        source.owner.on_revoked([ZERO])
        committed.append(dict(source.done))

    source.on_keep_alive = revoke
    worker_on(source, hubspot).run()
    assert committed[0][ZERO] == ["0", "1", "2"]
    assert source.done[ONE] == ["0"]


def test_what_a_revoke_cannot_wait_for_is_handed_back_and_the_rest_is_delivered(hubspot: FakeHubSpot) -> None:
    hubspot.faults.add(Fault(FaultKind.UNAVAILABLE), now=time.time())
    source = MemorySource([*views(*range(3)), message(page_view(9, 2), 0, ONE)])

    def revoke() -> None:
        source.on_keep_alive = lambda: None
        assert source.owner is not None
        source.owner.on_revoked([ZERO])
        assert ZERO not in source.done
        hubspot.faults.clear()

    source.on_keep_alive = revoke
    worker = worker_on(source, hubspot, drain_seconds=0.1)
    worker.run()
    assert ZERO not in source.done
    assert source.done == {ONE: ["0"]}
    assert worker.counts.results["handed_back"] == 3
    assert worker.counts.fetched == worker.counts.results.total() == 4
    assert occurrence_uuid("e9") in stored(hubspot)


def test_nothing_of_a_lost_partition_is_committed(hubspot: FakeHubSpot) -> None:
    hubspot.faults.add(Fault(FaultKind.LATENCY, delay_ms=150), now=time.time())
    source = MemorySource([*views(*range(3)), message(page_view(9, 2), 0, ONE)])

    def lose() -> None:
        source.on_keep_alive = lambda: None
        assert source.owner is not None
        source.owner.on_lost([ZERO])

    source.on_keep_alive = lose
    worker_on(source, hubspot).run()
    assert list(source.done) == [ONE]


@pytest.mark.parametrize(("rebalanced", "written"), [(False, 2), (True, 3)])  # the first creates the contact
def test_after_a_rebalance_a_contact_is_written_again(
    hubspot: FakeHubSpot, rebalanced: bool, written: int
) -> None:
    source = MemorySource(views(3), views(6))  # of one person

    def rebalance() -> None:
        if rebalanced and source.log.count("fetch") == 1 and source.owner is not None:
            source.owner.on_revoked([ONE])

    source.on_fetch = rebalance
    worker_on(source, hubspot).run()
    targets = [entry.target for entry in hubspot.journal.entries()]
    assert sum(target.startswith(b"/crm/") for target in targets) == written


def test_a_commit_that_another_worker_forbids_is_no_loss(hubspot: FakeHubSpot) -> None:
    def forbid() -> None:
        source.on_commit = lambda: None
        raise LeaseLostError("ILLEGAL_GENERATION")

    source = MemorySource(views(1), views(2))
    source.on_commit = forbid
    worker = worker_on(source, hubspot)
    worker.run()
    assert source.done == {ZERO: ["2"]}
    assert worker.counts.results["handed_back"] == 1
    assert worker.counts.fetched == worker.counts.results.total()


def test_a_rebalance_that_leaves_the_partition_here_repeats_no_event(hubspot: FakeHubSpot) -> None:
    refusals: list[str] = []

    def rebalance() -> None:
        if len(refusals) < 2:
            refusals.append(source.log[-1])
            raise RebalancingError("ILLEGAL_GENERATION")

    source = MemorySource([*views(1), message(b"no json", 2)])
    source.on_commit = rebalance
    worker = worker_on(source, hubspot)
    worker._stop.wait = lambda timeout=None: False  # type: ignore[method-assign]
    worker.run()
    assert refusals[1] == "keep_alive"  # the group has to be asked in between
    assert source.done == {ZERO: ["1", "2"]}
    assert source.log.count("post") == 1  # its dead letter is written once
    assert worker.counts.results == {"delivered": 1, "dead": 1}


def test_a_worker_uses_its_part_of_the_contact_limit_from_its_first_batch(hubspot: FakeHubSpot) -> None:
    parts: list[float] = []
    source = MemorySource(views(1))
    source.part = 0.25
    source.on_fetch = lambda: parts.append(worker._sink._budget._part)
    worker = worker_on(source, hubspot)
    worker.run()
    assert parts[0] == 0.25


def test_a_broker_that_is_away_is_told_once_and_waited_for(hubspot: FakeHubSpot) -> None:
    said: list[str] = []
    tries: list[int] = []

    def away() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise StreamError("unreachable", "Kafka at h:9092 cannot be reached", "look at host", heals=True)

    source = MemorySource(views(1))
    source.on_fetch = away
    worker = worker_on(source, hubspot, say=said.append)
    worker._stop.wait = lambda timeout=None: False  # type: ignore[method-assign]
    worker.run()
    assert sum("cannot be reached" in line for line in said) == 1
    assert "the broker answers again" in said
    assert len(stored(hubspot)) == 1


def test_dead_letters_that_cannot_be_written_keep_the_message_uncommitted(hubspot: FakeHubSpot) -> None:
    def away() -> None:
        source.on_post = lambda: None
        raise StreamError("unreachable", "Kafka is away", heals=True)

    source = MemorySource([message(b"no json", 1)])
    source.on_post = away
    worker = worker_on(source, hubspot)
    worker._stop.wait = lambda timeout=None: False  # type: ignore[method-assign]
    worker.run()
    assert len(source.letters) == 1
    assert source.log.index("post") < source.log.index("commit")


def test_what_waiting_does_not_change_ends_the_worker(hubspot: FakeHubSpot) -> None:
    def refuse() -> None:
        raise StreamError("authorization", "no rights on the topic")

    source = MemorySource()
    source.on_fetch = refuse
    with pytest.raises(StreamError, match="no rights"):
        worker_on(source, hubspot).run()
    assert source.log[-1] == "close"


def test_stop_hands_over_although_hubspot_does_not_answer(hubspot: FakeHubSpot) -> None:
    hubspot.faults.add(Fault(FaultKind.UNAVAILABLE), now=time.time())
    source = MemorySource(views(1, 2))
    worker = worker_on(source, hubspot, stop_seconds=0.3)
    threading.Timer(0.2, worker.stop).start()
    begun = time.monotonic()
    worker.run()
    assert time.monotonic() - begun < 5
    assert not source.done
    assert worker.counts.results["handed_back"] == 2
    assert source.log[-1] == "close"


def test_a_message_that_no_worker_gets_past_is_a_dead_letter(hubspot: FakeHubSpot) -> None:
    source = MemorySource([message(page_view(1), 1, deliveries=21)])
    worker_on(source, hubspot).run()
    assert [letter.reason for letter in source.letters] == ["deliveries"]


def test_keys_without_order_per_person_are_warned_of_once(hubspot: FakeHubSpot) -> None:
    said: list[str] = []
    batches = [[message(page_view(number), number, key=b"page_view")] for number in range(3)]
    worker_on(MemorySource(*batches), hubspot, say=said.append).run()
    warnings = [line for line in said if "entity_action" in line]
    assert len(warnings) == 1
    assert "settings.kafka.key" in warnings[0]


def test_entries_that_were_trimmed_unread_are_told_of_and_counted(hubspot: FakeHubSpot) -> None:
    said: list[str] = []
    source = MemorySource(views(1))
    source.last_lag = Lag(900, True, (TrimWatch("events", 900, 1000, True, 12, True),))
    worker = worker_on(source, hubspot, say=said.append)
    worker.run()
    assert worker.counts.lost == 12
    assert any("900 of 1,000 entries" in line for line in said)
    assert "12 entries were trimmed or deleted unread and are lost" in worker.counts.sentence()


def test_readiness_says_why_a_worker_cannot_deliver(hubspot: FakeHubSpot) -> None:
    source = MemorySource(views(1))
    worker = worker_on(source, hubspot)
    assert worker.unready == "it is not connected yet"
    ready: list[str] = []
    source.on_fetch = lambda: ready.append(worker.unready)
    worker.run()
    assert ready[0] == ""
    assert worker.unready == "it is shutting down"
