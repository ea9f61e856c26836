"""The status pages: server-rendered HTML, one style sheet, one script for the live journal. Nothing from outside."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from simulator.hubspot.control.accounts import (
    shown_contact,
    shown_contacts,
    shown_definitions,
    whole_number,
)
from simulator.hubspot.control.context import COOKIE, GUARDS, RefusedError, admitted, room_of
from simulator.hubspot.control.pages.frame import page_frame
from simulator.hubspot.control.pages.overview import overview
from simulator.hubspot.control.pages.people import (
    PAGE_SIZE,
    contact_content,
    contacts_content,
    definitions_content,
    portal_choice,
)

__all__ = ["PAGE_ROUTES", "page_frame"]

_CONTACTS, _DEFINITIONS = "/_simulator/pages/contacts", "/_simulator/pages/definitions"
Page = Callable[[Request], Awaitable[Response]]


def _for_the_admitted(page: Page) -> Page:
    """Show a page to who has the control token or its cookie; a wrong address is a page, too."""

    async def shown(request: Request) -> Response:
        if not admitted(request):
            said = "<p>Open the link with <code>?token=…</code> printed at start.</p>"
            return HTMLResponse(page_frame(said), 401, GUARDS)
        try:
            return await page(request)
        except RefusedError as refused:
            return HTMLResponse(page_frame("", title=str(refused)), refused.status, GUARDS)

    return shown


async def _start(request: Request) -> Response:
    """Show the first page; `?token=` sets the cookie and goes away from the address bar."""
    room = room_of(request)
    offered = request.query_params.get("token")
    if offered is not None and hmac.compare_digest(offered.encode(), room.token.encode()):
        response: Response = RedirectResponse("/", 303, headers=GUARDS)
        response.set_cookie(COOKIE, room.token, httponly=True, samesite="strict", path="/")
        return response
    return await _overview(request)


@_for_the_admitted
async def _overview(request: Request) -> Response:
    return HTMLResponse(page_frame(overview(room_of(request)), title="Overview", here="/"), headers=GUARDS)


@_for_the_admitted
async def _contacts(request: Request) -> Response:
    words, start = request.query_params.get("q", ""), whole_number(request, "after", 0)
    page = await shown_contacts(request, words, start, PAGE_SIZE)
    portals, number = _portals(request)
    content = portal_choice(portals, number, _CONTACTS) + contacts_content(page, number, words, start)
    return HTMLResponse(page_frame(content, title="Contacts", here=_CONTACTS), headers=GUARDS)


@_for_the_admitted
async def _contact(request: Request) -> Response:
    found = await shown_contact(request)
    portals, number = _portals(request)
    title = found["name"] or found["email"] or f"Contact {found['id']}"
    content = contact_content(found, number, portals[number])
    return HTMLResponse(page_frame(content, title=title), headers=GUARDS)


@_for_the_admitted
async def _definitions(request: Request) -> Response:
    found = await shown_definitions(request)
    portals, number = _portals(request)
    content = portal_choice(portals, number, _DEFINITIONS) + definitions_content(found)
    return HTMLResponse(page_frame(content, title="Definitions", here=_DEFINITIONS), headers=GUARDS)


def _portals(request: Request) -> tuple[list[int], int]:
    """Return the portal of every account, and which account is looked at."""
    portals = [account.portal_id for account in room_of(request).service.accounts()]
    return portals, whole_number(request, "account", 0)


async def _style(_: Request) -> Response:
    return Response(_asset("page.css"), media_type="text/css", headers=GUARDS)


async def _script(_: Request) -> Response:
    return Response(_asset("page.js"), media_type="text/javascript", headers=GUARDS)


def _asset(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


PAGE_ROUTES = (
    ("/", _start),
    (_CONTACTS, _contacts),
    (f"{_CONTACTS}/{{contact}}", _contact),
    (_DEFINITIONS, _definitions),
    ("/_simulator/page.css", _style),
    ("/_simulator/page.js", _script),
)
