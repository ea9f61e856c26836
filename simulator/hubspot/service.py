"""HubSpot's rules behind one call: a request in, an answer out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from pydantic import ValidationError

from simulator.hubspot.endpoints.account_info import named_token
from simulator.hubspot.endpoints.auth import check_scope, refused, token_of, unknown_token
from simulator.hubspot.endpoints.call import Call, Grant
from simulator.hubspot.endpoints.errors import Refusal, html_not_found
from simulator.hubspot.endpoints.occurrences import Intake, Sent, send
from simulator.hubspot.endpoints.routes import SCOPES, TokenRoute, find_route, find_token_route
from simulator.hubspot.http.messages import Answer, Request
from simulator.hubspot.state.account import Account, Behaviours, Seed
from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.store import Store, StoreError, token_hash

__all__ = ["DEFAULT_TOKEN", "HubSpot"]

DEFAULT_TOKEN: Final = "pat-na1-00000000-0000-0000-0000-000000000000"  # noqa: S105 - documented, opens nothing real
_DEFAULT_PORTAL: Final = 12345678


class HubSpot:
    """One or more accounts, told apart by their tokens. Safe to use from several threads.

    Args:
        portal_id: the default account's portal.
        token: the default account's token.
        scopes: what that token may do; everything by default.
        switches: what the specification left open.
        clock: UNIX time in seconds.
        seed: decides the order of batch results.
        max_occurrences: how many an account keeps; beyond, the oldest tenth goes and its counters say so.
        store: where accounts outlive the process; every write is in it before its answer goes out. The default
            account is the file's account that the token opens, or else its first one of this portal.

    Raises:
        StoreError: the store's account for this token is of another portal.

    """

    def __init__(
        self,
        *,
        portal_id: int | None = None,
        token: str = DEFAULT_TOKEN,
        scopes: Iterable[str] | None = None,
        switches: Behaviours | None = None,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        store: Store | None = None,
        max_occurrences: int = 2_000_000,
    ) -> None:
        self._switches = switches or Behaviours()
        self._store = store
        self._stored: dict[str, Grant] = {}
        self._clock = clock
        self._seed = seed
        self._max_occurrences = max_occurrences
        self._grants: dict[str, Grant] = {}
        if store is None or not self._take_stored(store, token, scopes, portal_id):
            portal_id = _DEFAULT_PORTAL if portal_id is None else portal_id
            self.add_account(token, portal_id=portal_id, scopes=scopes)

    def __repr__(self) -> str:
        return f"HubSpot({len(self._grants)} tokens)"

    def add_account(
        self,
        token: str,
        *,
        portal_id: int = _DEFAULT_PORTAL,
        scopes: Iterable[str] | None = None,
        switches: Behaviours | Mapping[str, Any] | None = None,
    ) -> Account:
        """Make an account of its own that this token leads to.

        Raises:
            SwitchError: for a switch that there is not; a ValueError.

        """
        if isinstance(switches, Mapping):
            switches = Behaviours.from_mapping(switches)
        chosen = switches or self._switches
        allowed = None if scopes is None else frozenset(scopes)
        number = None
        if self._store is not None:
            number = self._store.add_account(portal_id, chosen)
            self._store.save_token(number, token, allowed)
        account = self._made(portal_id, chosen, number)
        self._grants[token] = Grant(account, allowed)
        return account

    def add_token(self, token: str, account: Account) -> None:
        """Let a further token lead to an account, with every scope; it is not kept in a store."""
        self._grants[token] = Grant(account)

    def _made(self, portal_id: int, switches: Behaviours, number: int | None) -> Account:
        changes = None if number is None else Changes(number)
        return Account(
            portal_id,
            switches,
            clock=self._clock,
            seed=self._seed,
            changes=changes,
            max_occurrences=self._max_occurrences,
        )

    def _take_stored(
        self, store: Store, token: str, scopes: Iterable[str] | None, portal_id: int | None
    ) -> bool:
        """Load the file's accounts; tell whether one of them is the default account."""
        chosen: Grant | None = None
        number = 0
        known = token_hash(token)
        for stored in store.accounts():
            account = self._made(stored.portal_id, stored.switches, stored.number)
            store.load(stored.number, account)
            for name, scopes in stored.tokens.items():
                self._stored[name] = Grant(account, scopes)
            same_portal = portal_id in (None, stored.portal_id)
            if known in stored.tokens and not same_portal:
                msg = f"{store.path} has portal {stored.portal_id} for this token, not {portal_id}"
                raise StoreError(msg)
            if known in stored.tokens or (chosen is None and same_portal):
                chosen, number = self._stored.get(known) or Grant(account), stored.number
        if chosen is None:
            return False
        # What the command line says now holds, whatever held at the last start.
        chosen.account.switches = self._switches
        store.save_switches(number, self._switches)
        chosen = Grant(chosen.account, None if scopes is None else frozenset(scopes))
        store.save_token(number, token, chosen.scopes)
        self._grants[token] = chosen
        return True

    def _grant(self, token: str | None) -> Grant | None:
        if token is None:
            return None
        grant = self._grants.get(token)
        if grant is None and self._stored:
            grant = self._stored.get(token_hash(token))
            if grant is not None:
                self._grants[token] = grant
        return grant

    def account_for(self, token: str) -> Account | None:
        """Return the token's account, or None."""
        grant = self._grant(token)
        return grant.account if grant else None

    def accounts(self) -> list[Account]:
        """Return every account, those of the store that nobody asked for yet included."""
        every = {id(one.account): one.account for one in (*self._grants.values(), *self._stored.values())}
        return list(every.values())

    def portals(self) -> list[int]:
        """Return the portal of every account."""
        return [one.portal_id for one in self.accounts()]

    @property
    def store_path(self) -> str | None:
        """The file that keeps the accounts, None in memory."""
        return None if self._store is None else str(self._store.path)

    def turn(self, account: Account, switches: Behaviours) -> None:
        """Give an account other switches; what it knows stays."""
        with account.lock:
            account.switches = switches
            if self._store is not None and account.changes is not None:
                self._store.save_switches(account.changes.account, switches)

    def reset(self, account: Account) -> None:
        """Empty one account."""
        account.reset()
        self._keep(account)

    def _keep(self, account: Account) -> None:
        """Commit what changed in an account. Raises StoreError."""
        changes = account.changes
        if self._store is None or changes is None:
            return
        with account.lock:
            if changes:
                self._store.commit(account, changes)
                changes.clear()

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
        self._keep(account)

    def _seed_occurrences(self, account: Account, wanted: Sequence[Mapping[str, Any]]) -> None:
        for number, one in enumerate(wanted):
            try:
                Intake(account, self._clock()).take(msgspec.convert(one, Sent))
                send(Call(account, msgspec.json.encode(one), (), (), self._clock()))
            except (Refusal, msgspec.ValidationError) as error:
                said = error.message if isinstance(error, Refusal) else str(error)
                msg = f"seed.occurrences.{number}: {said}"
                raise ValueError(msg) from None

    def close(self) -> None:
        """Let go of the store; in memory there is nothing to."""
        if self._store is not None:
            self._store.close()

    def handle(self, request: Request) -> Answer:
        """Answer one request as HubSpot does; never raises."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            return refusal.answer()
        except StoreError as error:  # what memory has is tried again with the next write
            return Refusal(500, "internal error", "simulator.store", str(error), category=None).answer()
        except Exception as error:  # the server goes on, and says whose fault it is
            decision = f"the simulator has a bug: {type(error).__name__}: {error}"
            return Refusal(500, "internal error", "simulator.bug", decision, category=None).answer()

    def _about_token(self, request: Request, route: TokenRoute, parts: tuple[str, ...]) -> Answer:
        token = named_token(request, parts)
        grant = self._grant(token)
        if grant is None:
            raise unknown_token("auth.token_info.unknown")
        call = Call(grant.account, request.body, request.query, parts, self._clock())
        return replace(route.answer(call, grant, token, SCOPES), portal_id=grant.account.portal_id)

    def _answer(self, request: Request) -> Answer:
        found = find_route(request.method, request.path)
        if found is None:
            about = find_token_route(request.method, request.path)
            if about is not None:
                return self._about_token(request, *about)
            return html_not_found(f"{request.method} {request.path}")
        route, parts = found
        now = self._clock()
        authorization = request.headers.get("authorization", "")
        grant = self._grant(token_of(authorization)) or refused(authorization, now)
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
        if account.changes:
            self._keep(account)
        return replace(answer, headers=(*answer.headers, *headers), portal_id=account.portal_id)
