"""Read the records of one event from a trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

__all__ = ["follow"]


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
            if record is None or not _tells_of(record, event_id, also.decode()):
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


def _tells_of(record: dict[str, Any], event_id: str, also: str) -> bool:
    names = [record.get("id"), record.get("uuid"), *(record.get("events") or [])]
    return event_id in names or bool(also and also in names)
