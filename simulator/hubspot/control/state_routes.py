"""The control routes that change the simulated HubSpot: reset, seed, accounts, clock, faults and stories."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.hubspot.control.context import ControlContext, RefusedError, context_of, read
from simulator.hubspot.control.route import ControlRoute
from simulator.hubspot.faults.fault_board import ActiveFault, Fault
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import (
    FaultSyntaxError,
    fault_from_mapping,
    fault_to_mapping,
    parse_fault,
)

__all__ = ["CHANGING_ROUTES", "AccountRequest", "ResetRequest", "SeedRequest", "ClockRequest"]


class ResetRequest(msgspec.Struct, forbid_unknown_fields=True):
    """What to reset: the account of this token (the default account without one), the journal, the faults."""

    token: str | None = None
    journal: bool = True
    faults: bool = True


class SeedRequest(msgspec.Struct, forbid_unknown_fields=True):
    """A seed, and the token of the account to fill (the default account without one)."""

    data: dict[str, Any]
    token: str | None = None


class AccountRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Options of a new account: `portal_id`, `scopes`, `switches`."""

    options: dict[str, Any] = {}


class ClockRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The number of seconds to advance the clock by."""

    skip_seconds: float


def _account(context: ControlContext, token: str | None) -> Any:
    account = context.service.account_for(token or context.default_token)
    if account is None:
        raise RefusedError("no account has this token; POST /_simulator/accounts creates one", 404)
    return account


async def _reset(request: Request) -> Response:
    context, body = context_of(request), await read(request, ResetRequest)
    context.service.reset(_account(context, body.token))
    if body.journal:
        context.journal.clear()
    if body.faults:
        context.faults.clear()
    return JSONResponse({"reset": True})


async def _seed(request: Request) -> Response:
    context, body = context_of(request), await read(request, SeedRequest)
    try:
        context.service.seed(_account(context, body.token), body.data)
    except ValueError as error:
        raise RefusedError(f"the seed cannot be used: {error}") from None
    return JSONResponse({"seeded": True})


async def _new_account(request: Request) -> Response:
    context, body = context_of(request), await read(request, AccountRequest)
    try:
        token = context.new_account(**body.options)
    except (TypeError, ValueError) as error:
        raise RefusedError(f"the account cannot be created: {error}") from None
    return JSONResponse({"token": token}, 201)  # the only answer with a token: the client needs it


async def _skip(request: Request) -> Response:
    context, body = context_of(request), await read(request, ClockRequest)
    try:
        now = context.clock.skip(body.skip_seconds)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    return JSONResponse({"now": now})


def _shown(active: ActiveFault, now: float) -> dict[str, object]:
    return {
        "number": active.number,
        **fault_to_mapping(active.fault),
        "matched": active.matched,
        "struck": active.struck,
        "spent": active.is_spent(now),
    }


async def _faults(request: Request) -> Response:
    context = context_of(request)
    now = context.clock()
    return JSONResponse([_shown(active, now) for active in context.faults.active()])


async def _set_faults(request: Request) -> Response:
    context = context_of(request)
    try:
        body = orjson.loads(await request.body())
        faults = [_fault(item) for item in (body if isinstance(body, list) else [body])]
    except orjson.JSONDecodeError as error:
        raise RefusedError(f"the body is not JSON: {error}") from None
    except FaultSyntaxError as error:
        raise RefusedError(str(error)) from None
    now = context.clock()
    return JSONResponse([_shown(active, now) for active in context.faults.add(*faults, now=now)], 201)


def _fault(body: object) -> Fault:
    if isinstance(body, str):
        return parse_fault(body)
    if isinstance(body, dict):
        return fault_from_mapping(body)
    raise FaultSyntaxError(
        'a fault is an object such as {"kind": "429", "every": 3}, or a string such as "429:every=3"'
    )


async def _clear_faults(request: Request) -> Response:
    number = request.path_params.get("number")
    removed = context_of(request).faults.clear(number)
    if number is not None and not removed:
        raise RefusedError(f"there is no fault {number}", 404)
    return JSONResponse({"cleared": removed})


async def _stories(_: Request) -> Response:
    return JSONResponse([{"name": story.name, "tells": story.tells} for story in STORIES.values()])


async def _begin_story(request: Request) -> Response:
    context, name = context_of(request), request.path_params["name"]
    if name not in STORIES:
        raise RefusedError(f"there is no story {name!r}; the stories are {', '.join(STORIES)}", 404)
    now = context.clock()
    return JSONResponse(
        [_shown(active_fault, now) for active_fault in context.faults.add(*STORIES[name].faults, now=now)],
        201,
    )


CHANGING_ROUTES = (
    ControlRoute(
        "POST",
        "/_simulator/reset",
        _reset,
        "Empty an account, the journal and the faults",
        {200: "AnyObject"},
        request=ResetRequest,
    ),
    ControlRoute(
        "POST", "/_simulator/seed", _seed, "Fill an account", {200: "AnyObject"}, request=SeedRequest
    ),
    ControlRoute(
        "POST",
        "/_simulator/accounts",
        _new_account,
        "Create an isolated account",
        {201: "AnyObject"},
        request=AccountRequest,
    ),
    ControlRoute(
        "POST", "/_simulator/clock", _skip, "Advance the clock", {200: "AnyObject"}, request=ClockRequest
    ),
    ControlRoute("GET", "/_simulator/faults", _faults, "List the faults", {200: "FaultList"}),
    ControlRoute(
        "POST", "/_simulator/faults", _set_faults, "Set faults", {201: "FaultList"}, request="FaultsRequest"
    ),
    ControlRoute("DELETE", "/_simulator/faults", _clear_faults, "Clear all faults", {200: "AnyObject"}),
    ControlRoute(
        "DELETE", "/_simulator/faults/{number:int}", _clear_faults, "Clear one fault", {200: "AnyObject"}
    ),
    ControlRoute("GET", "/_simulator/stories", _stories, "List the stories", {200: "AnyList"}),
    ControlRoute("POST", "/_simulator/stories/{name}", _begin_story, "Begin a story", {201: "FaultList"}),
)
