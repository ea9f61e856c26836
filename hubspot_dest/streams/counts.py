"""The counts of a worker: every fetched message has exactly one result, so the sums add up."""

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
    """The counts of a worker, which are written by its thread and read by any.

    Attributes:
        fetched: the number of fetched messages.
        results: result to number of messages; their sum is `fetched` once nothing is in hand.
        contacts_refused: the number of contacts that HubSpot refused while their events were delivered.
        rebalances: how often partitions were assigned or revoked.
        pauses: how often fetching paused because HubSpot accepted nothing.
        paused: whether fetching is paused.
        partitions: the number of assigned partitions.
        lag: the number of messages waiting in them; None if unknown.
        lost: the number of entries that were trimmed, or deleted with their stream, before any worker had read them.
        lost_exact: whether `lost` is exact; otherwise it is a lower bound.
        nearest: the largest unread fraction of a stream, 0 to 1; beyond the trim length, entries are lost.
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
        """Count fetched messages."""
        self.fetched += count
        self.on_count("fetched", count)

    def settle(self, result: Result, count: int = 1) -> None:
        """Count the result of messages."""
        self.results[result] += count
        self.on_count(result, count)

    def lose(self, count: int, *, exact: bool) -> int:
        """Set the number of lost entries; return how many of them are new."""
        new = max(0, count - self.lost)
        self.lost_exact = self.lost_exact and exact
        if new:
            self.lost = count
            self.on_count("lost", new)
        return new

    @property
    def in_hand(self) -> int:
        """The number of messages without a result so far."""
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
        """Return the closing line, with the number of fetched messages and their results."""
        parts = [f"{self.results[name]} {words}" for name, words in RESULTS.items() if self.results[name]]
        sentence = f"{self.fetched} fetched = {' + '.join(parts)}" if parts else f"{self.fetched} fetched"
        if self.contacts_refused:
            refused = amount(self.contacts_refused, "contact")
            sentence += (
                f"; {refused} {verb(self.contacts_refused, 'were')} refused, but their events were delivered"
            )
        if self.lost:
            about = "" if self.lost_exact else "at least "
            entries = f"{amount(self.lost, 'entry')} {verb(self.lost, 'were')}"
            sentence += f"; {about}{entries} trimmed or deleted unread and {verb(self.lost, 'are')} lost"
        return sentence


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)
