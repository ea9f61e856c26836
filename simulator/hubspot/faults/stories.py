"""Stories: situations from production as named lists of faults."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from simulator.hubspot.faults.fault_board import Fault, FaultKind

__all__ = ["STORIES", "Story"]


@dataclass(frozen=True, slots=True)
class Story:
    """A named list of faults; `tells` describes what happens."""

    name: str
    tells: str
    faults: tuple[Fault, ...]


_CONTACTS = "/crm/*"

STORIES: MappingProxyType[str, Story] = MappingProxyType(
    {
        story.name: story
        for story in (
            Story(
                "new-contact",
                "Nobody is known yet: no fault; updates of unknown contacts answer 404, as the account is empty.",
                (),
            ),
            Story(
                "rate-limited-morning",
                "Another integration eats the ten-second budget: two of three contact calls answer 429, sends pass.",
                (
                    Fault(FaultKind.RATE_LIMITED, name="rate-limited-morning", path=_CONTACTS, every=3),
                    Fault(FaultKind.RATE_LIMITED, name="rate-limited-morning", path=_CONTACTS, every=2),
                ),
            ),
            Story(
                "flaky-network",
                "One call in ten is lost after storing, one in twenty before, one in twenty cut short; the rest slow.",
                (
                    Fault(FaultKind.LOST, name="flaky-network lost", probability=0.10, seed=1),
                    Fault(FaultKind.CLOSE_BEFORE, name="flaky-network closed", probability=0.05, seed=2),
                    Fault(FaultKind.TRUNCATED, name="flaky-network truncated", probability=0.05, seed=3),
                    Fault(FaultKind.LATENCY, name="flaky-network slow", delay_ms=20, jitter_ms=80, seed=4),
                ),
            ),
            Story(
                "outage",
                "HubSpot is down for half a minute: 503 pages, then everything works again.",
                (Fault(FaultKind.UNAVAILABLE, name="outage", for_seconds=30),),
            ),
            Story(
                "token-revoked",
                "The first request passes; then the token is revoked, until the fault is cleared.",
                (
                    # a delay of 0 ms takes the first request; `nth` then spends it
                    Fault(FaultKind.LATENCY, name="token-revoked: not yet", nth=1),
                    Fault(FaultKind.UNAUTHORIZED, name="token-revoked"),
                ),
            ),
            Story(
                "migration",
                "The account moves to another data centre: 477 with Retry-After: 2 for ten seconds.",
                (Fault(FaultKind.MIGRATING, name="migration", for_seconds=10, retry_after=2),),
            ),
        )
    }
)
