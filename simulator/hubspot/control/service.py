"""What the control routes and the status pages need of the simulated HubSpot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from simulator.hubspot.messages import Answer, Request

__all__ = ["Service"]


class Service(Protocol):
    """HubSpot's rules and state, as the transport sees them. `simulator.hubspot.service.HubSpot` is one."""

    def handle(self, request: Request) -> Answer:
        """Answer one request; never raises."""

    def add_account(self, token: str, *, portal_id: int = ...) -> Any:
        """Add an account that this token opens."""

    def account_for(self, token: str) -> Any:
        """Return the token's account, or None."""

    def reset(self, account: Any) -> None:
        """Empty one account."""

    def seed(self, account: Any, data: Mapping[str, Any]) -> Any:
        """Fill one account.

        Raises:
            ValueError: the data are not a valid seed.

        """

    @property
    def store_path(self) -> str | None:
        """The file that keeps the accounts, None in memory."""

    def accounts(self) -> list[Any]:
        """Return every account."""

    def portals(self) -> list[int]:
        """Return the portal of every account."""

    def turn(self, account: Any, switches: Any) -> None:
        """Give an account other behaviours."""

    def close(self) -> None:
        """Close the store."""
