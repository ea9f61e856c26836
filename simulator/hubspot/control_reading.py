"""The control routes that tell what happened: journal, exports, live stream and the good/bad inbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from . import inbox
from .control_room import RefusedError, room_of
from .har import har
from .journal import Entry, Filter, Journal

__all__ = ["READING_ROUTES"]

_STREAM_BACKLOG = 1000
_HEARTBEAT_SECONDS = 15.0
_DEFAULT_LIMIT = 200


def _filter(request: Request, *also: str) -> Filter:
    query = {name: value for name, value in request.query_params.items() if name not in also}
    known = ", ".join(Filter.__dataclass_fields__)
    for name in query:
        if name not in Filter.__dataclass_fields__:
            raise RefusedError(f"the journal has no filter {name!r}; it has {known}")
    if query.get("verdict", "good") not in ("good", "bad"):
        raise RefusedError("verdict is good or bad")
    try:
        return msgspec.convert(query, Filter, strict=False)
    except msgspec.ValidationError as error:
        raise RefusedError(f"a filter of the journal is wrong: {error}") from None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RefusedError(f"limit is {text!r}: write a whole number")
    return int(text)


def _json(data: object) -> Response:
    return Response(orjson.dumps(data), media_type="application/json")


async def _journal(request: Request) -> Response:
    journal = room_of(request).journal
    entries = journal.entries(_filter(request, "limit"), limit=_limit(request))
    return _json(
        {
            "total": len(journal),
            "dropped": journal.dropped,
            "limits": {"entries": journal.max_entries, "bytes": journal.max_bytes},
            "entries": [journal.view(entry) for entry in entries],
        }
    )


async def _clear_journal(request: Request) -> Response:
    room_of(request).journal.clear()
    return JSONResponse({"cleared": True})


async def _har(request: Request) -> Response:
    room = room_of(request)
    return _json(har(room.journal, room.base_url, _filter(request)))


async def _json_lines(request: Request) -> Response:
    body = b"".join(room_of(request).journal.json_lines(_filter(request)))
    return Response(body, media_type="application/x-ndjson")


async def _stream(request: Request) -> Response:
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(
        _events(room_of(request).journal), media_type="text/event-stream", headers=headers
    )


async def _events(journal: Journal) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[Entry] = asyncio.Queue(_STREAM_BACKLOG)
    skipped = 0

    def on_entry(entry: Entry) -> None:
        nonlocal skipped
        if queue.full():  # a slow reader loses entries and is told how many; the server never waits for it
            skipped += 1
        else:
            queue.put_nowait(entry)

    unsubscribe = journal.subscribe(on_entry)
    try:
        yield b"retry: 1000\n\n"
        while True:
            try:
                entry = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if skipped:
                yield b"event: skipped\ndata: %d\n\n" % skipped
                skipped = 0
            yield b"id: %d\ndata: %s\n\n" % (entry.number, orjson.dumps(journal.view(entry)))
    finally:
        unsubscribe()


async def _all(request: Request) -> Response:
    return _json(inbox.counts(room_of(request).journal))


async def _good(request: Request) -> Response:
    return _items(request, good=True)


async def _bad(request: Request) -> Response:
    return _items(request, good=False)


def _items(request: Request, *, good: bool) -> Response:
    room = room_of(request)
    names: set[str] = set()
    for account in room.service.accounts():
        names |= account.names()
    listed: list[dict[str, Any]] = inbox.items(room.journal, good=good, limit=_limit(request), names=names)
    return _json(listed)


READING_ROUTES = (
    ("GET", "/_simulator/journal", _journal),
    ("DELETE", "/_simulator/journal", _clear_journal),
    ("GET", "/_simulator/journal.har", _har),
    ("GET", "/_simulator/journal.jsonl", _json_lines),
    ("GET", "/_simulator/stream", _stream),
    ("GET", "/_simulator/all", _all),
    ("GET", "/_simulator/good", _good),
    ("GET", "/_simulator/bad", _bad),
)
