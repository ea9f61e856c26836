"""HubSpot's rules behind one call: a request in, an answer out. First form: what the sender itself uses.

Custom event occurrences, singly, in batches and read back; event definitions; contacts by id or e-mail. Everything
else answers 404 as an unknown route does; the rest of HubSpot's surface is an issue of its own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from pydantic import ValidationError

from . import contacts, definitions, occurrences, readback
from .account import Account, Seed, Switches
from .contact_batches import BATCHES
from .errors import Refusal, html_not_found
from .exchange import Answer, Request

__all__ = ["DEFAULT_TOKEN", "HubSpot"]

DEFAULT_TOKEN: Final = "pat-na1-00000000-0000-0000-0000-000000000000"  # noqa: S105 - documented, opens nothing real

# v3 and the dated paths are aliases of one handler each (sections 1.1 and 3).
_SEND: Final = re.compile(r"/events/(?:v3|custom/\d{4}-\d{2}|\d{4}-\d{2})/send(/batch)?/?")
_DEFINITIONS: Final = re.compile(
    r"/events/(?:v3|custom/\d{4}-\d{2}|\d{4}-\d{2})/event-definitions"
    r"(?:/(?P<name>[^/]+)(?P<property>/property(?:/(?P<property_name>[^/]+))?)?)?/?"
)
_READ: Final = re.compile(r"/events/(?:v3/events|event-occurrences/\d{4}-\d{2})(?P<types>/event-types)?/?")
_CONTACTS: Final = re.compile(
    r"/crm/(?:v3/objects|objects/\d{4}-\d{2})/(?:contacts|0-1)(?:/batch/(?P<batch>[a-z]+)|/(?P<id>[^/]+))?/?"
)


class HubSpot:
    """One or more accounts, told apart by their tokens. Safe to use from several threads.

    Args:
        portal_id: the default account's portal.
        token: the default account's token.
        switches: what the specification left open.
        clock: UNIX time in seconds.

    """

    def __init__(
        self,
        *,
        portal_id: int = 12345678,
        token: str = DEFAULT_TOKEN,
        switches: Switches | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._switches = switches or Switches()
        self._clock = clock
        self._accounts: dict[str, Account] = {}
        self.add_account(token, portal_id=portal_id)

    def __repr__(self) -> str:
        return f"HubSpot({len(self._accounts)} accounts)"

    def add_account(
        self, token: str, *, portal_id: int = 12345678, switches: Switches | None = None
    ) -> Account:
        """Make an account of its own that this token leads to."""
        account = self._accounts[token] = Account(portal_id, switches or self._switches)
        return account

    def account_for(self, token: str) -> Account | None:
        """Return the token's account, or None."""
        return self._accounts.get(token)

    def reset(self, account: Account) -> None:
        """Empty one account."""
        with account.lock:
            account.reset()

    def seed(self, account: Account, data: Mapping[str, Any]) -> None:
        """Fill one account with contacts, definitions and contact properties.

        Raises:
            ValueError: where the data are not what a seed is.

        """
        try:
            account.seed(Seed.model_validate(dict(data)))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            msg = f"seed.{place}: {first['msg']}"
            raise ValueError(msg) from None

    def close(self) -> None:
        """Let go of everything; in memory there is nothing to."""

    def handle(self, request: Request) -> Answer:
        """Answer one request as HubSpot does; never raises."""
        try:
            answer = self._answer(request)
        except Refusal as refusal:
            answer = refusal.answer()
        except Exception as error:  # the server goes on, and says whose fault it is
            decision = f"the simulator has a bug: {type(error).__name__}: {error}"
            answer = Refusal(500, "internal error", "simulator.bug", decision, category=None).answer()
        return answer

    def _answer(self, request: Request) -> Answer:
        for pattern, take in (
            (_SEND, self._send),
            (_CONTACTS, self._contact),
            (_DEFINITIONS, self._definition),
            (_READ, self._read),
        ):
            match = pattern.fullmatch(request.path)
            if match is not None:
                account = self._authenticated(request)
                answer = take(account, request, match)
                return html_not_found(f"{request.method} {request.path}") if answer is None else answer
        return html_not_found(request.path)

    def _send(self, account: Account, request: Request, match: re.Match[str]) -> Answer | None:
        if request.method != "POST":
            return None
        take = occurrences.send_batch if match[1] else occurrences.send
        return take(account, request.body, self._clock())

    def _read(self, account: Account, request: Request, match: re.Match[str]) -> Answer | None:
        if request.method != "GET":
            return None
        if match["types"]:
            return readback.event_types(account)
        return readback.events(account, request.query, request.path)

    def _definition(self, account: Account, request: Request, match: re.Match[str]) -> Answer | None:
        name, method = match["name"], request.method
        if name is None:
            if method == "POST":
                return definitions.create(account, request.body)
            asked = dict(request.query)
            limit = asked.get("limit", "100")
            return (
                definitions.listing(
                    account, asked.get("searchString", ""), int(limit) if limit.isdigit() else 100
                )
                if method == "GET"
                else None
            )
        name = unquote(name)
        if match["property_name"] is not None:
            property_name = unquote(match["property_name"])
            return definitions.delete_property(account, name, property_name) if method == "DELETE" else None
        if match["property"] is not None:
            return definitions.add_property(account, name, request.body) if method == "POST" else None
        if method == "GET":
            return definitions.get(account, name)
        if method == "PATCH":
            return definitions.change(account, name, request.body)
        return definitions.delete(account, name) if method == "DELETE" else None

    def _contact(self, account: Account, request: Request, match: re.Match[str]) -> Answer | None:
        raw_id, now = match["id"], self._clock()
        if match["batch"] is not None:
            take = BATCHES.get(match["batch"])
            return take(account, request.body, now) if take is not None and request.method == "POST" else None
        id_property = next((value for name, value in request.query if name == "idProperty"), None)
        if raw_id is None and request.method == "POST":
            return contacts.create(account, request.body, now)
        if raw_id is not None and request.method == "GET":
            return contacts.get(account, unquote(raw_id), id_property)
        if raw_id is not None and request.method == "PATCH":
            return contacts.update(account, unquote(raw_id), id_property, request.body, now)
        if raw_id is not None and request.method == "DELETE":
            return contacts.archive(account, unquote(raw_id))
        return None

    def _authenticated(self, request: Request) -> Account:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        account = self._accounts.get(token) if scheme == "Bearer" else None
        if account is None:
            message = (
                "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find "
                "more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview"
            )
            headers = (("X-HubSpot-Auth-Failure", "401 Unauthorized"),)
            raise Refusal(401, message, "auth.token", category="INVALID_AUTHENTICATION", headers=headers)
        return account
