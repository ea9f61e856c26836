"""The standard properties of contacts and event definitions (HubSpot wire facts, sections 2.5 and 3.2)."""

from __future__ import annotations

from typing import Final

from hubspot_dest.checks.standard_properties import STANDARD_EVENT_PROPERTIES
from simulator.hubspot.state.property_values import AccountProperty
from simulator.hubspot.state.standard_contact_properties import DEFAULT_CONTACT_PROPERTIES

__all__ = ["DEFAULT_CONTACT_PROPERTIES", "DEFAULT_EVENT_PROPERTIES", "STANDARD_PROPERTY_GROUPS"]

DEFAULT_EVENT_PROPERTIES: Final = {
    prop.name: AccountProperty.of(prop, group="event_properties")
    for prop in STANDARD_EVENT_PROPERTIES.values()
}

# The only standard group whose name is known; real accounts have more.
STANDARD_PROPERTY_GROUPS: Final = {"contactinformation": "Contact information"}
