"""The simulated HubSpot without a server: `HubSpot.handle` turns a request into an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec

from hubspot_dest.account.schema import AccountSchema, is_account_content
from simulator.hubspot.endpoints.auth import check_scope, refused, token_of, unknown_token
from simulator.hubspot.endpoints.call import Call, Grant
from simulator.hubspot.endpoints.errors import Refusal, html_not_found, too_many
from simulator.hubspot.endpoints.occurrences.handler import OccurrenceIntake, send
from simulator.hubspot.endpoints.occurrences.requests import OccurrenceRequest
from simulator.hubspot.endpoints.registry import SCOPES, find_route
from simulator.hubspot.endpoints.route import Route
from simulator.hubspot.messages import Answer, Request
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.rate_limits import LimitExceededError
from simulator.hubspot.state.seeds import Seed
from simulator.hubspot.state.store import Store, StoreError, token_hash

__all__ = ["DEFAULT_TOKEN", "HubSpot"]

DEFAULT_TOKEN: Final = "pat-na1-00000000-0000-0000-0000-000000000000"  # noqa: S105 - a documented placeholder, not a credential
_DEFAULT_PORTAL: Final = 12345678


class HubSpot:
    """One or more accounts, each opened by its own tokens. Safe to use from several threads.

    Args:
        portal_id: the default account's portal.
        token: the default account's token.
        scopes: scopes of that token; all of them by default.
        switches: behaviours that the wire facts leave open.
        clock: returns UNIX time in seconds.
        seed: seeds the shuffle of batch results.
        max_occurrences: maximum number of occurrences per account; at the limit the oldest tenth is dropped.
        store: persists accounts; every write is committed before its answer is sent. The default account is the
            stored account that the token opens, otherwise the first stored account of this portal.

    Raises:
        StoreError: in the store, this token opens an account of another portal.

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
        self._behaviours = switches or Behaviours()
        self._store = store
        self._stored: dict[str, Grant] = {}
        self._clock = clock
        self._seed = seed
        self._max_occurrences = max_occurrences
        self._grants: dict[str, Grant] = {}
        if store is None or not self._load_stored(store, token, scopes, portal_id):
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
    ) -> SimulatedAccount:
        """Add an account that this token opens.

        Args:
            token: the account's access token.
            portal_id: the account's portal.
            scopes: scopes of the token; None for all.
            switches: the account's behaviours; those of this `HubSpot` by default.

        Raises:
            BehaviourError: a switch or its value is unknown. A subclass of ValueError.

        """
        if isinstance(switches, Mapping):
            switches = Behaviours.from_mapping(switches)
        chosen = switches or self._behaviours
        allowed = None if scopes is None else frozenset(scopes)
        number = None
        if self._store is not None:
            number = self._store.add_account(portal_id, chosen)
            self._store.save_token(number, token, allowed)
        account = self._build_account(portal_id, chosen, number)
        self._grants[token] = Grant(account, allowed)
        return account

    def add_token(self, token: str, account: SimulatedAccount) -> None:
        """Add a token with every scope to an account. The token is not stored."""
        self._grants[token] = Grant(account)

    def _build_account(self, portal_id: int, behaviours: Behaviours, number: int | None) -> SimulatedAccount:
        changes = None if number is None else Changes(number)
        return SimulatedAccount(
            portal_id,
            behaviours,
            clock=self._clock,
            seed=self._seed,
            changes=changes,
            max_occurrences=self._max_occurrences,
        )

    def _load_stored(
        self, store: Store, token: str, scopes: Iterable[str] | None, portal_id: int | None
    ) -> bool:
        """Load the stored accounts; return whether one of them became the default account."""
        chosen: Grant | None = None
        number = 0
        known = token_hash(token)
        for stored in store.accounts():
            account = self._build_account(stored.portal_id, stored.behaviours, stored.number)
            store.load(stored.number, account)
            for name, allowed in stored.tokens.items():
                self._stored[name] = Grant(account, allowed)
            same_portal = portal_id in (None, stored.portal_id)
            if known in stored.tokens and not same_portal:
                msg = f"{store.path} has portal {stored.portal_id} for this token, not {portal_id}"
                raise StoreError(msg)
            if known in stored.tokens or (chosen is None and same_portal):
                chosen, number = self._stored.get(known) or Grant(account), stored.number
        if chosen is None:
            return False
        # The options of this run replace the stored ones.
        chosen.account.behaviours = self._behaviours
        store.save_behaviours(number, self._behaviours)
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

    def account_for(self, token: str) -> SimulatedAccount | None:
        """Return the account that the token opens, or None."""
        grant = self._grant(token)
        return grant.account if grant else None

    def accounts(self) -> list[SimulatedAccount]:
        """Return every account, including stored ones that have not been used yet."""
        accounts = {
            id(grant.account): grant.account for grant in (*self._grants.values(), *self._stored.values())
        }
        return list(accounts.values())

    def portals(self) -> list[int]:
        """Return the portal of every account."""
        return [account.portal_id for account in self.accounts()]

    @property
    def store_path(self) -> str | None:
        """The path of the store, or None if accounts are kept in memory only."""
        return None if self._store is None else str(self._store.path)

    def set_behaviours(self, account: SimulatedAccount, behaviours: Behaviours) -> None:
        """Replace the behaviours of an account; its contents are unchanged. Raises StoreError."""
        with account.lock:
            account.behaviours = behaviours
            if self._store is not None and account.changes is not None:
                self._store.save_behaviours(account.changes.account, behaviours)

    def reset(self, account: SimulatedAccount) -> None:
        """Remove everything from an account but its behaviours. Raises StoreError."""
        account.reset()
        self._commit(account)

    def _commit(self, account: SimulatedAccount) -> None:
        """Commit the changes of an account to the store. Raises StoreError."""
        changes = account.changes
        if self._store is None or changes is None:
            return
        with account.lock:
            if changes:
                self._store.commit(account, changes)
                changes.clear()

    def seed(self, account: SimulatedAccount, data: Mapping[str, Any]) -> None:
        """Add contacts, definitions, contact properties and occurrences to an account.

        Args:
            account: the account to fill.
            data: a seed (`Seed`), or the content of an account file.

        Raises:
            ValueError: the data is not a valid seed, or is an account file of another portal.

        """
        if is_account_content(data):
            # Imported on first use: importing pydantic and YAML takes longer than seeding most accounts.
            from hubspot_dest.account.account_file import parse_account

            schema = parse_account(data, "seed")
            if schema.portal_id != account.portal_id:
                msg = f"the account file is for portal {schema.portal_id}, not for {account.portal_id}"
                raise ValueError(msg)
            self.adopt(account, schema)
            return
        seed = Seed.read(data)
        account.seed(seed)
        self._seed_occurrences(account, seed.occurrences)
        self._commit(account)

    def adopt(self, account: SimulatedAccount, schema: AccountSchema) -> None:
        """Add the definitions and contact properties of an account file to an account."""
        account.adopt(schema)
        self._commit(account)

    def _seed_occurrences(self, account: SimulatedAccount, entries: Sequence[Mapping[str, Any]]) -> None:
        for number, entry in enumerate(entries):
            try:
                OccurrenceIntake(account, self._clock()).take(msgspec.convert(entry, OccurrenceRequest))
                send(Call(account, msgspec.json.encode(entry), now=self._clock()))
            except (Refusal, msgspec.ValidationError) as error:
                reason = error.message if isinstance(error, Refusal) else str(error)
                msg = f"seed.occurrences.{number}: {reason}"
                raise ValueError(msg) from None

    def close(self) -> None:
        """Close the store, if there is one."""
        if self._store is not None:
            self._store.close()

    def handle(self, request: Request) -> Answer:
        """Answer one request as HubSpot does; never raise."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            return refusal.answer()
        except StoreError as error:  # the changes stay in memory and go into the next commit
            return Refusal(500, "internal error", "simulator.store", str(error), category=None).answer()
        except Exception as error:  # keep the server running, and report the cause
            decision = f"the simulator has a bug: {type(error).__name__}: {error}"
            return Refusal(500, "internal error", "simulator.bug", decision, category=None).answer()

    def _answer(self, request: Request) -> Answer:
        match = find_route(request.method, request.path)
        if match is None:
            return html_not_found(f"{request.method} {request.path}")
        route, parts = match
        if route.token_of is not None:
            return self._describe_token(request, route, parts)
        now = self._clock()
        authorization = request.headers.get("authorization", "")
        grant = self._grant(token_of(authorization)) or refused(authorization, now)
        account = grant.account
        headers: Sequence[tuple[str, str]] = ()
        try:
            check_scope(grant, route.scope)
            headers = _count(account, route, now)
            answer = route.handler(_call(request, grant, parts, now))
        except LimitExceededError as limit:
            answer = too_many(limit).answer()
        except Refusal as refusal:
            answer = refusal.answer()
        if account.changes:
            self._commit(account)
        return replace(answer, headers=(*answer.headers, *headers), portal_id=account.portal_id)

    def _describe_token(self, request: Request, route: Route, parts: tuple[str, ...]) -> Answer:
        assert route.token_of is not None
        token = route.token_of(request, parts)
        grant = self._grant(token)
        if grant is None:
            raise unknown_token("auth.token_info.unknown")
        answer = route.handler(_call(request, grant, parts, self._clock(), token))
        return replace(answer, portal_id=grant.account.portal_id)


def _count(account: SimulatedAccount, route: Route, now: float) -> Sequence[tuple[str, str]]:
    """Count a request against its route's rate limit; return the rate-limit headers. Raises LimitExceededError."""
    with account.lock:
        if route.counting == "send":
            account.limits.count_send(account.behaviours, now)
        elif route.counting == "search":
            account.limits.count_search(account.behaviours, now)
        else:
            return account.limits.count_call(account.behaviours, now)
    return ()


def _call(request: Request, grant: Grant, parts: tuple[str, ...], now: float, token: str = "") -> Call:
    return Call(
        grant.account,
        request.body,
        request.query,
        parts,
        now,
        request.path.rstrip("/"),
        request.base_url,
        SCOPES if grant.scopes is None else grant.scopes,
        token,
    )
