"""HubSpot's rules behind one call: a request in, an answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from .account import Account, Seed, Switches
from .auth import check_scope, grant_of
from .call import Call, Grant
from .errors import Refusal, html_not_found
from .exchange import Answer, Request
from .identity import token_information
from .occurrences import Sent, send, take
from .routes import find_route

__all__ = ["DEFAULT_TOKEN", "HubSpot"]

DEFAULT_TOKEN: Final = "pat-na1-00000000-0000-0000-0000-000000000000"  # noqa: S105 - documented, opens nothing real


class HubSpot:
    """One or more accounts, told apart by their tokens. Safe to use from several threads.

    Args:
        portal_id: the default account's portal.
        token: the default account's token.
        switches: what the specification left open.
        clock: UNIX time in seconds.
        seed: decides the order of batch results.

    """

    def __init__(
        self,
        *,
        portal_id: int = 12345678,
        token: str = DEFAULT_TOKEN,
        switches: Switches | None = None,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
    ) -> None:
        self._switches = switches or Switches()
        self._clock = clock
        self._seed = seed
        self._grants: dict[str, Grant] = {}
        self.add_account(token, portal_id=portal_id)

    def __repr__(self) -> str:
        return f"HubSpot({len(self._grants)} tokens)"

    def add_account(
        self,
        token: str,
        *,
        portal_id: int = 12345678,
        scopes: Iterable[str] | None = None,
        switches: Switches | Mapping[str, Any] | None = None,
    ) -> Account:
        """Make an account of its own that this token leads to.

        Raises:
            SwitchError: for a switch that there is not; a ValueError.

        """
        if isinstance(switches, Mapping):
            switches = Switches.from_mapping(switches)
        account = Account(portal_id, switches or self._switches, clock=self._clock, seed=self._seed)
        self._grants[token] = Grant(account, None if scopes is None else frozenset(scopes))
        return account

    def account_for(self, token: str) -> Account | None:
        """Return the token's account, or None."""
        grant = self._grants.get(token)
        return grant.account if grant else None

    def reset(self, account: Account) -> None:
        """Empty one account."""
        account.reset()

    def seed(self, account: Account, data: Mapping[str, Any]) -> None:
        """Fill one account with contacts, definitions, contact properties and occurrences.

        Raises:
            ValueError: where the data are not what a seed is.

        """
        try:
            seed = Seed.model_validate(dict(data))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(step) for step in first["loc"])
            msg = f"seed.{place}: {first['msg']}"
            raise ValueError(msg) from None
        account.seed(seed)
        self._seed_occurrences(account, seed.occurrences)

    def _seed_occurrences(self, account: Account, wanted: Sequence[Mapping[str, Any]]) -> None:
        for number, one in enumerate(wanted):
            try:
                take(account, msgspec.convert(one, Sent), self._clock())
                send(Call(account, msgspec.json.encode(one), (), (), self._clock()))
            except (Refusal, msgspec.ValidationError) as error:
                said = error.message if isinstance(error, Refusal) else str(error)
                msg = f"seed.occurrences.{number}: {said}"
                raise ValueError(msg) from None

    def close(self) -> None:
        """Let go of everything; in memory there is nothing to."""

    def handle(self, request: Request) -> Answer:
        """Answer one request as HubSpot does; never raises."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            return refusal.answer()
        except Exception as error:  # the server goes on, and says whose fault it is
            decision = f"the simulator has a bug: {type(error).__name__}: {error}"
            return Refusal(500, "internal error", "simulator.bug", decision, category=None).answer()

    def _answer(self, request: Request) -> Answer:
        found = find_route(request.method, request.path)
        if found is None:
            told = token_information(request, self._grants)
            return told or html_not_found(f"{request.method} {request.path}")
        route, parts = found
        now = self._clock()
        grant = grant_of(request.headers.get("authorization", ""), self._grants, now)
        account = grant.account
        headers: Sequence[tuple[str, str]] = ()
        try:
            check_scope(grant, route.scope)
            with account.lock:
                if route.counting == "send":
                    account.limits.count_send(account.switches, now)
                elif route.counting == "search":
                    account.limits.count_search(account.switches, now)
                else:
                    headers = account.limits.count_call(account.switches, now)
            answer = route.answer(Call(account, request.body, request.query, parts, now))
        except Refusal as refusal:
            answer = refusal.answer()
        return replace(answer, headers=(*answer.headers, *headers), portal_id=account.portal_id)
