"""Say on stderr what the library warns of, without letting an outage drown everything else."""

from __future__ import annotations

import logging
import time
from typing import Final

from hubspot_dest.cli.console import say
from hubspot_dest.delivery.client.errors import mask_token
from hubspot_dest.report.safe_text import safe_text

__all__ = ["Complaints", "complain"]

_LINES, _SECONDS = 20, 10.0
_WORDS: Final = {logging.WARNING: "warning", logging.ERROR: "error", logging.CRITICAL: "error"}


class Complaints(logging.Handler):
    """Says warnings and errors, at most 20 in ten seconds; how many more there were is said later."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._since = -_SECONDS
        self._said = 0
        self._unsaid = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Say one."""
        now = time.monotonic()
        if now - self._since >= _SECONDS:
            if self._unsaid:
                say(f"warning: {self._unsaid} more like these were not said")
            self._since, self._said, self._unsaid = now, 0, 0
        self._said += 1
        if self._said > _LINES:
            self._unsaid += 1
            return
        text = mask_token(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            text += f": {type(record.exc_info[1]).__name__}: {mask_token(str(record.exc_info[1]))}"
        detail = getattr(record, "detail", None)
        error = detail.get("error") if isinstance(detail, dict) else None
        if isinstance(error, dict):
            text += f": {error.get('status') or error.get('kind')} {error.get('message', '')}"
        say(f"{_WORDS.get(record.levelno, 'warning')}: {safe_text(text, limit=300)}")


def complain() -> None:
    """Let the library's warnings be said on stderr, once each."""
    logger = logging.getLogger("hubspot_dest")
    logger.propagate = False
    if not any(isinstance(one, Complaints) for one in logger.handlers):
        logger.addHandler(Complaints())
