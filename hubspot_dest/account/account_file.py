"""Read and write account files: JSON or YAML, with entries in the format of HubSpot's API.

`name` (or `fullyQualifiedName`), `type` and `options[].value` are enough, so a file can be written by hand. Unknown
keys of an entry are ignored, since HubSpot's API has many; unknown keys of the file itself are errors.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from hubspot_dest.account.schema import AccountEvent, AccountLimits, AccountSchema
from hubspot_dest.checks.properties import FIELD_TYPES, Option, Property
from hubspot_dest.checks.standard_properties import STANDARD_CONTACT_PROPERTIES
from hubspot_dest.config.syntax_fault import fault_of_json, yaml_fault
from hubspot_dest.config.yaml_document import BoundedLoader
from hubspot_dest.storage.whole_file import write_whole_file

__all__ = [
    "VERSION",
    "AccountFileError",
    "account_content",
    "parse_account",
    "property_content",
    "read_account_file",
    "write_account_file",
]

VERSION: Final = 1
_MAX_BYTES: Final = 64 * 1024 * 1024


class AccountFileError(ValueError):
    """An account file cannot be used; the message has the file and the path."""


class _AccountEntry(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _OptionEntry(_AccountEntry):
    value: str | bool | int | float
    label: str | None = None
    display_order: int | None = Field(default=None, alias="displayOrder")

    def option(self, position: int) -> Option:
        order = position if self.display_order is None else self.display_order
        return Option(_text(self.value), self.label or _text(self.value), order)


class _Rights(_AccountEntry):
    read_only: bool = Field(default=False, alias="readOnlyValue")


class _PropertyEntry(_AccountEntry):
    name: str = Field(min_length=1)
    type: str = "string"
    label: str | None = None
    field_type: str | None = Field(default=None, alias="fieldType")
    options: list[_OptionEntry] | None = None
    unique: bool | None = Field(default=None, alias="hasUniqueValue")
    calculated: bool | None = None
    archived: bool | None = None
    rights: _Rights | None = Field(default=None, alias="modificationMetadata")

    @model_validator(mode="after")
    def _known_type(self) -> _PropertyEntry:
        if self.type not in (*FIELD_TYPES, "object_coordinates", "json", "phone_number", "currency_number"):
            msg = f"{self.name} has the unknown type {self.type!r}; types are {', '.join(FIELD_TYPES)}"
            raise ValueError(msg)
        return self

    def declared(self, standard: Property | None = None) -> Property:
        """Return the property; what the entry leaves out is taken from `standard`, HubSpot's property of that name."""
        known = standard or Property(self.name)
        rights = known.read_only if self.rights is None else self.rights.read_only
        return Property(
            self.name,
            self.type,
            self.field_type or known.field_type,
            known.options
            if self.options is None
            else tuple(option.option(number) for number, option in enumerate(self.options)),
            read_only=bool(rights or self.calculated),
            unique=known.unique if self.unique is None else self.unique,
            label=self.label or known.label,
        )


class _DefinitionEntry(_AccountEntry):
    full_name: str | None = Field(default=None, alias="fullyQualifiedName")
    name: str | None = None
    archived: bool | None = None
    properties: list[_PropertyEntry] | None = None

    @model_validator(mode="after")
    def _named(self) -> _DefinitionEntry:
        if not (self.full_name or self.name):
            msg = "an event definition needs fullyQualifiedName or name"
            raise ValueError(msg)
        return self


class _LimitsEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    callsPerDay: int | None = Field(default=None, ge=0)  # noqa: N815 - a key of the file
    callsPerBurst: int | None = Field(default=None, ge=0)  # noqa: N815 - a key of the file
    burstMilliseconds: int | None = Field(default=None, ge=1)  # noqa: N815 - a key of the file


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    version: Literal[1]
    portal_id: int = Field(alias="portalId", ge=1)
    definitions: list[_DefinitionEntry] | None = Field(default=None, alias="eventDefinitions")
    contacts: list[_PropertyEntry] | None = Field(default=None, alias="contactProperties")
    limits: _LimitsEntry | None = None


