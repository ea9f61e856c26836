"""The trail: a JSON line per outcome, exchange and log record. `follow` reads the records of an event."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from hubspot_dest.masking import mask_token
from hubspot_dest.report.json_report import as_json, plain

__all__ = ["JsonLines", "Trail", "follow"]


class JsonLines(logging.Formatter):
    """Format log records as JSON objects with `time`, `level`, `kind` and the record's fields. Tokens are masked.

    Args:
        token: a token to mask, in addition to everything that looks like a private-app token.

    """

    def __init__(self, token: str | None = None) -> None:
        super().__init__()
        self._token = token

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"time": when.replace("+00:00", "Z"), "level": record.levelname.lower()}
        fields = getattr(record, "trail", None)
        if isinstance(fields, dict):
            line.update(fields)
        else:
            line |= {"kind": "log", "logger": record.name, "message": record.getMessage()}
            detail = getattr(record, "detail", None)
            if detail:
                line["detail"] = plain(detail)
            if record.exc_info and record.exc_info[0] is not None:
                line["exception"] = self.formatException(record.exc_info)
        return mask_token(as_json(plain(line)), self._token)


class Trail:
    """Write the trail to a file, or to stderr for `-`. It may be used from several threads.

    The file is opened for appending, and reopened after it was moved, so logrotate does not need to send a signal.
    Other log records of the library are written to the trail, too. A file that cannot be written never stops a
    delivery.

    Args:
        path: the file.
        token: a token to mask.
        on_error: called once if lines cannot be written.

    Raises:
        OSError: the file cannot be opened.

    """

    def __init__(
        self,
        path: Path | str,
        *,
        token: str | None = None,
        on_error: Callable[[OSError], None] = lambda error: None,  # noqa: ARG005
    ) -> None:
        self._handler: logging.Handler = (
            logging.StreamHandler(sys.stderr)
            if str(path) == "-"
            else logging.handlers.WatchedFileHandler(path, encoding="utf-8")
        )
        self._on_error = on_error
        self._failed = False
        self._handler.setFormatter(JsonLines(token))
        self._handler.handleError = self._line_failed  # type: ignore[method-assign]
        self._library = logging.getLogger("hubspot_dest")
        self._library.addHandler(self._handler)

    def write(self, level: int, record: dict[str, Any]) -> None:
        """Write a record, which has a `kind`."""
        log_record = logging.LogRecord("hubspot_dest.trail", level, "", 0, "", None, None)
        log_record.trail = record
        log_record.created = time.time()
        try:
            self._handler.handle(log_record)
        except OSError as error:  # raised when checking whether the file was moved
            self._fail(error)

    def close(self) -> None:
        """Close the file."""
        self._library.removeHandler(self._handler)
        try:
            self._handler.close()
        except OSError as error:
            self._fail(error)

    def _line_failed(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's signature
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        """Report once that lines are missing; the delivery continues."""
        if not self._failed:
            self._failed = True
            self._on_error(error)


def follow(trail: Path, event_id: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a trail about one event, in order; `event_id` may also be its uuid.

    Raises:
        OSError: the trail cannot be read.

    """
    mark = event_id.encode()
    also = b""
    with trail.open("rb") as lines:
        for line in lines:
            if mark not in line and not (also and also in line):
                continue
            record = _record(line)
            if record is None or not _is_about(record, event_id, also.decode()):
                continue
            if record.get("uuid") == event_id and isinstance(record.get("id"), str):
                also = record["id"].encode()  # a batch lists the ids of its events
            yield record


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None  # truncated by a crash, or not a trail record
    return value if isinstance(value, dict) else None


def _is_about(record: dict[str, Any], event_id: str, also: str) -> bool:
    names = [record.get("id"), record.get("uuid"), *(record.get("events") or [])]
    return event_id in names or bool(also and also in names)
