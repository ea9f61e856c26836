"""The standard contact properties of every account (HubSpot wire facts, section 3.2)."""

from __future__ import annotations

from typing import Final

from hubspot_dest.checks.standard_properties import STANDARD_CONTACT_PROPERTIES
from simulator.hubspot.state.property_values import AccountProperty

__all__ = ["DEFAULT_CONTACT_PROPERTIES"]

DEFAULT_CONTACT_PROPERTIES: Final = {
    prop.name: AccountProperty.of(prop, group="contactinformation", label=prop.label)
    for prop in STANDARD_CONTACT_PROPERTIES.values()
}