def read_account_file(path: Path) -> AccountSchema:
    """Read an account file.

    Raises:
        AccountFileError: the file cannot be read, or is not an account file.

    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            msg = f"{path}: larger than 64 MB; this is not an account file"
            raise AccountFileError(msg)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror or error}"
        raise AccountFileError(msg) from None
    except UnicodeDecodeError:
        msg = f"{path}: is not UTF-8"
        raise AccountFileError(msg) from None
    try:
        is_yaml = path.suffix in (".yaml", ".yml")
        raw = yaml.load(text, Loader=BoundedLoader) if is_yaml else orjson.loads(text)  # noqa: S506 - a safe one
    except orjson.JSONDecodeError as error:
        fault = fault_of_json(text, error)
        msg = f"{path}, line {fault.line}: invalid JSON: {fault.message}"
        raise AccountFileError(msg) from None
    except yaml.MarkedYAMLError as error:
        fault = yaml_fault(text, error)
        msg = f"{path}, line {fault.line}: invalid YAML: {fault.message}"
        raise AccountFileError(msg) from None
    except yaml.YAMLError as error:
        msg = f"{path}: invalid YAML: {str(error).splitlines()[0]}"
        raise AccountFileError(msg) from None
    return parse_account(raw, str(path))


def parse_account(raw: Any, where: str = "account") -> AccountSchema:
    """Parse the content of an account file.

    Args:
        raw: the file's content, parsed.
        where: the file's name in messages.

    Raises:
        AccountFileError: the content is not that of an account file.

    """
    try:
        known = _File.model_validate(raw)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "the file"
        message = first["msg"].removeprefix("Value error, ")
        msg = (
            f'{where}: {place}: {message}; an account file begins with {{"version": 1, "portalId": 12345678}}'
        )
        raise AccountFileError(msg) from None
    return AccountSchema(
        known.portal_id,
        None if known.definitions is None else _definitions(known.definitions, known.portal_id),
        MappingProxyType(
            {
                contact.name: contact.declared(STANDARD_CONTACT_PROPERTIES.get(contact.name))
                for contact in known.contacts or ()
                if not contact.archived
            }
        ),
        contacts_complete=known.contacts is not None,
        limits=AccountLimits()
        if known.limits is None
        else AccountLimits(
            known.limits.callsPerDay, known.limits.callsPerBurst, known.limits.burstMilliseconds
        ),
    )


def account_content(account: AccountSchema, portal_id: int) -> dict[str, Any]:
    """Return the content of an account file for `account`; the inverse of `parse_account`.

    Args:
        account: the schema of the account.
        portal_id: the portal's number, used if `account` does not have it.

    """
    content: dict[str, Any] = {"version": VERSION, "portalId": account.portal_id or portal_id}
    if account.definitions is not None:
        content["eventDefinitions"] = [
            {
                "fullyQualifiedName": name,
                "properties": [property_content(prop) for prop in event.properties.values()],
            }
            for name, event in sorted(account.definitions.items())
        ]
    if account.contacts_complete:
        content["contactProperties"] = [
            property_content(prop) for _, prop in sorted(account.own_contact_properties.items())
        ]
    limits = {
        "callsPerDay": account.limits.calls_a_day,
        "callsPerBurst": account.limits.calls_burst,
        "burstMilliseconds": account.limits.burst_ms,
    }
    known = {name: value for name, value in limits.items() if value is not None}
    return {**content, "limits": known} if known else content


def property_content(known: Property) -> dict[str, Any]:
    """Return a property as an entry of an account file."""
    entry: dict[str, Any] = {"name": known.name, "type": known.type}
    if known.label:
        entry["label"] = known.label
    if known.field_type:
        entry["fieldType"] = known.field_type
    if known.options:
        entry["options"] = [
            {
                "value": option.value,
                "label": option.label or option.value,
                "displayOrder": option.display_order,
            }
            for option in known.options
        ]
    if known.unique:
        entry["hasUniqueValue"] = True
    if known.read_only:
        entry["modificationMetadata"] = {"readOnlyValue": True}
    return entry


def write_account_file(path: Path, content: Mapping[str, Any]) -> None:
    """Write an account file as JSON with sorted keys, so that changes are easy to review.

    Raises:
        OSError: the file cannot be written.
    """
    body = orjson.dumps(
        content, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
    )
    write_whole_file(path, body)


def _definitions(entries: list[_DefinitionEntry], portal_id: int) -> Mapping[str, AccountEvent]:
    prefix = f"pe{portal_id}_"
    definitions: dict[str, AccountEvent] = {}
    for entry in entries:
        if entry.archived:
            continue
        name = entry.full_name or (entry.name or "")
        if entry.full_name is None and not name.startswith(prefix):
            name = prefix + name
        properties = {prop.name: prop.declared() for prop in entry.properties or () if not prop.archived}
        definitions[name] = AccountEvent(name, MappingProxyType(properties))
    return MappingProxyType(definitions)


def _text(value: str | bool | float) -> str:
    return (
        value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value:g}"
    )
