"""The trail: one JSON object a line for everything that happens, so that an event can be followed by its id."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hubspot_dest.delivery.client.errors import mask_token
from hubspot_dest.report.json_report import as_json, plain

__all__ = ["JsonLines", "Trail"]


class JsonLines(logging.Formatter):
    """Makes log records JSON objects: `time`, `level`, `kind`, and what the record has to say. Tokens are masked.

    Args:
        token: masked wherever it stands, beside everything that looks like a private-app token.

    """

    def __init__(self, token: str | None = None) -> None:
        super().__init__()
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when.replace("+00:00", "Z"), "level": record.levelname.lower()}
        told = getattr(record, "trail", None)
        if isinstance(told, dict):
            line.update(told)
        else:
            line |= {"kind": "log", "logger": record.name, "message": record.getMessage()}
            detail = getattr(record, "detail", None)
            if detail:
                line["detail"] = plain(detail)
            if record.exc_info and record.exc_info[0] is not None:
                line["exception"] = self.formatException(record.exc_info)
        return mask_token(as_json(plain(line)), self._token)


class Trail:
    """Writes the trail to a file, or to stderr for `-`. Safe to use from several threads.

    The file is opened for appending, and again when it was moved away, so logrotate needs no signal. What the library
    logs besides goes into the trail as well. A file that can no longer be written never stops a delivery.

    Args:
        path: the file.
        token: masked wherever it stands.

    Raises:
        OSError: where the file cannot be opened.

    """

    def __init__(self, path: Path | str, *, token: str | None = None) -> None:
        self._handler: logging.Handler = (
            logging.StreamHandler(sys.stderr)
            if str(path) == "-"
            else logging.handlers.WatchedFileHandler(path, encoding="utf-8")
        )
        self._handler.setFormatter(JsonLines(token))
        self._handler.handleError = _quiet  # type: ignore[method-assign]
        self._library = logging.getLogger("hubspot_dest")
        self._library.addHandler(self._handler)

    def write(self, level: int, record: dict[str, Any]) -> None:
        """Write one record; its `kind` says what it is about."""
        made = logging.LogRecord("hubspot_dest.trail", level, "", 0, "", None, None)
        made.trail = record
        made.created = time.time()
        self._handler.handle(made)

    def close(self) -> None:
        """Close the file."""
        self._library.removeHandler(self._handler)
        self._handler.close()


def _quiet(record: logging.LogRecord) -> None:
    """Say nothing where a line cannot be written: the delivery matters more, and the disk says so elsewhere."""
