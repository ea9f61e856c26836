"""The routes of the status pages: server-rendered HTML, one style sheet, one script for the live journal."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from hubspot_dest.amounts import plural
from simulator.hubspot.control.accounts import (
    shown_contact,
    shown_contacts,
    shown_definitions,
    whole_number,
)
from simulator.hubspot.control.context import COOKIE, GUARDS, RefusedError, admitted, context_of
from simulator.hubspot.control.pages.overview import overview_values
from simulator.hubspot.control.pages.rendering import render

__all__ = ["PAGE_ROUTES"]

_CONTACTS: Final = "/_simulator/pages/contacts"
_DEFINITIONS: Final = "/_simulator/pages/definitions"
_PAGE_SIZE: Final = 50
Page = Callable[[Request], Awaitable[Response]]


def _html(template: str, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(render(template, **values), status, GUARDS)


def _admitted_only(page: Page) -> Page:
    """Wrap a page: show the sign-in page without the control token or its cookie, and refusals as HTML."""

    async def shown(request: Request) -> Response:
        if not admitted(request):
            return _html("sign_in.html", 401)
        try:
            return await page(request)
        except RefusedError as refused:
            return _html("refused.html", refused.status, title=str(refused))

    return shown


async def _start(request: Request) -> Response:
    """Show the overview; `?token=` sets the cookie and redirects, which removes the token from the URL."""
    context = context_of(request)
    offered = request.query_params.get("token")
    if offered is not None and hmac.compare_digest(offered.encode(), context.token.encode()):
        response: Response = RedirectResponse("/", 303, headers=GUARDS)
        response.set_cookie(COOKIE, context.token, httponly=True, samesite="strict", path="/")
        return response
    return await _overview(request)


@_admitted_only
async def _overview(request: Request) -> Response:
    return _html("overview.html", title="Overview", here="/", **overview_values(context_of(request)))


@_admitted_only
async def _contacts(request: Request) -> Response:
    words, start = request.query_params.get("q", ""), whole_number(request, "after", 0)
    page = await shown_contacts(request, words, start, _PAGE_SIZE)
    portals, number = _portals(request)
    empty = (
        f"None of {page.total:,} {plural(page.total, 'contact')} contains {words!r}."
        if words
        else "There are no contacts yet."
    )
    return _html(
        "contacts.html",
        title="Contacts",
        here=_CONTACTS,
        portals=portals,
        number=number,
        words=words,
        page=page,
        empty=empty,
        start=start,
        newer=max(0, start - _PAGE_SIZE) if start else None,
        turn=partial(_address, number, words),
    )


def _address(number: int, words: str, start: int) -> str:
    return f"{_CONTACTS}?{urlencode({'account': number, 'q': words, 'after': start})}"


@_admitted_only
async def _contact(request: Request) -> Response:
    found = await shown_contact(request)
    portals, number = _portals(request)
    title = found["name"] or found["email"] or f"Contact {found['id']}"
    return _html("contact.html", title=title, contact=found, number=number, portal=portals[number])


@_admitted_only
async def _definitions(request: Request) -> Response:
    found = await shown_definitions(request)
    portals, number = _portals(request)
    return _html(
        "definitions.html",
        title="Definitions",
        here=_DEFINITIONS,
        portals=portals,
        number=number,
        definitions=found,
    )


def _portals(request: Request) -> tuple[list[int], int]:
    """Return the portals of all accounts, and the index of the chosen account."""
    portals = [account.portal_id for account in context_of(request).service.accounts()]
    return portals, whole_number(request, "account", 0)


async def _style(_: Request) -> Response:
    return Response(_asset("page.css"), media_type="text/css", headers=GUARDS)


async def _script(_: Request) -> Response:
    return Response(_asset("page.js"), media_type="text/javascript", headers=GUARDS)


def _asset(name: str) -> bytes:
    return files(__package__).joinpath("static", name).read_bytes()


PAGE_ROUTES = (
    ("/", _start),
    (_CONTACTS, _contacts),
    (f"{_CONTACTS}/{{contact}}", _contact),
    (_DEFINITIONS, _definitions),
    ("/_simulator/page.css", _style),
    ("/_simulator/page.js", _script),
)
