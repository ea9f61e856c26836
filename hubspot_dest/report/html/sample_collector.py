"""Keep a sample event for each name, outcome and rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hubspot_dest.outcome import Outcome
from hubspot_dest.report.html.page import ReportSample

__all__ = ["SampleCollector"]

_MOST: Final = 200
_WITH_CALLS: Final = frozenset({"queued", "refused", "sent", "identified"})


class SampleCollector:
    """Collect samples, in memory that does not grow with the events."""

    def __init__(self) -> None:
        self._samples: dict[tuple[str, str, str, str], ReportSample] = {}
        self._counts: dict[tuple[str, str, str, str], int] = {}

    def add(self, outcome: Outcome, line: int | None) -> None:
        """Keep the outcome of an event if it is the first with its name, outcome, reason and rule.

        Args:
            outcome: the actual or predicted outcome.
            line: the line of the event.

        """
        if outcome.events:
            return
        reason = "" if outcome.kind in ("sent", "queued") else outcome.reason
        key = (outcome.name, outcome.kind, reason, outcome.rule_label)
        if key in self._counts:
            self._counts[key] += 1
        elif len(self._counts) < _MOST:
            self._counts[key] = 1
            calls = outcome.calls
            # Calls shared by several events are reported with the batch.
            if not calls and outcome.plan is not None and outcome.kind in _WITH_CALLS:
                calls = tuple(outcome.plan.calls)
            self._samples[key] = ReportSample(
                outcome.name, outcome.kind, calls, outcome.sentence, outcome.rule_label, line
            )

    @property
    def samples(self) -> tuple[ReportSample, ...]:
        """The samples in order of first occurrence, with their counts."""
        return tuple(replace(sample, count=self._counts[key]) for key, sample in self._samples.items())
