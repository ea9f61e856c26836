"""The control routes that change the fake HubSpot: reset, seed, accounts, clock, faults and stories."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.hubspot.control.context import ControlContext, RefusedError, read, room_of
from simulator.hubspot.faults.fault_board import ActiveFault, Fault
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import (
    FaultSyntaxError,
    fault_from_mapping,
    fault_to_mapping,
    parse_fault,
)

__all__ = ["CHANGING_ROUTES", "NewAccount", "Reset", "Seeding", "Skip"]


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """Which account to empty, by its token; the default account without one."""

    token: str | None = None
    journal: bool = True
    faults: bool = True


class Seeding(msgspec.Struct, forbid_unknown_fields=True):
    """What an account begins with."""

    data: dict[str, Any]
    token: str | None = None


class NewAccount(msgspec.Struct, forbid_unknown_fields=True):
    """Options of an account of its own: portal_id, scopes, switches."""

    options: dict[str, Any] = {}


class Skip(msgspec.Struct, forbid_unknown_fields=True):
    """How far to put the clock forward."""

    skip_seconds: float


def _account(room: ControlContext, token: str | None) -> Any:
    account = room.service.account_for(token or room.default_token)
    if account is None:
        raise RefusedError("no account has this token; POST /_simulator/accounts makes one", 404)
    return account


async def _reset(request: Request) -> Response:
    room, wanted = room_of(request), await read(request, Reset)
    room.service.reset(_account(room, wanted.token))
    if wanted.journal:
        room.journal.clear()
    if wanted.faults:
        room.faults.clear()
    return JSONResponse({"reset": True})


async def _seed(request: Request) -> Response:
    room, wanted = room_of(request), await read(request, Seeding)
    try:
        room.service.seed(_account(room, wanted.token), wanted.data)
    except ValueError as error:
        raise RefusedError(f"the seed cannot be used: {error}") from None
    return JSONResponse({"seeded": True})


async def _new_account(request: Request) -> Response:
    room, wanted = room_of(request), await read(request, NewAccount)
    try:
        token = room.new_account(**wanted.options)
    except (TypeError, ValueError) as error:
        raise RefusedError(f"the account cannot be made: {error}") from None
    return JSONResponse({"token": token}, 201)  # the only place that tells a token: whoever made it needs it


async def _skip(request: Request) -> Response:
    room, wanted = room_of(request), await read(request, Skip)
    try:
        now = room.clock.skip(wanted.skip_seconds)
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
    room = room_of(request)
    now = room.clock()
    return JSONResponse([_shown(active, now) for active in room.faults.active()])


async def _set_faults(request: Request) -> Response:
    room = room_of(request)
    try:
        wanted = orjson.loads(await request.body())
        faults = [_fault(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
    except orjson.JSONDecodeError as error:
        raise RefusedError(f"the body is not JSON: {error}") from None
    except FaultSyntaxError as error:
        raise RefusedError(str(error)) from None
    now = room.clock()
    return JSONResponse([_shown(active, now) for active in room.faults.add(*faults, now=now)], 201)


def _fault(wanted: object) -> Fault:
    if isinstance(wanted, str):
        return parse_fault(wanted)
    if isinstance(wanted, dict):
        return fault_from_mapping(wanted)
    raise FaultSyntaxError(
        'a fault is an object such as {"kind": "429", "every": 3}, or a text such as "429:every=3"'
    )


async def _clear_faults(request: Request) -> Response:
    number = request.path_params.get("number")
    gone = room_of(request).faults.clear(number)
    if number is not None and not gone:
        raise RefusedError(f"there is no fault {number}", 404)
    return JSONResponse({"cleared": gone})


async def _stories(_: Request) -> Response:
    return JSONResponse([{"name": story.name, "tells": story.tells} for story in STORIES.values()])


async def _tell_story(request: Request) -> Response:
    room, name = room_of(request), request.path_params["name"]
    if name not in STORIES:
        raise RefusedError(f"there is no story {name!r}; there are {', '.join(STORIES)}", 404)
    now = room.clock()
    return JSONResponse([_shown(one, now) for one in room.faults.add(*STORIES[name].faults, now=now)], 201)


CHANGING_ROUTES = (
    ("POST", "/_simulator/reset", _reset),
    ("POST", "/_simulator/seed", _seed),
    ("POST", "/_simulator/accounts", _new_account),
    ("POST", "/_simulator/clock", _skip),
    ("GET", "/_simulator/faults", _faults),
    ("POST", "/_simulator/faults", _set_faults),
    ("DELETE", "/_simulator/faults", _clear_faults),
    ("DELETE", "/_simulator/faults/{number:int}", _clear_faults),
    ("GET", "/_simulator/stories", _stories),
    ("POST", "/_simulator/stories/{name}", _tell_story),
)
