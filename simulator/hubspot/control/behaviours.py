"""The control routes that read and change switches, and that describe the server."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.hubspot.control.context import RefusedError, context_of, read
from simulator.hubspot.control.route import ControlRoute
from simulator.hubspot.state.behaviours import BehaviourError

__all__ = ["SWITCH_ROUTES"]


async def _switches(request: Request) -> Response:
    return JSONResponse(asdict(_account(request).behaviours))


async def _change_switches(request: Request) -> Response:
    account, switches = _account(request), await read(request, dict[str, Any])
    try:
        changed = account.behaviours.changed(switches)
    except BehaviourError as error:
        raise RefusedError(str(error)) from None
    context_of(request).service.set_behaviours(account, changed)
    return JSONResponse(asdict(changed))


async def _info(request: Request) -> Response:
    context = context_of(request)
    return JSONResponse(
        {
            "version": version("hubspot-dest"),
            "baseUrl": context.base_url,
            "portals": context.service.portals(),
            "journal": {"maxEntries": context.journal.max_entries, "maxBytes": context.journal.max_bytes},
            "store": context.service.store_path,
        }
    )


def _account(request: Request) -> Any:
    context = context_of(request)
    token = request.headers.get("x-hubspot-token") or context.default_token
    account = context.service.account_for(token)
    if account is None:
        raise RefusedError("no account has the token that X-HubSpot-Token names", 404)
    return account


SWITCH_ROUTES = (
    ControlRoute("GET", "/_simulator/switches", _switches, "Show the switches", {200: "AnyObject"}),
    ControlRoute(
        "PATCH",
        "/_simulator/switches",
        _change_switches,
        "Change switches",
        {200: "AnyObject"},
        request="SwitchesRequest",
    ),
    ControlRoute("GET", "/_simulator/info", _info, "Describe this server", {200: "AnyObject"}),
)
