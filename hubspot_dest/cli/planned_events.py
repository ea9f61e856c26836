"""Plan the events of a source, for commands that determine what the events need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hubspot_dest.cli.bad_lines import unusable
from hubspot_dest.cli.console import stop
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reader import BadLine, IntakeError, read_events, source_name
from hubspot_dest.planning.plan import Plan
from hubspot_dest.report.safe_text import safe_text

__all__ = ["PlannedEvents", "plan_events"]


@dataclass(frozen=True, slots=True)
class PlannedEvents:
    """The result of planning the events of a source.

    Attributes:
        count: the number of events.
        bad: the lines that are not events.
        waiting: the number of events waiting for consent, which were not planned.

    """

    count: int
    bad: tuple[BadLine, ...]
    waiting: int


def plan_events(
    config: Config,
    source: str,
    consent: dict[str, bool],
    add: Callable[[Plan], object],
    *,
    max_line_bytes: int,
    traced: bool = False,
) -> PlannedEvents:
    """Plan every event of a source as `send` would, without any network; exit with code 2 if no event is usable.

    Args:
        config: the configuration.
        source: a path, or `-`.
        consent: the collector's consent.
        add: called with each plan.
        max_line_bytes: the maximum length of a line; a longer one is a bad line.
        traced: whether plans record where every value comes from.

    """
    destination = HubSpotDestination(
        config.for_planning().for_outbox(), client=NullClient(), consent=consent, traced=traced
    )
    count, bad = 0, list[BadLine]()
    try:
        for read in read_events(source, max_line_bytes=max_line_bytes):
            if isinstance(read, BadLine):
                bad.append(read)
                continue
            count += 1
            outcome = destination.push(read.event)
            for made in (outcome, *outcome.also):
                if made.plan is not None:
                    add(made.plan)
    except IntakeError as error:
        stop(safe_text(error))
    if not count:
        because = f"; {unusable(bad[0], source)}" if bad else ""
        stop(f"{safe_text(source_name(source))} has no usable event: there is nothing to check{because}")
    return PlannedEvents(count, tuple(bad), destination.waiting)
