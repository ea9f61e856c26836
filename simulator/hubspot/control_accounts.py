"""The control routes that show what the accounts hold."""

from __future__ import annotations

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .account import Account
from .control_room import RefusedError, room_of
from .looking import account_view, contact_view, contacts_page, definitions_view

__all__ = ["ACCOUNT_ROUTES", "chosen_account", "whole_number"]


async def _accounts(request: Request) -> Response:
    accounts = room_of(request).service.accounts()
    return JSONResponse([account_view(number, one) for number, one in enumerate(accounts)])


async def _contacts(request: Request) -> Response:
    words, start = request.query_params.get("q", ""), whole_number(request, "after", 0)
    limit = max(1, min(whole_number(request, "limit", 50), 500))
    return JSONResponse(asdict(contacts_page(chosen_account(request), words=words, start=start, limit=limit)))


async def _contact(request: Request) -> Response:
    identifier = request.path_params["contact"]
    found = contact_view(chosen_account(request), identifier)
    if found is None:
        raise RefusedError(f"no contact has the id {identifier}", 404)
    return JSONResponse(found)


async def _definitions(request: Request) -> Response:
    return JSONResponse(definitions_view(chosen_account(request)))


def chosen_account(request: Request) -> Account:
    """Return the account whose place in the list `account` names; the first by default. Raises RefusedError."""
    accounts: list[Account] = room_of(request).service.accounts()
    number = whole_number(request, "account", 0)
    if number >= len(accounts):
        raise RefusedError(f"there is no account {number}; GET /_simulator/accounts lists them", 404)
    return accounts[number]


def whole_number(request: Request, name: str, default: int) -> int:
    """Return a whole number of the query. Raises RefusedError."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RefusedError(f"{name} is {text!r}: write a whole number")
    return int(text)


ACCOUNT_ROUTES = (
    ("GET", "/_simulator/accounts", _accounts),
    ("GET", "/_simulator/contacts", _contacts),
    ("GET", "/_simulator/contacts/{contact}", _contact),
    ("GET", "/_simulator/definitions", _definitions),
)
