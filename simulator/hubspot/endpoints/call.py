"""One authenticated request on its way to the rule that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.hubspot.state.account import Account

__all__ = ["Call", "Grant"]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token opens: an account, and its scopes; None means all. Its repr never shows the token."""

    account: Account
    scopes: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose token, scope and limits were found good; `parts` are the decoded segments of its path."""

    account: Account
    body: bytes
    query: Sequence[tuple[str, str]]
    parts: tuple[str, ...]
    now: float

    def one(self, name: str) -> str | None:
        """Return the first query value of this name."""
        return next((value for key, value in self.query if key == name), None)

    def flag(self, name: str) -> bool:
        """Tell whether a query value is true, in any case: the official Python client writes `True`."""
        return (self.one(name) or "").lower() == "true"

    def many(self, name: str) -> list[str]:
        """Return every query value of this name; commas separate too, as HubSpot reads lists."""
        return [part for key, value in self.query if key == name for part in value.split(",") if part]
