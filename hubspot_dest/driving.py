"""What a destination offers beside `push`: the collector's commands by name, many events at once, the outbox's ends."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hubspot_dest.delivery.direct_sink import DirectSink
from hubspot_dest.outcome import Outcome

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox.queue import Outbox, Progress
    from hubspot_dest.delivery.outbox_sink import OutboxSink

__all__ = ["Driving", "Listener"]

Listener = Callable[[Outcome], None]


class Driving(ABC):
    """The half of `HubSpotDestination` that is made of its other half."""

    listeners: list[Listener]
    _lock: threading.RLock
    _carrier: DirectSink
    _durable: OutboxSink | None

    @abstractmethod
    def push_command(self, command: str, data: Any = ...) -> list[Outcome]:
        """Carry out a collector command."""

    @abstractmethod
    def _accept(self, raw: Any, happened: list[Outcome]) -> Outcome:
        """Take one event as far as it goes."""

    @abstractmethod
    def _announce(self, happened: list[Outcome]) -> None:
        """Tell the listeners."""

    def consent(self, states: dict[str, Any]) -> list[Outcome]:
        """Grant or refuse consent; events that waited for it go out, in order."""
        return self.push_command("walker consent", states)

    def release_waiting(self) -> list[Outcome]:
        """Let events go that an earlier run left waiting for consent and that have it now.

        Any push or command does so as well; this is for a start without one.
        """
        return self.consent({})

    def user(self, user: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's user, which lies under every event's own."""
        return self.push_command("walker user", user)

    def globals(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's globals, which lie under every event's own."""
        return self.push_command("walker globals", values)

    def custom(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's custom, which functions see."""
        return self.push_command("walker custom", values)

    def run(self, state: dict[str, Any] | None = None) -> list[Outcome]:
        """Begin a new run: count and trace anew. What waited for consent is forgotten, unless it is in an outbox."""
        return self.push_command("walker run", state)

    def push_many(self, events: Iterable[Any], *, progress: Progress | None = None) -> list[Outcome]:
        """Take several events as `push` takes one; with an outbox they are made durable together.

        Args:
            events: walkerOS events, in order.
            progress: how far their source was read; kept in the outbox in the same transaction.

        Returns:
            one outcome an event; what else happened is in the last one's `also`.

        """
        happened: list[Outcome] = []
        with self._lock:
            outcomes = [self._accept(event, happened) for event in events]
            ticket = self._carrier.hand_over(progress)
            if ticket is None:
                self._announce(happened)
        if ticket is not None:
            self._settle(ticket, happened)
        if outcomes and len(happened) > len(outcomes):
            own = {id(one) for one in outcomes}
            outcomes[-1].also = tuple(other for other in happened if id(other) not in own)
        return outcomes

    def _settle(self, ticket: Any, happened: list[Outcome]) -> None:
        self._carrier.settle(ticket)
        with self._lock:
            self._announce(happened)

    # ---- the outbox

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, or None."""
        return self._durable.outbox if self._durable is not None else None

    def _watch_forks(self) -> None:
        if hasattr(os, "register_at_fork"):
            unlock = weakref.WeakMethod(self._unlock)
            os.register_at_fork(after_in_child=lambda: (method := unlock()) and method())

    def _unlock(self) -> None:
        """Give a forked child a lock of its own: the parent's may be held by a thread that the child does not have."""
        self._lock = threading.RLock()

    def _hear(self, outcome: Outcome) -> None:
        """Tell the listeners what became of a delivery; called by the threads that deliver."""
        for listener in tuple(self.listeners):
            try:
                listener(outcome)
            except Exception:  # their trouble is not the delivery's: it would be repeated for ever
                logging.getLogger("hubspot_dest").exception("a listener failed")

    @property
    def unrecorded(self) -> int:
        """How many deliveries could not be recorded in the outbox: they are repeated by the next run."""
        return self._durable.outbox.unrecorded if self._durable is not None else 0

    def end_within(self, seconds: float) -> None:
        """Let delivery, also one that is waited for already, end within so many seconds. Safe in signal handlers."""
        if self._durable is not None:
            self._durable.workers.end_within(seconds)

    def hurry(self) -> None:
        """Let nothing wait for HubSpot any more, not even the end of the process. Safe in signal handlers."""
        if self._durable is not None:
            self._durable.hurried = True

    def _gather(self, wait: Callable[[], object]) -> list[Outcome]:
        """Return what the delivering threads tell while `wait` runs."""
        happened: list[Outcome] = []
        listener = happened.append
        self.listeners.append(listener)
        try:
            wait()
        finally:
            self.listeners.remove(listener)
        return happened
