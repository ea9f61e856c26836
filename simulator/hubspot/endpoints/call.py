"""One authenticated request on its way to its handler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from simulator.hubspot.state.account import SimulatedAccount

__all__ = ["Call", "Grant"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens: an account, and its scopes; None means all. The token itself is not kept here."""

    account: SimulatedAccount
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token, scope and rate limit were checked.

    Attributes:
        account: the account that the token opens.
        body: the bytes as they came.
        query: decoded pairs in the order of the query string.
        parts: the parameters of the path, each decoded once.
        now: UNIX time in seconds.
        path: the raw path that was asked, without a trailing slash.
        base_url: the address under which the client reached this server, without a trailing slash.
        scopes: what the token may do.
        token: the token that the request is about; only for the routes that describe a token.

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
        """The address that was asked, without its query."""
        return self.base_url + self.path

    def one(self, name: str) -> str | None:
        """Return the first query value of this name."""
        for key, value in self.query:
            if key == name:
                return value
        return None

    def entries(self, name: str) -> list[tuple[str, str]]:
        """Return the entries of a map in the query: `name.key=value`, or `name[key]=value` (hubspot-sdk)."""
        found = []
        for key, value in self.query:
            if key.startswith(f"{name}."):
                found.append((key[len(name) + 1 :], value))
            elif key.startswith(f"{name}[") and key.endswith("]"):
                found.append((key[len(name) + 1 : -1], value))
        return found

    def flag(self, name: str) -> bool:
        """Tell whether a query value is true, in any case: the official Python client writes `True`."""
        return (self.one(name) or "").lower() == "true"

    def many(self, name: str) -> list[str]:
        """Return every query value of this name; commas separate too, as HubSpot reads lists."""
        return [part for key, value in self.query if key == name for part in value.split(",") if part]
