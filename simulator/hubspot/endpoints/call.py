"""One authenticated request, as its handler receives it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.hubspot.state.account import SimulatedAccount

__all__ = ["Call", "Grant"]


@dataclass(frozen=True, slots=True)
class Grant:
    """The account and the scopes of a token, where None means all scopes. The token itself is not kept."""

    account: SimulatedAccount
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed the checks of token, scope and rate limit.

    Attributes:
        account: the account that the token opens.
        body: the raw bytes.
        query: decoded pairs in the order of the query string.
        parts: the path parameters, each percent-decoded once.
        now: UNIX time in seconds.
        path: the raw request path, without a trailing slash.
        base_url: the address under which the client reached this server, without a trailing slash.
        scopes: the scopes of the token.
        token: the token to describe, for the routes that describe a token; otherwise empty.

    """

    account: SimulatedAccount
    body: bytes = b""
    query: Sequence[tuple[str, str]] = ()
    parts: tuple[str, ...] = ()
    now: float = 0.0
    path: str = ""
    base_url: str = ""
    scopes: frozenset[str] = frozenset()
    token: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The request's URL without its query."""
        return self.base_url + self.path

    def query_value(self, name: str) -> str | None:
        """Return the first query value of this name, or None."""
        for key, value in self.query:
            if key == name:
                return value
        return None

    def query_map(self, name: str) -> list[tuple[str, str]]:
        """Return the (key, value) pairs of a map in the query: `name.key=value`, or `name[key]=value` (hubspot-sdk)."""
        entries = []
        for key, value in self.query:
            if key.startswith(f"{name}."):
                entries.append((key[len(name) + 1 :], value))
            elif key.startswith(f"{name}[") and key.endswith("]"):
                entries.append((key[len(name) + 1 : -1], value))
        return entries

    def flag(self, name: str) -> bool:
        """Return whether a query value is `true`, ignoring case: the official Python client sends `True`."""
        return (self.query_value(name) or "").lower() == "true"

    def query_values(self, name: str) -> list[str]:
        """Return all query values of this name, split at commas as HubSpot does."""
        return [part for key, value in self.query if key == name for part in value.split(",") if part]
