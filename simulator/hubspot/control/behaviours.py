"""The control routes that read and turn switches, and that tell what runs here."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.hubspot.control.context import RefusedError, read, room_of
from simulator.hubspot.state.behaviours import BehaviourError

__all__ = ["SWITCH_ROUTES"]


async def _switches(request: Request) -> Response:
    return JSONResponse(asdict(_account(request).switches))


async def _turn(request: Request) -> Response:
    account, wanted = _account(request), await read(request, dict[str, Any])
    try:
        changed = account.switches.changed(wanted)
    except BehaviourError as error:
        raise RefusedError(str(error)) from None
    room_of(request).service.turn(account, changed)
    return JSONResponse(asdict(changed))


async def _info(request: Request) -> Response:
    room = room_of(request)
    return JSONResponse(
        {
            "version": version("hubspot-dest"),
            "baseUrl": room.base_url,
            "portals": room.service.portals(),
            "journal": {"maxEntries": room.journal.max_entries, "maxBytes": room.journal.max_bytes},
            "store": room.service.store_path,
        }
    )


def _account(request: Request) -> Any:
    room = room_of(request)
    token = request.headers.get("x-hubspot-token") or room.default_token
    account = room.service.account_for(token)
    if account is None:
        raise RefusedError("no account has the token that X-HubSpot-Token names", 404)
    return account


SWITCH_ROUTES = (
    ("GET", "/_simulator/switches", _switches),
    ("PATCH", "/_simulator/switches", _turn),
    ("GET", "/_simulator/info", _info),
)
