"""Define in HubSpot what a mapping sends: event definitions, their properties, contact properties."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.property_values import AccountProperty
from simulator.hubspot.state.standard_properties import DEFAULT_EVENT_PROPERTIES

__all__ = ["define_called"]


def define_called(account: SimulatedAccount, calls: Iterable[list[Any]], now: float) -> int:
    """Define what calls use and the account does not know, as text; return how many definitions and properties.

    Args:
        account: a HubSpot account.
        calls: in the documented notation.
        now: UNIX time in seconds.

    """
    made = 0
    with account.lock:
        for name, *arguments in calls:
            body = next((argument for argument in arguments if isinstance(argument, dict)), {})
            properties = body.get("properties")
            names = list(properties) if isinstance(properties, dict) else []
            if name.startswith("crm."):
                for unknown in (item for item in names if item not in account.contact_properties):
                    account.add_contact_property(AccountProperty(unknown))
                    made += 1
                continue
            event_name = body.get("eventName")
            if not isinstance(event_name, str) or not event_name.startswith(f"pe{account.portal_id}_"):
                continue
            definition = account.definitions.get(event_name)
            if definition is None:
                definition = account.define(event_name, now)
                made += 1
            for unknown in names:
                lowered = unknown.lower()
                if definition.property(lowered) is None and lowered not in DEFAULT_EVENT_PROPERTIES:
                    definition.add_text(lowered)
                    account.changed(definition)
                    made += 1
    return made
