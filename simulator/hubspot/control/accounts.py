"""The control routes that show the contents of accounts."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.hubspot.control.context import RefusedError, context_of
from simulator.hubspot.control.queries import (
    ContactPage,
    account_view,
    contact_view,
    contacts_page,
    definitions_view,
)
from simulator.hubspot.control.route import ACCOUNT, PAGE, ControlRoute
from simulator.hubspot.state.account import SimulatedAccount

__all__ = ["ACCOUNT_ROUTES", "chosen_account", "whole_number"]
__all__ += ["shown_contact", "shown_contacts", "shown_definitions"]


async def _accounts(request: Request) -> Response:
    accounts = context_of(request).service.accounts()
    return JSONResponse([account_view(number, account) for number, account in enumerate(accounts)])


async def _contacts(request: Request) -> Response:
    words, start = request.query_params.get("q", ""), whole_number(request, "after", 0)
    limit = max(1, min(whole_number(request, "limit", 50), 500))
    return JSONResponse(asdict(await shown_contacts(request, words, start, limit)))


async def _contact(request: Request) -> Response:
    return JSONResponse(await shown_contact(request))


async def _definitions(request: Request) -> Response:
    return JSONResponse(await shown_definitions(request))


# The status pages and the control routes share these functions. They search large accounts in a worker thread, and mask
# tokens that were sent as values, as the journal does.


async def shown_contacts(request: Request, words: str, start: int, limit: int) -> ContactPage:
    """Return a page of the chosen account's contacts. Raises RefusedError."""
    account, mask = chosen_account(request), context_of(request).journal.masker
    page = await run_in_threadpool(contacts_page, account, words=words, start=start, limit=limit)
    return replace(page, contacts=cast("list[dict[str, Any]]", mask.value(page.contacts)))


async def shown_contact(request: Request) -> dict[str, Any]:
    """Return the contact whose id is in the path. Raises RefusedError."""
    identifier = request.path_params["contact"]
    found = await run_in_threadpool(contact_view, chosen_account(request), identifier)
    if found is None:
        raise RefusedError(f"no contact has the id {identifier}", 404)
    return cast("dict[str, Any]", context_of(request).journal.masker.value(found))


async def shown_definitions(request: Request) -> list[dict[str, Any]]:
    """Return the chosen account's definitions. Raises RefusedError."""
    found = await run_in_threadpool(definitions_view, chosen_account(request))
    return cast("list[dict[str, Any]]", context_of(request).journal.masker.value(found))


def chosen_account(request: Request) -> SimulatedAccount:
    """Return the account at the index of the query parameter `account`, 0 by default. Raises RefusedError."""
    accounts: list[SimulatedAccount] = context_of(request).service.accounts()
    number = whole_number(request, "account", 0)
    if number >= len(accounts):
        raise RefusedError(f"there is no account {number}; GET /_simulator/accounts lists the accounts", 404)
    return accounts[number]


def whole_number(request: Request, name: str, default: int) -> int:
    """Parse a whole number of the query; return `default` if it is absent or empty. Raises RefusedError."""
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RefusedError(f"{name} is {text!r}: write a whole number")
    return int(text)


ACCOUNT_ROUTES = (
    ControlRoute("GET", "/_simulator/accounts", _accounts, "List the accounts", {200: "AnyList"}),
    ControlRoute(
        "GET",
        "/_simulator/contacts",
        _contacts,
        "List contacts, newest first",
        {200: "AnyObject"},
        query={"q": {"type": "string"}, **ACCOUNT, **PAGE},
    ),
    ControlRoute(
        "GET",
        "/_simulator/contacts/{contact}",
        _contact,
        "Show a contact with its history and timeline",
        {200: "AnyObject"},
        query=ACCOUNT,
    ),
    ControlRoute(
        "GET",
        "/_simulator/definitions",
        _definitions,
        "List definitions with their counts",
        {200: "AnyList"},
        query=ACCOUNT,
    ),
)
