"""The collector endpoint as an ASGI application: accepts events, answers once they are stored, reports its state.

It is plain ASGI, since five routes do not justify a framework as a dependency.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from hubspot_dest.events.collector import TOO_DEEP
from hubspot_dest.listen.address_rate import AddressRate
from hubspot_dest.listen.authentication import AuthenticationError, BearerSecret, NoSignature, Signatures
from hubspot_dest.listen.replies import (
    NOT_PROCESSED,
    UNSTORED,
    Reply,
    batch_reply,
    failure,
    pixel_reply,
    single_reply,
)
from hubspot_dest.listen.request_bodies import BodyError, TooDeep, events_of, query_event, unpacked
from hubspot_dest.outcome import Outcome

__all__ = ["CollectorEndpoint", "Front", "ListenSettings"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log: Final = logging.getLogger("hubspot_dest")
_METHODS: Final = b"GET, POST, OPTIONS"
_HEALTH_METHODS: Final = b"GET, HEAD"
# Without a probe, the endpoint is ready again after this time, since it cannot prove that it works without events.
_TROUBLE_MS: Final = 5_000
_PROBE_MS: Final = 1_000
_FULL: Final = ((b"retry-after", b"1"),)
_CHALLENGE: Final = ((b"www-authenticate", b"Bearer"),)


class Front(Protocol):
    """The receiver of events: an `AsyncHubSpotDestination`, or a `StreamFront` of `hubspot_dest.streams`."""

    @property
    def pending(self) -> int:
        """The number of events that were pushed but not accepted yet."""

    @property
    def limit(self) -> int:
        """The maximum of `pending`; beyond it, senders get 503."""

    async def push_many(self, events: Iterable[Any], /) -> list[Outcome]:
        """Accept several events, in order; return one outcome per event."""


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """The settings of the endpoint.

    Attributes:
        paths: the paths that accept events.
        origins: the origins whose pages may send; empty for all.
        max_body: the maximum size of a body in bytes, also after decompression.
        max_batch: the maximum number of events in a body.
        body_seconds: the time limit for receiving a body, in seconds.
        secret: the secret that senders must present; None if it is not required.
        signatures: checks the signatures of requests.
        rate: limits the requests of an address; None for no limit.

    """

    paths: Sequence[str] = ("/collect",)
    origins: Sequence[str] = ()
    max_body: int = 1_048_576
    max_batch: int = 100
    body_seconds: float = 15.0
    secret: BearerSecret | None = None
    signatures: Signatures = field(default_factory=NoSignature)
    rate: AddressRate | None = None


class _GoneError(Exception):
    """The client closed the connection."""


@dataclass(slots=True)
class CollectorEndpoint:
    """Accept events over HTTP for a destination.

    Args:
        front: receives the events.
        settings: the settings of the endpoint.
        now_ms: returns the current time, in ms since 1970.
        answered: called with the status of every response and its duration in seconds.
        trouble: returns, without waiting, why nothing can be stored; empty if no problem is known.
        probe: tries to store something, and returns why it failed; called in a thread. None if nothing is stored.

    Attributes:
        stopping: whether the shutdown has begun; requests in progress are completed, but the endpoint is not ready.
        troubled: why the most recent event could not be stored, or None.

    """

    front: Front
    settings: ListenSettings = field(default_factory=ListenSettings)
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    stopping: bool = False
    troubled: str | None = None
    answered: Callable[[int, float], None] = lambda status, seconds: None  # noqa: ARG005
    trouble: Callable[[], str] = lambda: ""
    probe: Callable[[], str] | None = None
    _troubled_ms: int = 0
    _probed_ms: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        begun = time.perf_counter()
        headers = {bytes(name).lower(): bytes(value) for name, value in scope["headers"]}
        try:
            reply = await self._answer(scope, headers, receive)
        except (_GoneError, asyncio.CancelledError):
            return  # the client has disconnected, or the time limit of the shutdown has passed
        except BodyError as error:
            reply = failure(error.status, str(error), self.now_ms())
        except AuthenticationError as error:
            reply = failure(401, str(error), self.now_ms(), _CHALLENGE)
        except Exception:
            _log.exception("a request failed because of a bug")
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
            if method not in ("GET", "HEAD"):
                return _not_allowed(_HEALTH_METHODS, self.now_ms())
            return Reply.of(200, {"status": "ok"}) if path == "/health" else await self._readiness()
        if (limited := self._limited(scope)) is not None:
            return limited
        if path not in self.settings.paths:
            return failure(404, "Not found", self.now_ms())
        if method == "OPTIONS":
            return Reply(204)
        if method not in ("GET", "POST"):
            return _not_allowed(_METHODS, self.now_ms())
        if self.settings.secret is not None:
            self.settings.secret.require(headers)
        self.settings.signatures.check_time(headers)
        if method == "GET":
            query = bytes(scope["query_string"])
            return await self._signed(headers, query, lambda: self._take_pixel(query))
        body = await self._body(receive, _length(headers), self.settings.max_body)
        return await self._signed(headers, body, lambda: self._take_body(headers, body))

    def _limited(self, scope: Scope) -> Reply | None:
        """Return the response to an address that sends too many requests, else None."""
        rate, client = self.settings.rate, scope.get("client")
        if rate is None or client is None or not (wait := rate.wait(client[0])):
            return None
        message = f"Too many requests from this address: {rate.per_second:g} per second are allowed"
        return failure(429, message, self.now_ms(), ((b"retry-after", str(math.ceil(wait)).encode()),))

    async def _readiness(self) -> Reply:
        if self.stopping:
            return Reply.of(503, {"status": "not_ready"})
        if self.troubled is not None:
            await self._try_again()
        if reason := self.trouble() or self.troubled:
            return Reply.of(503, {"status": "failed", "reason": reason})
        return Reply.of(200, {"status": "ready"})

    async def _try_again(self) -> None:
        """Determine whether events can be stored again: by the probe, or else by the elapsed time."""
        now = self.now_ms()
        if self.probe is None:
            if now - self._troubled_ms >= _TROUBLE_MS:
                self.troubled = None
        elif now - self._probed_ms >= _PROBE_MS:
            self._probed_ms = now
            self.troubled = await asyncio.to_thread(self.probe) or None

    # ---- accepting events

    async def _take_pixel(self, query: bytes) -> Reply:
        if (busy := self._busy(1)) is not None:
            return busy
        try:
            event = query_event(query.decode("ascii", "replace"))
        except BodyError:
            return pixel_reply(None)
        (outcome,) = await self._push([event])
        return pixel_reply(outcome)

    async def _take_body(self, headers: dict[bytes, bytes], body: bytes) -> Reply:
        encoding = headers.get(b"content-encoding", b"").decode("latin-1").strip().lower()
        events, several = events_of(unpacked(body, encoding, self.settings.max_body))
        if len(events) > self.settings.max_batch:
            message = f"Batch too large. Maximum size: {self.settings.max_batch} events"
            return failure(400, message, self.now_ms())
        if (busy := self._busy(len(events))) is not None:
            return busy
        outcomes = await self._push(events)
        return batch_reply(outcomes) if several else single_reply(outcomes[0], self.now_ms())

    async def _signed(
        self, headers: dict[bytes, bytes], content: bytes, accept: Callable[[], Awaitable[Reply]]
    ) -> Reply:
        """Accept a request with a valid signature; if it is not accepted, it may be repeated unchanged."""
        signatures = self.settings.signatures
        claimed = signatures.claim(headers, content)
        accepted = False
        try:
            reply = await accept()
            accepted = reply.status in (200, 207)
            return reply
        finally:
            if not accepted:
                signatures.release(claimed)

    def _busy(self, count: int) -> Reply | None:
        """Return the response if too many events wait in memory, else None."""
        if self.front.pending and self.front.pending + count > self.front.limit:
            return failure(503, "Too many events at once", self.now_ms(), _FULL)
        return None

    async def _push(self, events: list[Any]) -> list[Outcome]:
        # The push continues if the client closes the connection.
        outcomes = await asyncio.shield(asyncio.ensure_future(self.front.push_many(events)))
        unstored = [
            outcome for outcome in outcomes if outcome.reason in UNSTORED and outcome.kind == "failed"
        ]
        if unstored:
            self.troubled, self._troubled_ms = unstored[0].sentence, self.now_ms()
        elif outcomes:
            self.troubled = None
        return [
            replace(outcome, sentence=TOO_DEEP) if isinstance(event, TooDeep) else outcome
            for event, outcome in zip(events, outcomes, strict=True)
        ]

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
        return [
            (b"access-control-allow-origin", origin if allowed else b"*"),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", self._allowed_headers()),
            *([(b"vary", b"Origin")] if allowed else []),
        ]

    def _allowed_headers(self) -> bytes:
        secret = b", Authorization" if self.settings.secret is not None else b""
        signature = b"" if isinstance(self.settings.signatures, NoSignature) else b", X-Signature-256"
        return b"Content-Type" + secret + signature


def _described(reply: Reply) -> list[tuple[bytes, bytes]]:
    if reply.status == 204:
        return []
    return [(b"content-type", reply.content_type), (b"content-length", str(len(reply.body)).encode())]


def _length(headers: dict[bytes, bytes]) -> int | None:
    text = headers.get(b"content-length", b"")
    return int(text) if text.isdigit() else None


def _not_allowed(methods: bytes, now_ms: int) -> Reply:
    return failure(405, "Method not allowed", now_ms, ((b"allow", methods),))
