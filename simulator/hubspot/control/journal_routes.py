"""The control routes of the journal: entries, exports, live stream and the good/bad inbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import msgspec
import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from simulator.hubspot.control.context import RefusedError, context_of
from simulator.hubspot.control.queries import names_of
from simulator.hubspot.control.route import LIMIT, PAGE, ControlRoute
from simulator.hubspot.journal import inbox
from simulator.hubspot.journal.har import har
from simulator.hubspot.journal.journal import Entry, Filter, Journal

__all__ = ["READING_ROUTES"]

_STREAM_BACKLOG = 1000
_HEARTBEAT_SECONDS = 15.0
_DEFAULT_LIMIT = 200
_FILTERS: Final[dict[str, Any]] = {
    **{name: {"type": "string"} for name in ("method", "path", "rule", "fault")},
    **{name: {"type": "integer", "minimum": 0} for name in ("status", "portal", "after")},
    "verdict": {"enum": ["good", "bad"]},
}


def _filter(request: Request, *also: str) -> Filter:
    query = {name: value for name, value in request.query_params.items() if name not in also}
    known = ", ".join(Filter.__dataclass_fields__)
    for name in query:
        if name not in Filter.__dataclass_fields__:
            raise RefusedError(f"the journal has no filter {name!r}; the filters are {known}")
    if query.get("verdict", "good") not in ("good", "bad"):
        raise RefusedError("verdict is good or bad")
    try:
        return msgspec.convert(query, Filter, strict=False)
    except msgspec.ValidationError as error:
        raise RefusedError(f"a journal filter is invalid: {error}") from None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(_DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise RefusedError(f"limit is {text!r}: write a whole number")
    return int(text)


def _bytes(data: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(data, media_type="application/json", headers=headers)


def _bounds(journal: Journal, matched: int) -> dict[str, str]:
    """Return headers with the number of matches and the limits of the journal."""
    return {
        "X-Simulator-Matched": str(matched),
        "X-Simulator-Dropped": str(journal.dropped),
        "X-Simulator-Limit-Entries": str(journal.max_entries),
        "X-Simulator-Limit-Bytes": str(journal.max_bytes),
    }


async def _journal(request: Request) -> Response:
    journal, chosen, limit = context_of(request).journal, _filter(request, "limit"), _limit(request)

    def page() -> bytes:
        entries = journal.entries(chosen)
        shown = entries[-limit:] if limit else []
        bounds = {"entries": journal.max_entries, "bytes": journal.max_bytes}
        counted = {"total": len(journal), "matched": len(entries), "dropped": journal.dropped}
        return orjson.dumps({**counted, "limits": bounds, "entries": [journal.view(pair) for pair in shown]})

    return _bytes(await run_in_threadpool(page))


async def _clear_journal(request: Request) -> Response:
    context_of(request).journal.clear()
    return JSONResponse({"cleared": True})


async def _har(request: Request) -> Response:
    context, chosen = context_of(request), _filter(request)
    return _bytes(
        await run_in_threadpool(lambda: orjson.dumps(har(context.journal, context.base_url, chosen)))
    )


async def _json_lines(request: Request) -> Response:
    journal, chosen = context_of(request).journal, _filter(request)
    lines = await run_in_threadpool(lambda: list(journal.json_lines(chosen)))
    headers = _bounds(journal, len(lines))
    return Response(b"".join(lines), media_type="application/x-ndjson", headers=headers)


async def _stream(request: Request) -> Response:
    headers = {"X-Accel-Buffering": "no"}
    journal = context_of(request).journal
    to_json = journal.line if request.query_params.get("brief") == "true" else journal.view
    events = _events(journal, to_json, _last_seen(request))
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def _last_seen(request: Request) -> int | None:
    """Return the number of the last entry that the client received; browsers send it when they reconnect."""
    text = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


async def _events(
    journal: Journal, to_json: Callable[[Entry], dict[str, object]], last_seen: int | None
) -> AsyncIterator[bytes]:
    queue: asyncio.Queue[Entry] = asyncio.Queue(_STREAM_BACKLOG)
    skipped = 0

    def on_entry(entry: Entry) -> None:
        nonlocal skipped
        if queue.full():  # a slow reader misses entries and is sent their count; the server never waits
            skipped += 1
        else:
            queue.put_nowait(entry)

    unsubscribe = journal.subscribe(on_entry)
    try:
        yield b"retry: 1000\n\n"
        # Entries since the last one received, at most as many as the queue of a live reader holds.
        missed = [] if last_seen is None else journal.entries(Filter(after=last_seen))
        if len(missed) > _STREAM_BACKLOG:
            yield _skipped_event(len(missed) - _STREAM_BACKLOG)
        last = 0
        for entry in missed[-_STREAM_BACKLOG:]:
            last = entry.number
            yield _entry_event(entry.number, to_json(entry))
        while True:
            try:
                entry = await asyncio.wait_for(queue.get(), _HEARTBEAT_SECONDS)
            except TimeoutError:
                yield b": keep-alive\n\n"
                continue
            if skipped:
                yield _skipped_event(skipped)
                skipped = 0
            if entry.number > last:
                yield _entry_event(entry.number, to_json(entry))
    finally:
        unsubscribe()


def _skipped_event(count: int) -> bytes:
    return b"event: skipped\ndata: %d\n\n" % count


def _entry_event(number: int, payload: dict[str, object]) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (number, orjson.dumps(payload))


async def _all(request: Request) -> Response:
    counted = await run_in_threadpool(inbox.counts, context_of(request).journal)
    return _bytes(orjson.dumps(counted))


async def _good(request: Request) -> Response:
    return await _items(request, good=True)


async def _bad(request: Request) -> Response:
    return await _items(request, good=False)


async def _items(request: Request, *, good: bool) -> Response:
    context, limit = context_of(request), _limit(request)

    def defined(portal: int | None) -> inbox.Names:
        accounts = context.service.accounts()
        return names_of(account for account in accounts if portal is None or account.portal_id == portal)

    def listing() -> Response:
        found = inbox.items(context.journal, good=good, limit=limit, defined=defined)
        return _bytes(orjson.dumps(found.items), _bounds(context.journal, found.total))

    return await run_in_threadpool(listing)  # comparing names takes time and must not block senders


READING_ROUTES = (
    ControlRoute(
        "GET",
        "/_simulator/journal",
        _journal,
        "Read the journal",
        {200: "JournalPage"},
        query={**_FILTERS, **LIMIT},
    ),
    ControlRoute("DELETE", "/_simulator/journal", _clear_journal, "Clear the journal", {200: "AnyObject"}),
    ControlRoute(
        "GET",
        "/_simulator/journal.har",
        _har,
        "Export the journal as HAR",
        {200: "AnyObject"},
        query=_FILTERS,
    ),
    ControlRoute(
        "GET",
        "/_simulator/journal.jsonl",
        _json_lines,
        "Export the journal as JSON Lines",
        {200: ":application/x-ndjson"},
        query=_FILTERS,
    ),
    ControlRoute(
        "GET",
        "/_simulator/stream",
        _stream,
        "Follow the journal live",
        {200: ":text/event-stream"},
        query={"after": PAGE["after"], "brief": {"enum": ["true", "false"]}},
    ),
    ControlRoute("GET", "/_simulator/all", _all, "Count what was accepted and refused", {200: "AnyObject"}),
    ControlRoute("GET", "/_simulator/good", _good, "List what was accepted", {200: "AnyList"}, query=LIMIT),
    ControlRoute(
        "GET", "/_simulator/bad", _bad, "List what was refused, and why", {200: "AnyList"}, query=LIMIT
    ),
)
