"""Input that is not an event: it becomes a failed row with its place and what is wrong, never a crash."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.intake.reader import BadLine

__all__ = ["bad_input", "bad_line", "bad_input_reason"]

# A map, so that it survives being kept, exported and run again like any event; no event has only this key.
_KEY: Final = "$badInput"


def bad_input(sentence: str) -> dict[str, str]:
    """Return the stream's entry for something that is not an event."""
    return {_KEY: sentence}


def bad_line(bad: BadLine, source: str) -> dict[str, str]:
    """Return the stream's entry for a bad line of a file, with the intake's message."""
    hint = f" ({bad.hint})" if bad.hint else ""
    return bad_input(f"{bad.where(source)}: {bad.message}{hint}")


def bad_input_reason(event: Any) -> str | None:
    """Return what is wrong with bad input, and None for everything else."""
    if isinstance(event, dict) and len(event) == 1 and isinstance(event.get(_KEY), str):
        return str(event[_KEY])
    return None
