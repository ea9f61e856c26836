"""Describe a line that is not an event."""

from __future__ import annotations

from hubspot_dest.intake.reader import BadLine
from hubspot_dest.report.safe_text import safe_text

__all__ = ["unusable"]


def unusable(line: BadLine, source: str) -> str:
    """Return `events.jsonl, line 3, column 7: invalid JSON: … (what to do)`."""
    hint = f" ({line.hint})" if line.hint else ""
    return f"{safe_text(line.where(source))}: {safe_text(line.message, limit=300)}{hint}"
