"""Every fault of the simulator, struck twice, on every kind of request: what the table in docs/delivery.md says."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.delivery.sending import TestClock, contact, event, sending, uuids

# The table: what is told about each fault. Sends are done when a 2xx comes, an upsert when its results are there.
PAUSED = {
    FaultKind.UNAUTHORIZED: "unauthorized",
    FaultKind.FORBIDDEN: "unauthorized",
    FaultKind.RATE_LIMITED: "ten_secondly",
    FaultKind.MIGRATING: "moving",
}
RETRIED = {
    FaultKind.LOCKED,
    FaultKind.INTERNAL_ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
    FaultKind.CLOSE_BEFORE,
    FaultKind.CLOSE_DURING,
    FaultKind.LOST,
    FaultKind.TRUNCATED,
    FaultKind.NOT_UTF8,
}
# An empty 200 is enough for an event, and shows nothing of a contact.
DELIVERED = {FaultKind.LATENCY, FaultKind.TRICKLE, FaultKind.WRONG_CONTENT_TYPE, FaultKind.EMPTY_200}
REQUESTS = ("single", "batch", "contact", "upsert")
PATHS = {
    "single": "*/events/v3/send",
    "batch": "*/send/batch",
    "contact": "*/contacts*",
    "upsert": "*/batch/upsert",
}


def test_the_table_names_every_fault_there_is() -> None:
    # A handshake that fails: tests/delivery/test_fault_fronts.py.
    assert set(PAUSED) | RETRIED | DELIVERED | {FaultKind.TLS} == set(FaultKind)


@pytest.mark.parametrize("request_kind", REQUESTS)
@pytest.mark.parametrize("kind", [*PAUSED, *sorted(RETRIED), *sorted(DELIVERED)])
def test_every_fault_on_every_request_costs_no_event_and_counts_none_twice(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock, kind: FaultKind, request_kind: str
) -> None:
    hubspot.faults.add(Fault(kind, path=PATHS[request_kind], count=2, delay_ms=2), now=clock.wall())
    size = 500 if request_kind == "batch" else 1
    people = {"contact": 1, "upsert": 5}.get(request_kind, 0)
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=size) as world:
        world.accept(*(contact(f"p{n}@example.org", f"c{n}", plan="x") for n in range(people)))
        world.accept(*(event(f"e{n}", f"p{n}@example.org") for n in range(5)))
        world.run()
        assert world.outbox.pending == 0
        assert world.outbox.dead() == 0
        told = {report.kind for report in world.reports} - {"delivered", "resumed", "postponed", "bisected"}
        reasons = [report.reason for report in world.reports if report.kind == "paused"]
    assert hubspot.faults.active()[0].struck >= 1
    assert len(uuids(hubspot)) == 5
    assert len(hubspot.account.contacts()) == people
    if kind in PAUSED:
        assert (told, set(reasons)) == ({"paused"}, {PAUSED[kind]})
    elif kind in RETRIED or (kind is FaultKind.EMPTY_200 and people):
        assert told == {"failed"}
    else:
        assert told == set()
