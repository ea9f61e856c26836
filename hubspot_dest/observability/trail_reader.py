"""Follow one event through a trail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

__all__ = ["follow"]


def follow(trail: Path, event_id: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a trail that tell of an event, in their order; `event_id` may be its uuid as well.

    Raises:
        OSError: where the trail cannot be read.

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
                also = record["id"].encode()  # batches name their events by id
            yield record


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None  # cut off by a crash, or not ours
    return value if isinstance(value, dict) else None


def _tells_of(record: dict[str, Any], event_id: str, also: str) -> bool:
    names = [record.get("id"), record.get("uuid"), *(record.get("events") or [])]
    return event_id in names or bool(also and also in names)
