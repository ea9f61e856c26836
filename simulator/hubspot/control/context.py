"""What the control routes share: their context, the check of the control token, and error answers."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.hubspot.control.clock import SkippableClock
from simulator.hubspot.control.service import Service
from simulator.hubspot.faults.fault_board import FaultBoard
from simulator.hubspot.journal.journal import Journal

__all__ = ["COOKIE", "ControlContext", "GUARDS", "RefusedError", "admitted", "guarded", "read", "context_of"]

COOKIE = "simulator_control"
GUARDS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Endpoint = Callable[[Request], Awaitable[Response]]
_Body = TypeVar("_Body")


@dataclass(frozen=True, slots=True)
class ControlContext:
    """The objects that control routes use. `new_account` adds an isolated account and returns its token."""

    service: Service
    journal: Journal
    faults: FaultBoard
    clock: SkippableClock
    base_url: str
    token: str = field(repr=False)
    default_token: str = field(repr=False)
    new_account: Callable[..., str] = field(repr=False)


class RefusedError(Exception):
    """An invalid control request; the message says what is valid."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def context_of(request: Request) -> ControlContext:
    """Return the context of the request's application."""
    context: ControlContext = request.app.state.context
    return context


def admitted(request: Request) -> bool:
    """Return whether the request has the control token; the cookie is accepted for GET and HEAD only."""
    offered = request.headers.get("x-simulator-token", "")
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if not offered and scheme.lower() == "bearer":
        offered = bearer
    if not offered and request.method in ("GET", "HEAD"):
        offered = request.cookies.get(COOKIE, "")
    return hmac.compare_digest(offered.encode(), context_of(request).token.encode())


def guarded(endpoint: Endpoint) -> Endpoint:
    """Wrap an endpoint: answer 401 without the control token, and `RefusedError` as JSON."""

    async def guarded_endpoint(request: Request) -> Response:
        if not admitted(request):
            message = "control routes need the control token printed at start: send it as X-Simulator-Token"
            return JSONResponse({"error": message}, 401, headers=GUARDS)
        try:
            response = await endpoint(request)
        except RefusedError as refused:
            response = JSONResponse({"error": str(refused)}, refused.status)
        response.headers.update(GUARDS)
        return response

    return guarded_endpoint


async def read(request: Request, kind: type[_Body]) -> _Body:
    """Decode the JSON body to `kind`; an empty body counts as `{}`.

    Raises:
        RefusedError: the body is invalid; the message names the field.

    """
    body = await request.body()
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RefusedError(f"the body is not valid for {request.url.path}: {error}") from None
