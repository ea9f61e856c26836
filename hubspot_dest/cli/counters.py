"""Count what happened, and say it in the end."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import say
from hubspot_dest.intake.reader import BadLine
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.safe_text import safe_text

__all__ = ["RunCounters"]

_ORDER: Final = ("sent", "queued", "identified", "skipped", "ignored", "denied", "refused", "failed")


class RunCounters:
    """Counts of one run."""

    def __init__(self) -> None:
        self.events = 0
        self.bad_lines = 0
        self.kinds: Counter[str] = Counter()
        self.rules: Counter[str] = Counter()
        self.contact_calls = 0
        self.event_calls = 0
        self.flushed = 0
        self.wrong = 0

    def bad_line(self, bad: BadLine, source: str) -> None:
        """Count a line that is no event, and say what is wrong with it."""
        self.bad_lines += 1
        hint = f" ({bad.hint})" if bad.hint else ""
        say(f"error: {safe_text(bad.where(source))}: {safe_text(bad.message, limit=300)}{hint}")

    def count(self, outcome: Outcome) -> None:
        """Count one outcome; a batch counts its calls and events apart from them."""
        for call in outcome.calls:
            if str(call[0]).startswith("crm."):
                self.contact_calls += 1
            else:
                self.event_calls += 1
        if not outcome.ok:
            self.wrong += 1
        if outcome.delivery:
            self._move(outcome)
            return
        if outcome.events:
            self.flushed += len(outcome.events) if outcome.kind == "flushed" else 0
            return
        self.kinds[outcome.kind] += 1
        self.rules[outcome.rule_key or "(no rule)"] += 1

    def _move(self, outcome: Outcome) -> None:
        """Count what is delivered or dead now."""
        if outcome.kind in ("sent", "flushed"):
            taken = len(outcome.events) if outcome.kind == "flushed" else 1
            self.flushed += len(outcome.events)
            became = "sent"
        elif outcome.kind == "failed" and outcome.reason not in ("delivery_paused", "contact_failed"):
            taken, became = 1, "failed"
        else:
            return
        self.kinds[became] += taken

    def settle(self, left: int) -> None:
        """Count as queued only what is still in the outbox; a delivery may be heard of before its event's own word."""
        self.kinds["queued"] = min(self.kinds["queued"], left)

    def record(self, **more: Any) -> dict[str, Any]:
        """Return the summary as `--json` gives it."""
        return {
            "summary": True,
            "events": self.events,
            "badLines": self.bad_lines,
            "outcomes": {kind: self.kinds[kind] for kind in _ORDER if self.kinds[kind]},
            "rules": dict(self.rules),
            "calls": {"contacts": self.contact_calls, "events": self.event_calls},
            "flushed": self.flushed,
            **more,
        }

    def sentence(self) -> str:
        """Return the counts in one line: `12 events: 9 sent, 2 skipped, 1 failed; 4 contact calls, 9 event calls`."""
        kinds = ", ".join(f"{self.kinds[kind]} {kind}" for kind in _ORDER if self.kinds[kind]) or "nothing"
        return f"{amount(self.events, 'event')}: {kinds}{self.tail()}"

    def tail(self) -> str:
        """Return the end of the line: bad lines, and the calls that were made, failed ones included."""
        bad = f", {amount(self.bad_lines, 'bad line')}" if self.bad_lines else ""
        contacts = amount(self.contact_calls, "contact call")
        return f"{bad}; {contacts}, {amount(self.event_calls, 'event call')}"
