"""Convert between ASGI and the `Request` and `Answer` of the simulated HubSpot."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl

from simulator.hubspot.messages import Answer, Request

__all__ = [
    "BodyTooLargeError",
    "Handler",
    "Receive",
    "Scope",
    "Send",
    "TRANSPORT",
    "encode_headers",
    "raw_answer",
]
__all__ += ["read_body", "request_from", "send_answer", "until_disconnected"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

TRANSPORT = "simulator.transport"
"""The name of the ASGI extension that contains the connection's transport."""

_BODILESS = frozenset({204, 304})
_HUBSPOT = re.compile(r"(?:^|\.)(?:hubapi|hubspot)\.com(?::\d+)?$", re.IGNORECASE)
_FRAMING = frozenset({"content-length", "transfer-encoding", "connection"})


class Handler(Protocol):
    """The part of the service that the application uses."""

    def handle(self, request: Request) -> Answer:
        """Answer one request; never raise."""


class BodyTooLargeError(Exception):
    """A request body is longer than the server accepts."""


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """Read the whole body; return None if the client disconnects before its end.

    Raises:
        BodyTooLargeError: the body is longer than `limit` bytes; the rest is not read.

    """
    message = await receive()
    if message["type"] == "http.disconnect":
        return None
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise BodyTooLargeError
        return body
    pieces = [body]
    size = len(body)
    while message.get("more_body"):
        if size > limit:
            raise BodyTooLargeError
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if size > limit:
        raise BodyTooLargeError
    return b"".join(pieces)


def request_from(scope: Scope, body: bytes, received_at: float) -> Request:
    """Make a `Request` from an ASGI scope and a body; `received_at` is UNIX time in seconds."""
    query = scope["query_string"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(
        scope["method"],
        scope["raw_path"].decode("latin-1"),
        tuple(parse_qsl(query.decode("latin-1"), keep_blank_values=True)) if query else (),
        headers,
        body,
        received_at,
        _base_url(scope, headers.get("host", "")),
    )


def _base_url(scope: Scope, host: str) -> str:
    """Return the base URL that the client used, or this server's own if the `Host` header names HubSpot.

    A client that follows a link to HubSpot's host sends its token there, unless a hosts file or a preload script
    redirects it.
    """
    if not host or _HUBSPOT.search(host):
        name, port = scope["server"]
        host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
    return f"{scope['scheme']}://{host}"


def encode_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    """Return the answer's headers as bytes, with `Content-Length`."""
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers
        if name.lower() not in _FRAMING
    ]
    if answer.status not in _BODILESS:
        headers.append((b"Content-Length", b"%d" % len(answer.body)))
    return headers


async def send_answer(send: Send, answer: Answer) -> None:
    """Send the answer unchanged."""
    await send({"type": "http.response.start", "status": answer.status, "headers": encode_headers(answer)})
    body = b"" if answer.status in _BODILESS else answer.body
    await send({"type": "http.response.body", "body": body})


def raw_answer(answer: Answer) -> tuple[bytes, bytes]:
    """Return the raw HTTP/1.1 head and body of an answer, with `Connection: close`.

    Faults write these bytes to the transport, because ASGI cannot send a broken answer.
    """
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = ""
    lines = [b"HTTP/1.1 %d %s" % (answer.status, phrase.encode())]
    lines += [name + b": " + value for name, value in encode_headers(answer)]
    lines += [b"Connection: close", b"", b""]
    return b"\r\n".join(lines), b"" if answer.status in _BODILESS else answer.body


async def until_disconnected(receive: Receive, transport: asyncio.Transport) -> None:
    """Wait until the connection is closed, so that uvicorn does not log a missing answer."""
    while not transport.is_closing() or (await receive())["type"] != "http.disconnect":
        pass
