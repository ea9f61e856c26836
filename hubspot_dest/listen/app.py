"""The collector endpoint as an ASGI application: takes events, answers when they are safe, says how it is.

Plain ASGI: five routes need no framework, and the sender's dependencies stay few.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hubspot_dest.listen.replies import (
    NOT_PROCESSED,
    Reply,
    batch_reply,
    failure,
    pixel_reply,
    single_reply,
)
from hubspot_dest.listen.request_bodies import BodyError, events_of, query_event, unpacked
from hubspot_dest.outcome import Outcome

__all__ = ["Collector", "Front", "ListenSettings"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log: Final = logging.getLogger("hubspot_dest")
_METHODS: Final = b"GET, POST, OPTIONS"
# Then it is ready again until proved otherwise: whom nobody sends anything could never prove it is well.
_TROUBLE_MS: Final = 5_000
_FULL: Final = ((b"retry-after", b"1"),)


class Front(Protocol):
    """Where events go: an `AsyncHubSpotDestination`, or whatever else takes them."""

    @property
    def pending(self) -> int:
        """How many events were handed in and are not taken yet."""

    @property
    def limit(self) -> int:
        """How many may be, before senders are told to come again."""

    async def push_many(self, events: Iterable[Any], /) -> list[Outcome]:
        """Take several events, in order; return one outcome an event."""


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """How the endpoint behaves.

    Attributes:
        paths: where events are taken.
        origins: whose pages may send; empty for everybody's.
        max_body: bytes of a body, unpacked as well.
        max_batch: events of a body.
        body_seconds: how long a body may take to arrive.

    """

    paths: Sequence[str] = ("/collect",)
    origins: Sequence[str] = ()
    max_body: int = 1_048_576
    max_batch: int = 100
    body_seconds: float = 15.0


class _GoneError(Exception):
    """The sender hung up."""


@dataclass(slots=True)
class Collector:
    """Takes events over HTTP for one destination.

    Args:
        front: where the events go.
        settings: how to behave.
        now_ms: the clock, in ms since 1970.

    Attributes:
        stopping: set when the end has begun: no longer ready; what is under way is taken all the same.
        troubled: why an event could not be kept just now, or None.
        answered: is told the status of every answer, and how many seconds it took.

    """

    front: Front
    settings: ListenSettings = field(default_factory=ListenSettings)
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    stopping: bool = False
    troubled: str | None = None
    _troubled_ms: int = 0
    answered: Callable[[int, float], None] = lambda status, seconds: None  # noqa: ARG005

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        headers = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}
        try:
            reply = await self._answer(scope, headers, receive)
        except _GoneError:
            return
        except BodyError as error:
            reply = failure(error.status, str(error), self.now_ms())
        except Exception:
            _log.exception("a request could not be answered")
            reply = failure(500, NOT_PROCESSED, self.now_ms())
        await send(
            {
                "type": "http.response.start",
                "status": reply.status,
                "headers": [
                    *_described(reply),
                    (b"x-content-type-options", b"nosniff"),
                    *self._cors(headers.get(b"origin", b"")),
                    *reply.headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": reply.body})
        self.answered(reply.status, time.perf_counter() - begun)

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Reply:
        method, path = scope["method"], scope["path"]
        if path in ("/health", "/ready"):
            if method != "GET":
                return _not_allowed(b"GET", self.now_ms())
            return Reply.of(200, {"status": "ok"}) if path == "/health" else self._readiness()
        if path not in self.settings.paths:
            return failure(404, "Not found", self.now_ms())
        if method == "OPTIONS":
            return Reply(204)
        if method == "GET":
            return await self._take_pixel(bytes(scope["query_string"]))
        if method == "POST":
            return await self._take_body(headers, receive)
        return _not_allowed(_METHODS, self.now_ms())

    def _readiness(self) -> Reply:
        if self.stopping:
            return Reply.of(503, {"status": "not_ready"})
        if self.troubled is not None and self.now_ms() - self._troubled_ms < _TROUBLE_MS:
            return Reply.of(503, {"status": "failed", "reason": self.troubled})
        return Reply.of(200, {"status": "ready"})

    # ---- taking events

    async def _take_pixel(self, query: bytes) -> Reply:
        if (busy := self._busy(1)) is not None:
            return busy
        try:
            event = query_event(query.decode("ascii", "replace"))
        except BodyError:
            return pixel_reply(None)
        (outcome,) = await self._push([event])
        return pixel_reply(outcome)

    async def _take_body(self, headers: dict[bytes, bytes], receive: Receive) -> Reply:
        limit = self.settings.max_body
        body = await self._body(receive, _length(headers), limit)
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        events, several = events_of(unpacked(body, encoding, limit))
        if len(events) > self.settings.max_batch:
            message = f"Batch too large. Maximum size: {self.settings.max_batch} events"
            return failure(400, message, self.now_ms())
        if (busy := self._busy(len(events))) is not None:
            return busy
        outcomes = await self._push(events)
        return batch_reply(outcomes) if several else single_reply(outcomes[0], self.now_ms())

    def _busy(self, count: int) -> Reply | None:
        """Tell the sender to come again, rather than keep a crowd waiting in memory."""
        if self.front.pending and self.front.pending + count > self.front.limit:
            return failure(503, "Too many events at once", self.now_ms(), _FULL)
        return None

    async def _push(self, events: list[Any]) -> list[Outcome]:
        # A sender that hangs up does not take back what it sent: the push goes on without it.
        outcomes = await asyncio.shield(asyncio.ensure_future(self.front.push_many(events)))
        unstored = [one for one in outcomes if one.reason == "outbox" and one.kind == "failed"]
        if unstored:
            self.troubled, self._troubled_ms = unstored[0].sentence, self.now_ms()
        elif outcomes:
            self.troubled = None
        return outcomes

    async def _body(self, receive: Receive, length: int | None, limit: int) -> bytes:
        too_large = BodyError(413, f"the body is larger than {limit} bytes")
        if length is not None and length > limit:
            raise too_large
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _GoneError
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > limit:
                        raise too_large
                    if not message.get("more_body", False):
                        return b"".join(parts)
        except TimeoutError:
            raise BodyError(408, "the body did not arrive in time") from None

    def _cors(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        allowed = self.settings.origins
        if allowed and origin.decode("latin-1") not in allowed:
            return [(b"vary", b"Origin")]
        who = origin if allowed else b"*"
        return [
            (b"access-control-allow-origin", who),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", b"Content-Type"),
            *([(b"vary", b"Origin")] if allowed else []),
        ]


def _described(reply: Reply) -> list[tuple[bytes, bytes]]:
    if reply.status == 204:
        return []
    return [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]


def _length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else None


def _not_allowed(methods: bytes, now_ms: int) -> Reply:
    return failure(405, "Method not allowed", now_ms, ((b"allow", methods),))
