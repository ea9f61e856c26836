"""The interface of the simulated HubSpot that the server and the control routes use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from simulator.hubspot.messages import Answer, Request

__all__ = ["Service"]


class Service(Protocol):
    """HubSpot's rules and state. Implemented by `simulator.hubspot.service.HubSpot`."""

    def handle(self, request: Request) -> Answer:
        """Answer one request; never raise."""

    def add_account(self, token: str, *, portal_id: int = ...) -> Any:
        """Add an account that this token opens."""

    def account_for(self, token: str) -> Any:
        """Return the account that the token opens, or None."""

    def reset(self, account: Any) -> None:
        """Remove everything from an account but its behaviours."""

    def seed(self, account: Any, data: Mapping[str, Any]) -> Any:
        """Add the contents of a seed or an account file to an account.

        Raises:
            ValueError: the data is not a valid seed.

        """

    @property
    def store_path(self) -> str | None:
        """The path of the store, or None if accounts are kept in memory only."""

    def accounts(self) -> list[Any]:
        """Return every account."""

    def portals(self) -> list[int]:
        """Return the portal of every account."""

    def set_behaviours(self, account: Any, switches: Any) -> None:
        """Replace the behaviours of an account."""

    def close(self) -> None:
        """Close the store."""
