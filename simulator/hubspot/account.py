"""What one HubSpot account knows: contacts, event definitions, occurrences."""

from __future__ import annotations

import itertools
import json
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "DEFAULT_CONTACT_PROPERTIES",
    "DEFAULT_EVENT_PROPERTIES",
    "Account",
    "Contact",
    "Definition",
    "Seed",
    "Switches",
]

# The 32 standard properties of every event definition (HubSpot wire facts, section 2.5).
DEFAULT_EVENT_PROPERTIES: Final = frozenset(
    """
    hs_asset_description hs_asset_type hs_browser hs_campaign_id hs_city hs_country hs_device_name
    hs_device_type hs_element_class hs_element_id hs_element_text hs_language hs_link_href
    hs_operating_system hs_operating_version hs_page_content_type hs_page_id hs_page_title
    hs_page_url hs_parent_module_id hs_referrer hs_region hs_screen_height hs_screen_width
    hs_touchpoint_source hs_tracking_name hs_user_agent hs_utm_campaign hs_utm_content
    hs_utm_medium hs_utm_source hs_utm_term
    """.split()  # noqa: SIM905 - sixty names read better as words
)
# The contact properties that every account has and that anybody may write; a seed adds an account's own.
DEFAULT_CONTACT_PROPERTIES: Final = frozenset(
    """
    address annualrevenue city company country date_of_birth degree email fax field_of_study
    firstname gender hs_language hs_lead_status industry job_function jobtitle lastname
    lifecyclestage message mobilephone numemployees phone salutation school seniority start_date
    state twitterhandle website work_email zip
    """.split()  # noqa: SIM905 - sixty names read better as words
)
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")


@dataclass(frozen=True, slots=True)
class Switches:
    """What the specification could not settle, each with its suggested default (section 9).

    Attributes:
        unknown_property: an event property that its definition does not have: `reject` or `drop`.
        auto_define: make a definition, and any property, at first sight; HubSpot itself refuses.

    """

    unknown_property: str = "reject"
    auto_define: bool = False


@dataclass(slots=True)
class Contact:
    """A contact and what happened on its timeline."""

    id: str
    properties: dict[str, str]
    created_at: str
    updated_at: str


@dataclass(slots=True)
class Definition:
    """An event definition: its full name, the properties of its own, and what people read."""

    name: str
    properties: set[str] = field(default_factory=set)
    label: str = ""
    description: str = ""


