"""The account as it will be after a plan is applied, in the format of an account file."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hubspot_dest.account.account_file import account_content
from hubspot_dest.account.schema import AccountEvent, AccountSchema
from hubspot_dest.checks.properties import Property
from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedProperty
from hubspot_dest.definitions.requests import contact_property_of, event_property_of

__all__ = ["planned_account"]


def planned_account(plan: DefinitionsPlan, account: AccountSchema) -> dict[str, Any]:
    """Return the content of an account file: the account with the additions of the plan.

    Args:
        plan: the plan to apply.
        account: the current schema of the account.

    Raises:
        ValueError: neither has a portal, since the prefix of the event names is not `pe<HubID>_`.

    """
    portal = account.portal_id or plan.portal_id
    if portal is None:
        msg = "settings.eventNamePrefix has no portal number (pe12345678_), which the account file needs"
        raise ValueError(msg)
    definitions = dict(account.definitions or {})
    for event in plan.events:
        if event.state == "impossible":
            continue
        known = definitions.get(event.full_name) or AccountEvent(event.full_name)
        added = {prop.name: event_property_of(prop) for prop in event.properties if _is_added(prop)}
        definitions[event.full_name] = AccountEvent(
            event.full_name, MappingProxyType({**known.properties, **added})
        )
    contacts: dict[str, Property] = {
        **account.own_contact_properties,
        **{prop.name: contact_property_of(prop) for prop in plan.contact_properties if _is_added(prop)},
    }
    planned = replace(
        account,
        definitions=MappingProxyType(definitions),
        own_contact_properties=MappingProxyType(contacts),
        contacts_complete=True,
    )
    return account_content(planned, portal)


def _is_added(planned: PlannedProperty) -> bool:
    return planned.state in ("needed", "missing")
