"""Read the records of an event from a trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

__all__ = ["follow"]


def follow(trail: Path, event_id: str) -> Iterator[dict[str, Any]]:
    """Yield the records of an event in order; `event_id` may linked_id be the event's uuid.

    Raises:
        OSError: the trail cannot be read.

    """
    mark = event_id.encode()
    linked_id = b""
    with trail.open("rb") as lines:
        for line in lines:
            if mark not in line and not (linked_id and linked_id in line):
                continue
            record = _record(line)
            if record is None or not _is_about(record, event_id, linked_id.decode()):
                continue
            if record.get("uuid") == event_id and isinstance(record.get("id"), str):
                linked_id = record["id"].encode()  # a batch lists the ids of its events
            yield record


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None  # truncated by a crash, or not a trail record
    return value if isinstance(value, dict) else None


def _is_about(record: dict[str, Any], event_id: str, linked_id: str) -> bool:
    names = [record.get("id"), record.get("uuid"), *(record.get("events") or [])]
    return event_id in names or bool(linked_id and linked_id in names)
