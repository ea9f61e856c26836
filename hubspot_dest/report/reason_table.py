"""The table of reasons at the end of a run: count, first line and fix of each."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.outcome import Outcome
from hubspot_dest.report.fixes import fix_for
from hubspot_dest.report.safe_text import safe_text

__all__ = ["Reason", "ReasonTable"]

_MOST_ROWS: Final = 50
_WIDTH: Final = 100
# The parts that differ between sentences with the same meaning: ids, numbers, addresses, quoted values.
_VARIABLE: Final = re.compile(
    r"\(correlation [^)]*\)|[\w.+-]+@[\w.-]+|\b[0-9a-fA-F-]{16,}\b|\d+|\"[^\"]*\"|'[^']*'"
)


@dataclass(slots=True)
class Reason:
    """A row of the table: the outcome, the reason's code and sentence, the fix, the count, the first line and event."""

    outcome: str
    code: str
    sentence: str
    fix: str
    count: int = 0
    line: int | None = None
    event: str = ""
    person: str = ""


class ReasonTable:
    """Collect up to 50 reasons; all others are counted together."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], Reason] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def add(
        self, outcome: Outcome, line: int | None = None, name: str = "", person: str = "", *, count: int = 1
    ) -> None:
        """Add an outcome that is skipped, refused or waiting."""
        sentence = outcome.sentence
        if outcome.error is not None:
            sentence = outcome.error.describe()
        self.add_reason(
            outcome.kind,
            outcome.reason,
            sentence,
            fix_for(outcome),
            line=line,
            name=name or outcome.name,
            person=person,
            count=count,
        )

    def add_reason(
        self,
        outcome: str,
        code: str,
        sentence: str,
        fix: str = "",
        *,
        line: int | None = None,
        name: str = "",
        person: str = "",
        count: int = 1,
    ) -> None:
        """Add a reason without an outcome, such as a line that is not an event."""
        key = (outcome, code, _VARIABLE.sub("#", sentence))
        if key not in self._rows and len(self._rows) >= _MOST_ROWS:
            key, code, sentence, fix = (outcome, "other", ""), "other", "further reasons", ""
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = Reason(outcome, code, sentence, fix, 0, line, name, person)
        elif line is not None and (row.line is None or line < row.line):
            row.line, row.event, row.person = (
                line,
                name,
                person,
            )  # deliveries are not in the order of the file
        row.count += count

    def rows(self) -> list[Reason]:
        """Return the rows, most frequent first."""
        return sorted(self._rows.values(), key=lambda row: -row.count)

    def records(self) -> list[dict[str, Any]]:
        """Return the rows for `--json`."""
        return [
            {
                "outcome": row.outcome,
                "reason": row.code,
                "sentence": row.sentence,
                "count": row.count,
                "firstLine": row.line,
                "firstEvent": row.event or None,
                "fix": row.fix or None,
            }
            for row in self.rows()
        ]

    def lines(self) -> list[str]:
        """Return the lines of the table: reason, count, first line, fix; empty without reasons."""
        rows = self.rows()
        if not rows:
            return []
        heads = [f"{row.outcome}: {row.code}" for row in rows]
        width = max(len("reason"), *(len(safe_text(head)) for head in heads))
        table = [f"  {'reason':<{width}}  {'count':>7}  {'first line':>10}  fix"]
        for head, row in zip(heads, rows, strict=True):
            first = f"{row.line:,}" if row.line is not None else "-"
            table.append(
                f"  {safe_text(head):<{width}}  {row.count:>7,}  {first:>10}  {safe_text(row.fix) or '-'}"
            )
            about = " ".join(filter(None, (row.event, row.person)))
            text = f"{row.sentence}{f' ({about})' if about else ''}" if row.sentence else about
            table += textwrap.wrap(
                safe_text(text, limit=300),
                _WIDTH,
                initial_indent="      ",
                subsequent_indent="      ",
                break_on_hyphens=False,
                break_long_words=False,
            )
        return table
