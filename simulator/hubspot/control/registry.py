"""The table of all control routes."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.control.accounts import ACCOUNT_ROUTES
from simulator.hubspot.control.behaviours import SWITCH_ROUTES
from simulator.hubspot.control.journal_routes import READING_ROUTES
from simulator.hubspot.control.route import ControlRoute
from simulator.hubspot.control.state_routes import CHANGING_ROUTES

__all__ = ["CONTROL_ROUTES"]

CONTROL_ROUTES: Final[tuple[ControlRoute, ...]] = (
    *CHANGING_ROUTES,
    *READING_ROUTES,
    *SWITCH_ROUTES,
    *ACCOUNT_ROUTES,
)
