"""Build the bodies of requests that create definitions and properties (HubSpot wire facts, sections 2.2 and 3)."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.account.account_file import property_content
from hubspot_dest.checks.names import split_event_name
from hubspot_dest.checks.properties import FIELD_TYPES, Option, Property
from hubspot_dest.definitions.plan import PlannedEvent, PlannedProperty

__all__ = [
    "contact_property_body",
    "contact_property_of",
    "definition_body",
    "event_property_body",
    "event_property_of",
]

_GROUP: Final = "contactinformation"  # every account has it
_YES_OR_NO: Final = (Option("true", "True", 0), Option("false", "False", 1))


def definition_body(event: PlannedEvent) -> dict[str, Any]:
    """Return the body that creates an event definition, including HubSpot's standard properties."""
    name = split_event_name(event.full_name)[1]
    return {
        "label": _label(name),
        "name": name,
        "primaryObject": "CONTACT",
        "includeDefaultProperties": True,
        "propertyDefinitions": [
            event_property_body(prop) for prop in event.properties if prop.state != "impossible"
        ],
    }


def event_property_body(planned: PlannedProperty) -> dict[str, Any]:
    """Return the body that adds a property to an event definition."""
    return {"name": planned.name, "label": _label(planned.name), "type": planned.type}


def contact_property_body(planned: PlannedProperty) -> dict[str, Any]:
    """Return the body that creates a contact property."""
    entry = property_content(contact_property_of(planned))
    if "options" in entry:
        entry["options"] = [{**option, "hidden": False} for option in entry["options"]]
    return {**entry, "groupName": _GROUP}


def event_property_of(planned: PlannedProperty) -> Property:
    """Return the property as the event definition will have it."""
    return Property(planned.name, planned.type, label=_label(planned.name))


def contact_property_of(planned: PlannedProperty) -> Property:
    """Return the property as contacts will have it."""
    options = _YES_OR_NO if planned.type == "bool" else ()
    return Property(
        planned.name, planned.type, FIELD_TYPES[planned.type], options, label=_label(planned.name)
    )


def _label(name: str) -> str:
    """Return a default label for a name: `Order id` for `order_id`."""
    words = name.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:] if words else name
