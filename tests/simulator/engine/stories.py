"""Run a story to its end, and hold the engine's numbers against HubSpot's."""

from __future__ import annotations

from simulator.engine.engine import Engine
from simulator.engine.failures import FailureTable
from simulator.engine.story import story_config
from simulator.hubspot.faults.fault_board import FaultKind
from simulator.hubspot.faults.stories import STORIES

STORY_NAMES = ("outage", "rate-limited-morning", "token-revoked", "flaky-network")


def play(story: str, seed: int, events: int = 150, *, waits: bool = True) -> None:
    """Run a story through the outbox; everything accepted must be delivered or named.

    Args:
        story: its name.
        seed: decides events and jitter.
        events: how many.
        waits: keep the faults that only cost time.

    """
    faults = [
        fault for fault in STORIES[story].faults if waits or fault.kind is not FaultKind.LATENCY or fault.nth
    ]
    with Engine(story_config(), seed=seed, simulated=True) as engine:
        engine.throw(*faults)
        during = engine.run(events)
        assert during.problems == [], f"{story}, seed {seed}"
        engine.flush().result()
        after = engine.reconcile()
        assert after.problems == [], f"{story}, seed {seed}"
        kinds, failures = engine.counts.kinds, FailureTable(engine)
        assert sum(kinds.values()) == engine.counts.taken == events
        assert failures.unexplained == 0, f"{story}, seed {seed}: {failures.lines()}"
        assert kinds["failed"] + kinds["queued"] <= failures.total
        if story == "token-revoked":
            assert kinds["queued"] == failures.total
            assert {record["cause"] for record in failures.records()} <= {"fault token-revoked"}
        else:
            assert kinds["failed"] + kinds["queued"] == 0, f"{story}, seed {seed}"
            assert engine.counts.recovered == engine.counts.retried
