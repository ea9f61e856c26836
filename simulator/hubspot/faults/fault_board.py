"""Faults: what goes wrong with a request, and when.

A `Fault` is data: an effect (`kind` and its parameters) and a trigger (path, method, every k-th request, ...).
A `FaultBoard` holds the faults of a server, counts matching requests and chooses the fault that strikes. Statuses and
bodies follow *HubSpot wire facts, sections 5 and 6*.
"""

from __future__ import annotations

import itertools
import random
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate

__all__ = ["ActiveFault", "Fault", "FaultBoard", "FaultKind"]


class FaultKind(StrEnum):
    """What happens to a request that a fault strikes."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    LOCKED = "423"
    RATE_LIMITED = "429"
    MIGRATING = "477"
    INTERNAL_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    LATENCY = "latency"
    CLOSE_BEFORE = "close-before"
    CLOSE_DURING = "close-during"
    LOST = "lost"
    TRICKLE = "trickle"
    TRUNCATED = "truncated"
    NOT_UTF8 = "not-utf8"
    EMPTY_200 = "empty-200"
    WRONG_CONTENT_TYPE = "wrong-content-type"
    TLS = "tls"

    @property
    def is_status(self) -> bool:
        """Whether the fault answers with an HTTP status of its own."""
        return self.value.isdigit()


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, for which requests, and how often.

    Attributes:
        kind: the effect.
        name: the name in the journal; the kind if empty.
        path: glob over the decoded path, where `*` also matches `/`; every path if empty.
        path_regex: regular expression searched in the decoded path, instead of `path`.
        method: HTTP method, upper case; every method if empty.
        nth: only the n-th matching request, counted from 1.
        every: every k-th matching request.
        probability: probability of striking, 0 to 1.
        seed: seed of the random numbers for `probability` and `jitter_ms`.
        count: maximum number of strikes, after which it is spent.
        for_seconds: seconds from when it was set until it is spent.
        delay_ms: milliseconds before the answer; with `trickle`, between two pieces of it.
        jitter_ms: maximum of the random milliseconds added to `delay_ms`.
        retry_after: seconds in the header `Retry-After`; None sends no header, except with 477.
        policy: the limit that a 429 names.
        stored: whether the service processes the request. None depends on the kind: a status is answered without
            processing, an altered or lost answer comes after it.

    """

    kind: FaultKind
    name: str = ""
    path: str = ""
    path_regex: str = ""
    method: str = ""
    nth: int | None = None
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    count: int | None = None
    for_seconds: float | None = None
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    retry_after: int | None = None
    policy: str = "TEN_SECONDLY_ROLLING"
    stored: bool | None = None

    @property
    def label(self) -> str:
        """The name in the journal."""
        return self.name or self.kind.value

    @property
    def processes(self) -> bool:
        """Whether the service processes the request."""
        if self.stored is not None:
            return self.stored
        return not (
            self.kind.is_status
            or self.kind
            in (FaultKind.CLOSE_BEFORE, FaultKind.CLOSE_DURING, FaultKind.NOT_UTF8, FaultKind.TLS)
        )


@dataclass(slots=True)
class ActiveFault:
    """A fault on the board, with its numbers of matches and strikes; `set_at` is UNIX time in seconds."""

    number: int
    fault: Fault
    set_at: float
    matched: int = 0
    struck: int = 0
    _pattern: re.Pattern[str] | None = field(default=None, repr=False)
    _rng: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        fault = self.fault
        if fault.path_regex:
            self._pattern = re.compile(fault.path_regex)
        elif fault.path:
            self._pattern = re.compile(translate(fault.path))
        self._rng = random.Random(fault.seed)  # noqa: S311 -- repeatable on purpose

    def is_spent(self, now: float) -> bool:
        """Return whether the fault can no longer strike at UNIX time `now`."""
        fault = self.fault
        return (
            (fault.count is not None and self.struck >= fault.count)
            or (fault.for_seconds is not None and now >= self.set_at + fault.for_seconds)
            or (fault.nth is not None and self.matched >= fault.nth)
        )

    def strikes(self, method: str, path: str, now: float) -> bool:
        """Count the request if it matches; return whether the fault strikes it."""
        fault = self.fault
        if self.is_spent(now) or (fault.method and fault.method != method):
            return False
        if self._pattern is not None and self._pattern.search(path) is None:
            return False
        self.matched += 1
        if fault.nth is not None and self.matched != fault.nth:
            return False
        if fault.every is not None and self.matched % fault.every:
            return False
        if fault.probability is not None and self._rng.random() >= fault.probability:
            return False
        self.struck += 1
        return True

    def delay(self) -> float:
        """Return the delay in seconds, with random jitter."""
        fault = self.fault
        jitter = self._rng.random() * fault.jitter_ms if fault.jitter_ms else 0.0
        return (fault.delay_ms + jitter) / 1000


class FaultBoard:
    """The faults of one server; the first fault that strikes applies. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._active: tuple[ActiveFault, ...] = ()

    def add(self, *faults: Fault, now: float) -> tuple[ActiveFault, ...]:
        """Append faults to the board; `now` is UNIX time in seconds.

        Raises:
            re.error: a `path_regex` is not a regular expression; no fault is added.

        """
        with self._lock:
            added = tuple(ActiveFault(next(self._numbers), fault, now) for fault in faults)
            self._active += added
        return added

    def clear(self, number: int | None = None) -> int:
        """Remove the fault with this number, or all; return how many were removed."""
        with self._lock:
            kept = tuple(
                active_fault
                for active_fault in self._active
                if number is not None and active_fault.number != number
            )
            removed = len(self._active) - len(kept)
            self._active = kept
        return removed

    def active(self) -> tuple[ActiveFault, ...]:
        """Return all faults, including spent ones."""
        return self._active

    def choose(self, method: str, path: str, now: float) -> ActiveFault | None:
        """Return the fault that strikes this request, or None. `choose_tls` chooses TLS faults."""
        if not self._active:
            return None
        with self._lock:
            return self._first(
                (a for a in self._active if a.fault.kind is not FaultKind.TLS), method, path, now
            )

    def choose_tls(self, now: float) -> ActiveFault | None:
        """Return the TLS fault that strikes a new connection, or None."""
        if not self._active:
            return None
        with self._lock:
            return self._first((a for a in self._active if a.fault.kind is FaultKind.TLS), "", "", now)

    @staticmethod
    def _first(active: Iterable[ActiveFault], method: str, path: str, now: float) -> ActiveFault | None:
        return next(
            (active_fault for active_fault in active if active_fault.strikes(method, path, now)), None
        )
