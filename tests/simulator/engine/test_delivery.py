"""The engine's sender with its outbox: what HubSpot does not take is tried again, and nothing is lost or unnamed."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.config.model import Config
from simulator.engine.engine import Engine
from simulator.engine.expectations import result_of
from simulator.engine.failures import FailureTable
from simulator.engine.story import story_config
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import parse_fault
from tests.simulator.engine.stories import STORY_NAMES, play

ADA = {"user": {"email": "ada@example.org"}, "consent": {"marketing": True}}


def views(count: int) -> list[dict[str, Any]]:
    return [{"name": "page view", "id": f"e{number}", **ADA} for number in range(count)]


@pytest.mark.parametrize("story", STORY_NAMES)
@pytest.mark.parametrize("seed", range(5))
def test_everything_accepted_is_delivered_or_named_and_the_counters_are_hubspots(
    story: str, seed: int
) -> None:
    play(story, seed, waits=False)


def test_an_outage_of_half_a_minute_recovers_and_walkeros_loses_what_it_met() -> None:
    with Engine(story_config(), seed=3, simulated=True) as engine:
        engine.throw(*STORIES["outage"].faults)
        engine.run(200)
        waiting = engine.queued
        assert waiting > 0
        assert engine.next_try is not None
        engine.flush().result()
        assert engine.queued == 0
        assert engine.counts.kinds["failed"] == 0
        assert engine.counts.recovered > 0
        assert engine.counts.lost_upstream >= waiting
        assert engine.next_try is None


def test_the_same_seed_gives_the_same_calls_and_contents_through_an_outage() -> None:
    results = []
    for _ in range(2):
        with Engine(story_config(), seed=5, simulated=True, clock=lambda: 1_767_603_600.0) as engine:
            engine.throw(*STORIES["outage"].faults)
            engine.run(200)
            engine.flush().result()
            results.append(result_of(engine))
    assert results[0] == results[1]
    assert results[0]["counts"]["retries"] > 0


def test_in_real_time_an_outage_recovers_by_itself_without_a_key() -> None:
    with Engine(story_config(), seed=3, source=lambda _: iter(views(12)), rate=0) as engine:
        engine.throw(parse_fault("503:count=2"))
        engine.run(12)
        for _ in range(2000):
            if engine.queued == 0:
                break
            engine.do(lambda: None)
            engine.hubspot.clock.skip(0.5)
        assert engine.counts.kinds["flushed"] == 12
        assert engine.counts.recovered > 0
        assert engine.reconcile().agree


def test_events_that_wait_survive_another_batch_size_and_a_saved_configuration() -> None:
    with Engine(story_config(), seed=3, simulated=True, source=lambda _: iter(views(5))) as engine:
        engine.throw(parse_fault("503:count=1"))
        engine.run(5)
        assert engine.queued == 5
        assert engine.set_batch(50).result() == 0
        assert engine.reload(story_config()).result().stranded == 0
        assert engine.queued == 5
        engine.flush().result()
        assert engine.counts.kinds["flushed"] == 5
        assert engine.reconcile().agree


def test_a_refused_event_is_found_in_its_batch_and_the_others_are_delivered() -> None:
    events = views(11)
    events.insert(4, {"name": "page view", "id": "bad", "data": {"title": "x" * 5000}, **ADA})
    with Engine(story_config(), simulated=True, source=lambda _: iter(events)) as engine:
        engine.run(12)
        engine.flush().result()
        failed = [row for row in engine.ring.rows() if row.kind == "failed" and not row.is_batch]
        assert [row.event_id for row in failed] == ["bad"]
        assert failed[0].bisected
        assert engine.counts.kinds["flushed"] == 11
        assert engine.counts.bisected > 0
        table = FailureTable(engine)
        assert table.unexplained == 1
        assert table.records()[0]["cause"] is None
        assert table.records()[0]["reason"] == "refused"
        assert engine.reconcile().agree


def test_an_event_with_only_a_contact_waits_until_its_contact_is_written() -> None:
    config = Config.strict(
        {
            "settings": {
                "eventNamePrefix": "pe12345678_",
                "identify": {
                    "map": {"email": "user.email", "properties": {"map": {"firstname": "user.name"}}}
                },
            },
            "mapping": {"user": {"login": {"silent": True}}},
        }
    )
    event = {"name": "user login", "id": "e1", "user": {"email": "ada@example.org", "name": "Ada"}}
    with Engine(config, simulated=True, source=lambda _: iter([event])) as engine:
        engine.throw(parse_fault("503:count=1"))
        engine.run(1)
        assert engine.counts.kinds["queued"] == engine.reconcile().queued == 1
        engine.flush().result()
        assert engine.counts.kinds["identified"] == 1
        assert engine.counts.recovered == 1
        assert len(engine.hubspot.account.contacts()) == 1
        assert engine.reconcile().agree


@pytest.mark.parametrize("count", [12, 30])
def test_in_parity_a_failed_batch_is_shown_as_lost_and_counted_as_walkeros_loss(count: int) -> None:
    """WalkerOS removes a batch from its queue before it sends it (defect D1)."""
    settings = {"eventNamePrefix": "pe12345678_", "email": "user.email", "batch": True, "batchSize": 12}
    config = Config.strict({"settings": settings})
    with Engine(config, parity=True, simulated=True, source=lambda _: iter(views(count))) as engine:
        engine.throw(parse_fault("503:path=/events/*,count=1"))
        books = engine.run(count)
        assert books.problems == []
        lost = [row for row in engine.ring.rows() if not row.is_batch and row.kind == "failed"]
        assert len(lost) == 12
        assert all(row.loses for row in lost)
        assert engine.counts.lost_upstream == 12
        assert engine.queued == count % 12
        table = FailureTable(engine)
        assert table.unexplained == 0
        assert table.total == 12 + engine.queued
        assert engine.reconcile().agree


def test_without_an_outbox_a_failed_batch_stays_in_the_queue_and_walkeros_loses_it() -> None:
    with Engine(story_config(), outbox=False, simulated=True, source=lambda _: iter(views(12))) as engine:
        engine.throw(parse_fault("503:path=/events/*,count=1"))
        engine.run(12)
        assert engine.queued == 12
        assert sum(row.loses for row in engine.ring.rows() if not row.is_batch) == 12
        engine.flush().result()
        assert engine.counts.kinds["flushed"] == 12
        assert engine.reconcile().agree
