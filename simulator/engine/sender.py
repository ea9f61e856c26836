"""The real sender, wired to the HubSpot on this machine: through an outbox, or directly."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import Client, HubSpotClient
from hubspot_dest.delivery.contact_cache import LastContact
from hubspot_dest.delivery.outbox.schema import EVENT
from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.masking.secret import Secret
from hubspot_dest.outcome import Outcome
from hubspot_dest.verdict.judge import Judge
from simulator.engine.probes import ClientProbe
from simulator.engine.rows import EXTRA_CALL, ObservedCall
from simulator.engine.sources.bad_input import bad_input_reason
from simulator.hubspot.fake import FakeHubSpot

__all__ = ["Attempt", "DirectSender", "OutboxSender", "Push", "Sender"]

_MOST_PARKED: Final = (
    64  # events that the destination may hold for consent; the engine's rows hold the others
)
_BATCH_CALL: Final = "events.send.batchApi.send"
_AGE: Final = 1e9  # seconds: on the screen a batch is sent when it is full, or when it is flushed


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver, and what came of it.

    Attributes:
        outcomes: delivered, tried again later, sent in parts, given up, paused.
        calls: the calls that were made.

    """

    outcomes: tuple[Outcome, ...]
    calls: tuple[ObservedCall, ...]


