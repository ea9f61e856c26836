"""Properties of contacts and events, and whether a value fits (HubSpot wire facts, sections 2.2, 2.5 and 3.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["FIELD_TYPES", "Option", "Property", "is_email", "misfit", "moment_of"]

FIELD_TYPES: Final = {
    "string": "text",
    "number": "number",
    "enumeration": "select",
    "datetime": "date",
    "date": "date",
    "bool": "booleancheckbox",
}
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration."""

    label: str
    value: str
    display_order: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """A property of contacts, or of one event definition."""

    name: str
    label: str = ""
    type: str = "string"
    options: tuple[Option, ...] = ()
    description: str = ""
    group: str = "contactinformation"
    read_only: bool = False
    hubspot_defined: bool = False
    unique: bool = False
    field_type: str = ""
    display_order: int = -1
    hidden: bool = False
    form_field: bool | None = None
    calculated: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the property as HubSpot's API shows it."""
        return {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type or FIELD_TYPES.get(self.type, "text"),
            "description": self.description,
            "groupName": self.group,
            "options": [
                {
                    "label": one.label,
                    "value": one.value,
                    "displayOrder": one.display_order,
                    "hidden": one.hidden,
                }
                for one in self.options
            ],
            "archived": False,
            "calculated": self.calculated,
            "externalOptions": False,
            "hasUniqueValue": self.unique,
            "hidden": self.hidden,
            "hubspotDefined": self.hubspot_defined,
            "formField": not self.read_only if self.form_field is None else self.form_field,
            "displayOrder": self.display_order,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
        }


def is_email(text: str) -> bool:
    """Tell whether HubSpot takes `text` for an e-mail; `+invalid@` never is, for tests."""
    return _EMAIL.fullmatch(text) is not None and "+invalid@" not in text


def moment_of(value: str) -> datetime | None:
    """Return a moment from ISO 8601 text (naive stays naive) or UNIX milliseconds, None for anything else."""
    try:
        if value[10:11] == "T":  # the usual case first
            return datetime.fromisoformat(value)
        if value.lstrip("-").isdigit():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        return datetime.fromisoformat(value) if "T" in value or "-" in value else None
    except (ValueError, OverflowError, OSError):
        return None


def misfit(declared: Property, value: str) -> tuple[str, str] | None:
    """Return HubSpot's code and message where `value` does not fit, None where it does."""
    if declared.type == "number" and _NUMBER.fullmatch(value) is None:
        return "INVALID_LONG", f"{value} was not a valid long."
    if declared.type in ("date", "datetime") and moment_of(value) is None:
        return "INVALID_DATE", f"{value} was not a valid date."
    if declared.type == "bool" and value.lower() not in ("true", "false"):
        return "INVALID_OPTION", f"{value} was not one of the allowed options: [true, false]"
    if declared.type == "enumeration" and declared.options:
        allowed = {one.value for one in declared.options}
        if not {one.strip() for one in value.split(";")} <= allowed:
            listed = ", ".join(
                f'label: "{one.label}"\nvalue: "{one.value}"\ndisplay_order: {one.display_order}\n'
                for one in declared.options
            )
            return "INVALID_OPTION", f"{value} was not one of the allowed options: [{listed}]"
    return None
