"""`Sink`: where plans go.

`DirectSink` calls HubSpot at once, `OutboxSink` writes to the outbox and delivers later, `StreamSink` delivers for a
worker on a stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import Plan

if TYPE_CHECKING:
    from hubspot_dest.delivery.outbox.queue import Group, Outbox
    from hubspot_dest.delivery.outbox.schema import Progress

__all__ = ["PendingCommit", "Sink"]


@dataclass(frozen=True, slots=True)
class PendingCommit:
    """What one push put into the outbox and is not on disk yet.

    Attributes:
        group: the group commit that it is part of.
        emails: the contacts that are remembered as written with it.

    """

    group: Group
    emails: tuple[str, ...]


class Sink(Protocol):
    """Takes plans and reports outcomes.

    `accept` and `stage` are called under the destination's lock, `commit` is not. `factory.build` chooses the sink.

    What `accept` makes of a plan is the same in every sink. `Reporter.unsent` gives the outcome of a plan that is not
    `ready`. Else the issues are logged (`Reporter.log`), the first `issues_before_send` of them before the contact is
    written; then a plan with an `error` is given up (`Reporter.failed`), and one without an occurrence has only its
    contact. Outcomes are about the event as it was pushed: `plan.received`, or else `plan.event`.

    `DirectSink` is the simplest one. A sink without a store and without threads returns None from `stage`,
    `deliver_next` and `halted`, 0 from `unrecorded`, and does nothing in `end_within` and `abort`.

    Attributes:
        background: delivers from threads of its own: `flush` and `close` wait for them, and must not be called under
            the destination's lock; their outcomes have been notified already.

    """

    background: bool

    @property
    def dead_letters(self) -> deque[tuple[dict[str, Any], DeliveryError]]:
        """The last events that were given up, each with the reason."""

    @property
    def outbox(self) -> Outbox | None:
        """The outbox, or None."""

    @property
    def pending(self) -> int:
        """How many occurrences were accepted and not yet delivered."""

    def accept(self, plan: Plan) -> Outcome:
        """Carry a plan out as far as it goes now. Batches sent on this occasion are in the outcome's `also`."""

    def stage(self, progress: Progress | None = None) -> PendingCommit | None:
        """Hand over what was accepted since the last call; None if nothing has to be made durable."""

    def commit(self, pending: PendingCommit, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Return the outcomes of a pass once they are durable; `failed` for those that could not be made so."""

    def flush(self, *, deadline: float | None = None) -> list[Outcome]:
        """Send what waits, and return what came of it."""

    def close(
        self, *, deadline: float | None = None, stall: float | None = None, keep_outcomes: bool = True
    ) -> list[Outcome]:
        """Send what waits for the last time, and release everything.

        Args:
            deadline: seconds to wait at most.
            stall: stop waiting when nothing was delivered for this many seconds, instead.
            keep_outcomes: a sink with `background` returns nothing if False, and keeps nothing for it.

        """

    def deliver_next(self, *, partial: bool = False) -> float | None:
        """Do one piece of delivery in the calling thread; return in how many seconds the next is due, or None."""

    @property
    def halted(self) -> DeliveryError | None:
        """Why nothing is delivered until a person changes something, such as a revoked token; else None."""

    @property
    def unrecorded(self) -> int:
        """How many deliveries are not recorded yet: after a crash they are repeated."""

    def end_within(self, seconds: float) -> None:
        """Let `flush` and `close` end within this many seconds, also if under way. Safe in signal handlers."""

    def abort(self) -> None:
        """Make `close` wait for nothing. Safe in signal handlers."""

    def check_address(self) -> None:
        """Make the client now. Raises ValueError if the base URL is not an http(s) address."""