@dataclass(frozen=True, slots=True)
class Push:
    """What became of an event when it was pushed.

    Attributes:
        outcome: of the event.
        calls: the calls that were made for it alone.
        attempts: batches that were sent on this occasion.
        upstream: what walkerOS itself would have done, where that differs.
        saved: a contact call was planned and not needed.
        waits: something of it waits to be delivered.

    """

    outcome: Outcome
    calls: tuple[ObservedCall, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    upstream: str = ""
    saved: bool = False
    waits: bool = False


class Sender(Protocol):
    """One `HubSpotDestination` and the client that it calls; for one thread."""

    @property
    def queued(self) -> int:
        """How many events wait, by the sender's own count."""

    @property
    def halted(self) -> str:
        """Why nothing is delivered until somebody intervenes; else empty."""

    def push(self, event: Any) -> Push:
        """Take one event as far as it goes."""

    def deliver_next(self, *, partial: bool = False) -> tuple[float | None, list[Attempt]]:
        """Deliver once, if something is due.

        Returns:
            0 if something was done, else the seconds until something is due, or None; and what came of it.

        """

    def flush(self) -> list[Attempt]:
        """Send what waits, where that needs no later attempt."""

    def close(self) -> list[Attempt]:
        """Release everything; what HubSpot did not take stays where it is."""

    def forget_parked(self) -> None:
        """Forget events that wait for consent: the engine keeps them, as rows, for each person."""


def _quiet_logger() -> logging.Logger:
    logger = logging.Logger("engine", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger


def _push(event: Any, destination: HubSpotDestination) -> Outcome:
    """Push; an exception of the sender becomes a failed event: the stream must not end because of a bug."""
    if (reason := bad_input_reason(event)) is not None:
        return Outcome("failed", "bad_input", reason, "(no event)")
    try:
        return destination.push(event)
    except Exception as error:
        name = event.get("name") if isinstance(event, dict) else ""
        sentence = f"the sender has a bug: {type(error).__name__}: {error}"
        return Outcome("failed", "sender_bug", sentence, name if isinstance(name, str) else "")


class _Probed:
    """Makes the official client of a destination, and returns the calls that it made.

    Args:
        config: has the timeout.
        hubspot: a running HubSpot.
        tick: called before and after every call; moves a simulated clock.

    """

    def __init__(self, config: Config, hubspot: FakeHubSpot, tick: Callable[[], None]) -> None:
        self._config = config
        self._hubspot = hubspot
        self._tick = tick
        self._probe: ClientProbe | None = None

    def make(self, token: Secret) -> Client:
        """Return the client."""
        seconds = min(10.0, self._config.timeout_ms / 1000)
        real = HubSpotClient(token, base_url=self._hubspot.base_url, timeout_seconds=seconds)
        self._probe = ClientProbe(real, self._hubspot.clock, self._hubspot.faults, self._tick)
        return self._probe

    def drain(self) -> list[ObservedCall]:
        """Return the calls since the last time."""
        return self._probe.drain() if self._probe is not None else []


class DirectSender:
    """Sends while it is pushed to, without an outbox.

    Args:
        config: what to map and how.
        hubspot: a running HubSpot.
        judge: finds what HubSpot refuses of every event.
        parity: do what walkerOS does.
        walkeros: the version of walkerOS that is meant.
        tick: called before and after every call; moves a simulated clock.

    """

    def __init__(
        self,
        config: Config,
        hubspot: FakeHubSpot,
        *,
        judge: Judge,
        parity: bool,
        walkeros: str = "4.4",
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = _Probed(config, hubspot, tick)
        self._destination = HubSpotDestination(
            config,
            parity=parity,
            walkeros=walkeros,
            client_factory=self._client.make,
            traced=True,
            logger=_quiet_logger(),
            judge=judge,
        )

    @property
    def queued(self) -> int:
        """How many occurrences wait for their batch."""
        return self._destination.queued

    @property
    def halted(self) -> str:
        """Empty: every event is answered on its own."""
        return ""

    def push(self, event: Any) -> Push:
        """Take one event as far as it goes."""
        outcome = _push(event, self._destination)
        calls = self._client.drain()
        own = tuple(call for call in calls if call.call != _BATCH_CALL)
        batches = [call for call in calls if call.call == _BATCH_CALL]
        attempts = _paired([other for other in outcome.also if other.events], batches)
        return Push(
            outcome, own, attempts, outcome.walkeros or "", _saved(outcome), waits=outcome.kind == "queued"
        )

    def deliver_next(self, *, partial: bool = False) -> tuple[float | None, list[Attempt]]:
        """Deliver nothing: a batch is sent when it is full, or when it is flushed."""
        del partial
        return None, []

    def flush(self) -> list[Attempt]:
        """Send what waits in the batch."""
        return list(_paired(self._destination.flush(), self._client.drain()))

    def close(self) -> list[Attempt]:
        """Flush for the last time."""
        return list(_paired(self._destination.close(), self._client.drain()))

    def forget_parked(self) -> None:
        """Forget events that wait for consent: the engine keeps them, as rows, for each person."""
        if self._destination.waiting >= _MOST_PARKED:
            self._destination.run()


def _paired(outcomes: list[Outcome], calls: list[ObservedCall]) -> tuple[Attempt, ...]:
    """Return batches with their calls, in order."""
    rest = iter(calls)
    found = []
    for outcome in outcomes:
        if outcome.events:
            call = next(rest, None)
            found.append(Attempt((outcome,), (call,) if call is not None else ()))
    found += [Attempt((), (call,)) for call in rest]
    return tuple(found)


def _saved(outcome: Outcome) -> bool:
    return _plans_contact(outcome) and not any(call[0].startswith("crm.") for call in outcome.calls)


def _plans_contact(outcome: Outcome) -> bool:
    plan = outcome.plan
    ready = plan is not None and plan.verdict == "ready" and plan.contact is not None
    return ready and plan.contact.properties is not None  # type: ignore[union-attr]


class OutboxSender:
    """Writes to an outbox, and delivers from there when the engine calls it: on its thread, by its clock.

    Args:
        config: what to map and how.
        hubspot: a running HubSpot.
        path: the outbox's file.
        judge: finds what HubSpot refuses of every event.
        seed: decides the jitter of retries.
        tick: called before and after every call; moves a simulated clock.

    Raises:
        OutboxError: the outbox cannot be used, or holds events for another event name prefix.

    """

    def __init__(
        self,
        config: Config,
        hubspot: FakeHubSpot,
        path: Path,
        *,
        judge: Judge,
        seed: int,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = _Probed(config, hubspot, tick)
        self._happened: list[Outcome] = []
        settings = OutboxSettings(
            path,
            durability="normal",
            connections=0,
            flush_seconds=_AGE,
            close_seconds=0.0,
            clock=hubspot.clock,
            rng=random.Random(seed),  # noqa: S311 - repeatable on purpose
        )
        self._destination = HubSpotDestination(
            config,
            client_factory=self._client.make,
            traced=True,
            logger=_quiet_logger(),
            outbox=settings,
            judge=judge,
        )
        assert self._destination.outbox is not None
        self._outbox = self._destination.outbox
        self._destination.listeners.append(self._on_outcome)
        self._upstream_contacts = LastContact()

    def _on_outcome(self, outcome: Outcome) -> None:
        if outcome.delivery:
            self._happened.append(outcome)

    @property
    def queued(self) -> int:
        """How many events wait, counted from the file on disk."""
        self._outbox.flush()
        events: Counter[str] = Counter()
        contacts: Counter[str] = Counter()
        for intent in self._outbox.read(0, 2**62):
            (events if intent.kind == EVENT else contacts)[intent.event_id] += 1
        return sum(max(events[event_id], contacts[event_id]) for event_id in events | contacts)

    @property
    def halted(self) -> str:
        """Why nothing is delivered until somebody intervenes; else empty."""
        error = self._destination.halted
        return error.describe() if error is not None else ""

    def push(self, event: Any) -> Push:
        """Write one event to the outbox, if it is to be sent."""
        before = self._outbox.last
        outcome = _push(event, self._destination)
        written = self._outbox.last - before
        plan = outcome.plan
        upstream, saved = outcome.walkeros or "", False
        if plan is not None and plan.verdict == "ready" and plan.contact is not None:
            wrote = written > (plan.occurrence is not None)
            saved = plan.contact.properties is not None and not wrote
            walkeros_knows = self._upstream_contacts.knows(plan.contact)
            self._upstream_contacts.remember(plan.contact)
            if saved and not walkeros_knows:
                upstream = f"{upstream}; {EXTRA_CALL}" if upstream else EXTRA_CALL
        return Push(outcome, upstream=upstream, saved=saved, waits=written > 0 and outcome.kind != "failed")

    def deliver_next(self, *, partial: bool = False) -> tuple[float | None, list[Attempt]]:
        """Deliver once, if something is due."""
        rest = self._destination.deliver_next(partial=partial)
        return rest, self._attempts()

    def _attempts(self) -> list[Attempt]:
        outcomes, self._happened = tuple(self._happened), []
        calls = tuple(self._client.drain())
        error = next((outcome.error for outcome in outcomes if outcome.error is not None), None)
        if error is not None and calls and not calls[-1].error:
            # The status was a success, but the answer does not show that HubSpot took the events.
            calls[-1].error, calls[-1].failure = error.describe(), error
        return [Attempt(outcomes, calls)] if outcomes or calls else []

    def flush(self) -> list[Attempt]:
        """Deliver what is due, batches that are not full included."""
        found: list[Attempt] = []
        rest: float | None = 0.0
        while rest == 0.0:
            rest, attempts = self.deliver_next(partial=True)
            found += attempts
        return found

    def close(self) -> list[Attempt]:
        """Close the outbox; what is in it stays there."""
        self._destination.close(deadline=0.0)
        return self._attempts()

    def forget_parked(self) -> None:
        """Forget events that wait for consent: the engine keeps them, as rows, for each person."""
        if self._destination.waiting >= _MOST_PARKED:
            self._outbox.purge(parked=True, before=None)
