"""What a worker has done so far: every message that it fetched has one result, and the sums add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hubspot_dest.amounts import amount, verb

__all__ = ["RESULTS", "Result", "WorkerCounts"]

Result = Literal[
    "delivered",
    "skipped",
    "consent_refused",
    "waiting",
    "dropped",
    "dead",
    "commands",
    "handed_back",
]
RESULTS: Final[dict[Result, str]] = {
    "delivered": "delivered",
    "skipped": "skipped by the mapping",
    "consent_refused": "refused by their own consent",
    "waiting": "wait for consent",
    "dropped": "dropped without consent",
    "dead": "dead letters",
    "commands": "commands",
    "handed_back": "handed back",
}


@dataclass(slots=True)
class WorkerCounts:
    """Counts of one worker. Written by its thread, read by any.

    Attributes:
        fetched: messages that it got.
        results: messages by what became of them; their sum is `fetched` once nothing is in hand.
        contacts_refused: contacts that HubSpot refused while their events went on.
        rebalances: how often partitions came or went.
        pauses: how often HubSpot took nothing, so that fetching paused.
        paused: it is paused now.
        partitions: how many partitions it has.
        lag: how many messages wait in them; None where that is not known.
        lost: entries that were trimmed, or deleted with their stream, before any worker had read them.
        lost_exact: `lost` is a count; else a lower bound.
        nearest: the greatest part of a stream that is unread, 0 to 1; beyond the trim length entries are lost.
        on_count: called with a name and a number whenever something is counted.

    """

    fetched: int = 0
    results: Counter[str] = field(default_factory=Counter)
    contacts_refused: int = 0
    rebalances: int = 0
    pauses: int = 0
    paused: bool = False
    partitions: int = 0
    lag: int | None = None
    lost: int = 0
    lost_exact: bool = True
    nearest: float = 0.0
    on_count: Callable[[str, int], None] = lambda name, by: None  # noqa: ARG005

    def fetch(self, count: int) -> None:
        """Count messages that were fetched."""
        self.fetched += count
        self.on_count("fetched", count)

    def settle(self, result: Result, count: int = 1) -> None:
        """Count what became of messages."""
        self.results[result] += count
        self.on_count(result, count)

    def lose(self, count: int, *, exact: bool) -> int:
        """Note how many entries are lost so far; return how many of them are new."""
        new = max(0, count - self.lost)
        self.lost_exact = self.lost_exact and exact
        if new:
            self.lost = count
            self.on_count("lost", new)
        return new

    @property
    def in_hand(self) -> int:
        """How many messages have no result yet."""
        return self.fetched - self.results.total()

    def as_dict(self) -> dict[str, Any]:
        """Return the counts for `--json`."""
        return {
            "fetched": self.fetched,
            **{_camel(name): self.results[name] for name in RESULTS},
            "contactsRefused": self.contacts_refused,
            "rebalances": self.rebalances,
            "pauses": self.pauses,
            "lost": self.lost,
        }

    def sentence(self) -> str:
        """Return the closing line: what was fetched, and what became of each message."""
        parts = [f"{self.results[name]} {words}" for name, words in RESULTS.items() if self.results[name]]
        said = f"{self.fetched} fetched = {' + '.join(parts)}" if parts else f"{self.fetched} fetched"
        if self.contacts_refused:
            refused = amount(self.contacts_refused, "contact")
            said += f"; {refused} {verb(self.contacts_refused, 'were')} refused, their events went on"
        if self.lost:
            about = "" if self.lost_exact else "at least "
            entries = f"{amount(self.lost, 'entry')} {verb(self.lost, 'were')}"
            said += f"; {about}{entries} trimmed or deleted unread and {verb(self.lost, 'are')} lost"
        return said


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
