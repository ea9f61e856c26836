"""Write the library's warnings to stderr, at a limited rate."""

from __future__ import annotations

import logging
import re
import time
from typing import Final

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import say
from hubspot_dest.masking import mask_token
from hubspot_dest.report.safe_text import safe_text

__all__ = ["Complaints", "complain"]

_LINES, _SECONDS = 20, 10.0
_AGAIN_SECONDS: Final = 1.0
_MOST_TEXTS: Final = 1000
_STORED: Final = re.compile(r"outbox .+: the disk is full")
_WORDS: Final = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "error"}


class Complaints(logging.Handler):
    """Writes warnings and errors: at most 20 in ten seconds, and the same one at most once a second.

    Messages of several modules about the same full disk count as the same one. The number of suppressed lines is
    reported later.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._since = -_SECONDS
        self._said = 0
        self._unsaid = 0
        self._said_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless too many have been written."""
        if getattr(record, "of_arguments", False):
            return  # the command has reported it, with the name of its option
        now = time.monotonic()
        if now - self._since >= _SECONDS:
            if self._unsaid:
                say(f"warning: {amount(self._unsaid, 'similar message')} suppressed")
            self._since, self._said, self._unsaid = now, 0, 0
        text = mask_token(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            text += f": {type(record.exc_info[1]).__name__}: {mask_token(str(record.exc_info[1]))}"
        detail = getattr(record, "detail", None)
        error = detail.get("error") if isinstance(detail, dict) else None
        if isinstance(error, dict):
            text += f": {error.get('status') or error.get('kind')} {error.get('message', '')}"
        if not self._is_due(text, now):
            self._unsaid += 1
            return
        self._said += 1
        say(f"{_WORDS.get(record.levelno, 'warning')}: {safe_text(text, limit=300)}")

    def _is_due(self, text: str, now: float) -> bool:
        """Return whether a line may be written now: neither too many lines, nor the same line too soon."""
        if self._said >= _LINES:
            return False
        same = _STORED.search(text)
        key = same[0] if same is not None else text
        last = self._said_at.get(key)
        if last is not None and now - last < _AGAIN_SECONDS:
            return False
        if len(self._said_at) >= _MOST_TEXTS:
            self._said_at.clear()
        self._said_at[key] = now
        return True


def complain() -> None:
    """Write the library's warnings to stderr from now on; repeated calls have no effect."""
    logger = logging.getLogger("hubspot_dest")
    logger.propagate = False
    if not any(isinstance(handler, Complaints) for handler in logger.handlers):
        logger.addHandler(Complaints())
