"""What failed in a run, and whether the run itself caused it: by a fault, a story, odd events, or parity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hubspot_dest.outcome import Outcome
from hubspot_dest.report.fixes import fix_for
from hubspot_dest.report.reason_table import ReasonTable
from simulator.engine.engine import Engine
from simulator.engine.rows import Row

__all__ = ["Failure", "FailureTable", "failures_of"]

_CORRELATION = re.compile(r" \(correlation [^()]*\)")  # another one in every run


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that did not arrive, or whose contact did not.

    Attributes:
        row: the event.
        outcome: `failed`, `queued` (still waiting at the end), or `refused` (its contact; the event went out).
        reason: a stable code.
        sentence: why.
        cause: what in this run caused it: `fault NAME`, `--odd KIND`, `--parity`; empty if nothing did.

    """

    row: Row
    outcome: str
    reason: str
    sentence: str
    cause: str

    @property
    def fix(self) -> str:
        """What to do about it; empty if that is not known."""
        failure = next(
            (call.failure for call in reversed(self.row.exchanges) if call.failure is not None), None
        )
        about_mapping = self.reason in ("mapping_error", "invalid_event", "bad_input")
        return fix_for(
            Outcome("failed", self.reason, self.sentence, error=None if about_mapping else failure)
        )


def failures_of(engine: Engine) -> Iterator[Failure]:
    """Yield what failed, or still waits, in the rows that are kept, oldest first."""
    for row in engine.ring.rows():
        if row.is_batch:
            continue
        refusal = row.refusal
        if row.kind == "failed":
            yield Failure(row, "failed", row.reason, row.sentence, _cause(engine, row))
        elif row.kind == "queued":
            reason = row.reason if row.failed_attempts else "not_delivered"
            sentence = (
                row.sentence if row.failed_attempts else "it waits behind others that HubSpot does not take"
            )
            cause = _cause(engine, row) or _as_fault(engine.event_log.last_fault)
            yield Failure(row, "queued", reason, sentence, cause)
        elif refusal is not None and not row.recovered:
            yield Failure(row, "refused", "contact_failed", refusal.error, _cause(engine, row))


def _as_fault(label: str) -> str:
    return f"fault {label}" if label else ""


def _cause(engine: Engine, row: Row) -> str:
    if row.fault:
        return _as_fault(row.fault)
    if kind := _oddity(row.plain_event()):
        return f"--odd {kind}"
    if engine.parity and row.reason in ("contact_failed", "send_failed", "flush_failed", "batch_lost"):
        return "--parity"
    return ""


def _oddity(event: Any) -> str:
    """Return how a synthetic event was made odd; empty for any other event."""
    custom = event.get("custom") if isinstance(event, dict) else None
    kind = custom.get("odd") if isinstance(custom, dict) else None
    return kind if isinstance(kind, str) else ""


class FailureTable:
    """Failures by cause and reason, with what to do.

    Args:
        engine: whose rows are examined.

    """

    def __init__(self, engine: Engine) -> None:
        self._by_cause: dict[str, ReasonTable] = {}
        self.unexplained = 0
        """How many events failed without a cause in this run."""
        self.total = 0
        for failure in failures_of(engine):
            self.total += 1
            self.unexplained += not failure.cause
            self._by_cause.setdefault(failure.cause, ReasonTable()).add_reason(
                failure.outcome,
                failure.reason,
                _CORRELATION.sub("", failure.sentence),
                failure.fix,
                name="" if failure.reason == "bad_input" else failure.row.name,
                person=failure.row.person,
            )

    def records(self) -> list[dict[str, Any]]:
        """Return the rows of the table for `--json`, unexplained ones first."""
        return [
            {**record, "cause": cause or None}
            for cause, table in sorted(self._by_cause.items())
            for record in table.records()
        ]

    def lines(self) -> list[str]:
        """Return the table as text, a part for each cause, unexplained failures first."""
        lines: list[str] = []
        for cause, table in sorted(self._by_cause.items()):
            count = sum(row.count for row in table.rows())
            events = "event" if count == 1 else "events"
            title = f"caused by {cause}" if cause else "not caused by any fault, story or --odd of this run"
            lines += ["", f"  {count:,} {events} failed or waiting, {title}", *table.lines()]
        return lines