class _SeedContact(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: str
    properties: dict[str, str] = Field(default_factory=dict)


class _SeedDefinition(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    properties: list[str] = Field(default_factory=list)


class Seed(BaseModel):
    """What an account begins with."""

    model_config = ConfigDict(extra="forbid")
    contacts: list[_SeedContact] = Field(default_factory=list)
    definitions: list[_SeedDefinition] = Field(default_factory=list)
    contactProperties: list[str] = Field(default_factory=list)  # noqa: N815 - as HubSpot writes names


class Account:
    """The state of one portal. Not safe to use from several threads without `lock`.

    Args:
        portal_id: the number in every event name, `pe12345678_…`.
        switches: what the specification left open.

    """

    def __init__(self, portal_id: int, switches: Switches) -> None:
        self.portal_id = portal_id
        self.switches = switches
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything but the portal."""
        self._ids = itertools.count(101)
        self._contacts: dict[str, Contact] = {}
        self._by_email: dict[str, str] = {}
        self.definitions: dict[str, Definition] = {}
        self.retired: set[str] = set()  # names of deleted definitions, which can never be used again
        self.contact_properties: set[str] = set(DEFAULT_CONTACT_PROPERTIES)
        self.occurrences: list[dict[str, Any]] = []
        self._uuids: set[tuple[str, str]] = set()

    def seed(self, seed: Seed) -> None:
        """Add what a seed names."""
        with self.lock:
            self.contact_properties |= set(seed.contactProperties)
            for contact in seed.contacts:
                self.add_contact({**contact.properties, "email": contact.email}, now=0.0)
            for definition in seed.definitions:
                known = self.definitions.setdefault(definition.name, Definition(definition.name))
                known.properties |= set(definition.properties)

    def contacts(self) -> list[Contact]:
        """Return every contact, oldest first."""
        with self.lock:
            return list(self._contacts.values())

    def contact(self, identifier: str, *, by_email: bool = False) -> Contact | None:
        """Return the contact with this id, or this e-mail in any case."""
        if by_email:
            identifier = self._by_email.get(identifier.lower(), "")
        return self._contacts.get(identifier)

    def add_contact(self, properties: dict[str, str], now: float) -> Contact:
        """Create a contact; HubSpot keeps e-mails in lower case (section 3.3)."""
        when = _iso(now)
        kept = {name: value for name, value in properties.items() if value != ""}
        if "email" in kept:
            kept["email"] = kept["email"].lower()
        contact = Contact(str(next(self._ids)), kept, when, when)
        contact.properties |= {"hs_object_id": contact.id, "createdate": when, "lastmodifieddate": when}
        contact.properties.setdefault("lifecyclestage", "lead")
        self._contacts[contact.id] = contact
        if "email" in kept:
            self._by_email[kept["email"]] = contact.id
        return contact

    def update_contact(self, contact: Contact, properties: dict[str, str], now: float) -> None:
        """Change a contact; an empty text clears a value."""
        contact.updated_at = contact.properties["lastmodifieddate"] = _iso(now)
        for name, value in properties.items():
            if name == "email":
                self._by_email.pop(contact.properties.get("email", ""), None)
                value = value.lower()
                self._by_email[value] = contact.id
            if value == "":
                contact.properties.pop(name, None)
            else:
                contact.properties[name] = value

    def remove_contact(self, identifier: str) -> None:
        """Forget a contact; its occurrences stay, on nobody's timeline."""
        contact = self._contacts.pop(identifier, None)
        if contact is not None:
            self._by_email.pop(contact.properties.get("email", ""), None)

    def keep(self, occurrence: dict[str, Any], now: float) -> bool:
        """Store an occurrence with the record it belongs to; a uuid that is known for its event is dropped."""
        identifier = occurrence.get("uuid")
        if identifier is not None:
            if (occurrence["eventName"], identifier) in self._uuids:
                return False
            self._uuids.add((occurrence["eventName"], identifier))
        email = occurrence.get("email")
        contact = self.contact(email, by_email=True) if isinstance(email, str) else None
        if occurrence.get("objectId") is not None:
            contact = self.contact(str(occurrence["objectId"]))
        self.occurrences.append(
            {**occurrence, "contact": contact.id if contact else None, "receivedAt": _iso(now)}
        )
        return True

    def timeline(self, identifier: str) -> list[dict[str, Any]]:
        """Return the occurrences of a contact, given its id or e-mail, oldest first."""
        with self.lock:
            contact = self.contact(identifier) or self.contact(identifier, by_email=True)
            if contact is None:
                return []
            return [one for one in self.occurrences if one["contact"] == contact.id]

    @staticmethod
    def is_email(text: str) -> bool:
        """Tell whether HubSpot takes `text` for an e-mail; `+invalid@` never is, for tests."""
        return _EMAIL.fullmatch(text) is not None and "+invalid@" not in text

    def property_problems(self, properties: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what is wrong with contact properties, as HubSpot lists it (section 3.7)."""
        problems = []
        for name, value in properties.items():
            if name not in self.contact_properties and self.switches.auto_define:
                self.contact_properties.add(name)
            if name not in self.contact_properties:
                message, code = f'Property "{name}" does not exist', "PROPERTY_DOESNT_EXIST"
            elif name == "email" and not self.is_email(str(value)):
                message, code = f"Email address {value} is invalid", "INVALID_EMAIL"
            else:
                continue
            problems.append(
                {
                    "isValid": False,
                    "message": message,
                    "error": code,
                    "name": name,
                    "localizedErrorMessage": message,
                    "portalId": self.portal_id,
                }
            )
        return problems


def problems_text(problems: list[dict[str, Any]]) -> str:
    """Return the JSON that HubSpot puts inside the message."""
    return json.dumps(problems, separators=(",", ":"))


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
