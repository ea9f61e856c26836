"""Faults: what can go wrong on the way, and when it does.

A `Fault` is data: an effect (`kind` and its parameters) and a trigger (path, method, every k-th request, ...).
A `FaultBoard` holds the faults of one server, counts their matches and chooses the one that strikes. Statuses and
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
    """Name what happens to a request that a fault strikes."""

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
        """Tell whether the fault answers with its own status instead of the service's."""
        return self.value.isdigit()


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, for which requests, and how often.

    Attributes:
        kind: what happens.
        name: how the journal calls it; the kind when empty.
        path: glob over the decoded path (`*` also crosses `/`); every path when empty.
        path_regex: regular expression searched in the decoded path, instead of `path`.
        method: upper case; every method when empty.
        nth: only the n-th matching request, counted from 1.
        every: every k-th matching request.
        probability: chance of striking, 0 to 1, drawn from `seed`.
        seed: makes the draws repeatable.
        count: how many times it applies at most; then it is spent.
        for_seconds: how many seconds after it was set it is spent.
        delay_ms: waiting time before the answer; between the pieces of a trickle.
        jitter_ms: the most milliseconds that are added, drawn from `seed`.
        retry_after: seconds in a `Retry-After` header of 429, 477 and 503; none when None (477 always has one).
        policy: which limit a 429 names.
        stored: whether the service processes the request although the answer is a failure. None takes the kind's
            own nature: a status is answered instead of processing, a spoiled answer after it.

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
        """Return the name that the journal shows."""
        return self.name or self.kind.value

    @property
    def processes(self) -> bool:
        """Tell whether the service sees the request."""
        if self.stored is not None:
            return self.stored
        return not (
            self.kind.is_status
            or self.kind
            in (FaultKind.CLOSE_BEFORE, FaultKind.CLOSE_DURING, FaultKind.NOT_UTF8, FaultKind.TLS)
        )


@dataclass(slots=True)
class ActiveFault:
    """Count how often one fault on the board matched and struck."""

    number: int
    fault: Fault
    set_at: float
    matched: int = 0
    struck: int = 0
    _pattern: re.Pattern[str] | None = field(default=None, repr=False)
    _dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        fault = self.fault
        if fault.path_regex:
            self._pattern = re.compile(fault.path_regex)
        elif fault.path:
            self._pattern = re.compile(translate(fault.path))
        self._dice = random.Random(fault.seed)  # noqa: S311 -- repeatable on purpose

    def is_spent(self, now: float) -> bool:
        """Tell whether the fault can strike no more."""
        fault = self.fault
        return (
            (fault.count is not None and self.struck >= fault.count)
            or (fault.for_seconds is not None and now >= self.set_at + fault.for_seconds)
            or (fault.nth is not None and self.matched >= fault.nth)
        )

    def strikes(self, method: str, path: str, now: float) -> bool:
        """Count this request if it matches, and tell whether the fault strikes it."""
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
        if fault.probability is not None and self._dice.random() >= fault.probability:
            return False
        self.struck += 1
        return True

    def delay(self) -> float:
        """Draw the waiting time in seconds."""
        fault = self.fault
        jitter = self._dice.random() * fault.jitter_ms if fault.jitter_ms else 0.0
        return (fault.delay_ms + jitter) / 1000


class FaultBoard:
    """Hold the faults of one server; the first one that strikes wins. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._active: tuple[ActiveFault, ...] = ()

    def add(self, *faults: Fault, now: float) -> tuple[ActiveFault, ...]:
        """Put faults on the board, behind those that are there.

        Raises:
            re.error: a `path_regex` is not a regular expression; nothing is set then.

        """
        with self._lock:
            added = tuple(ActiveFault(next(self._numbers), fault, now) for fault in faults)
            self._active += added
        return added

    def clear(self, number: int | None = None) -> int:
        """Remove one fault, or all; return how many were removed."""
        with self._lock:
            kept = tuple(
                active_fault
                for active_fault in self._active
                if number is not None and active_fault.number != number
            )
            gone = len(self._active) - len(kept)
            self._active = kept
        return gone

    def active(self) -> tuple[ActiveFault, ...]:
        """Return every fault, including spent ones."""
        return self._active

    def choose(self, method: str, path: str, now: float) -> ActiveFault | None:
        """Return the fault that strikes this request; `choose_tls` chooses TLS faults."""
        if not self._active:
            return None
        with self._lock:
            return self._first(
                (a for a in self._active if a.fault.kind is not FaultKind.TLS), method, path, now
            )

    def choose_tls(self, now: float) -> ActiveFault | None:
        """Return the TLS fault that strikes a new connection, which has no path and no method yet."""
        if not self._active:
            return None
        with self._lock:
            return self._first((a for a in self._active if a.fault.kind is FaultKind.TLS), "", "", now)

    @staticmethod
    def _first(active: Iterable[ActiveFault], method: str, path: str, now: float) -> ActiveFault | None:
        return next(
            (active_fault for active_fault in active if active_fault.strikes(method, path, now)), None
        )
