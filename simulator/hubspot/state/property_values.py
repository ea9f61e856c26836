"""The properties of contacts and events (HubSpot wire facts, sections 2.2 and 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from hubspot_dest.checks.properties import FIELD_TYPES, PropertyLike

__all__ = ["AccountPropertyOption", "AccountProperty", "PropertyGroup"]


@dataclass(frozen=True, slots=True)
class AccountPropertyOption:
    """One option of an enumeration."""

    label: str
    value: str
    display_order: int = 0
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class AccountProperty:
    """A property of contacts or of an event definition."""

    name: str
    label: str = ""
    type: str = "string"
    options: tuple[AccountPropertyOption, ...] = ()
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
    archived: bool = False

    @classmethod
    def of(cls, known: PropertyLike, *, group: str, label: str = "", hubspot_defined: bool = True) -> Self:
        """Make an account property from a property of the checks."""
        return cls(
            known.name,
            label,
            known.type,
            tuple(
                AccountPropertyOption(option.label or option.value, option.value, option.display_order)
                for option in known.options
            ),
            group=group,
            read_only=known.read_only,
            hubspot_defined=hubspot_defined,
            unique=known.unique,
            field_type=known.field_type,
        )

    def shown(self) -> dict[str, Any]:
        """Return the property as JSON of HubSpot's API."""
        return {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type or FIELD_TYPES.get(self.type, "text"),
            "description": self.description,
            "groupName": self.group,
            "options": [
                {
                    "label": option.label,
                    "value": option.value,
                    "displayOrder": option.display_order,
                    "hidden": option.hidden,
                }
                for option in self.options
            ],
            "archived": self.archived,
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


@dataclass(frozen=True, slots=True)
class PropertyGroup:
    """A group of contact properties."""

    name: str
    label: str
    display_order: int = -1
    archived: bool = False
