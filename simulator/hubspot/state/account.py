"""The state of one HubSpot account: contacts, event definitions, occurrences and rate limits."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.checks.catalogue import CATALOGUE
from hubspot_dest.checks.contacts import check_contact_property
from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.names import check_contact_property_name
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.changes import Changes
from simulator.hubspot.state.contact_book import ContactBook
from simulator.hubspot.state.contacts import Contact
from simulator.hubspot.state.definitions import EventDefinition
from simulator.hubspot.state.occurrence_log import OccurrenceLog
from simulator.hubspot.state.occurrences import Counters
from simulator.hubspot.state.property_values import AccountProperty, PropertyGroup
from simulator.hubspot.state.rate_limits import RateLimits
from simulator.hubspot.state.seeds import Seed, to_account_property
from simulator.hubspot.state.standard_properties import DEFAULT_CONTACT_PROPERTIES, STANDARD_PROPERTY_GROUPS
from simulator.hubspot.state.timestamps import iso

__all__ = ["SimulatedAccount"]


class SimulatedAccount:
    """The state of one portal. Hold `lock` while changing it.

    Args:
        portal_id: the number in every event name, `pe12345678_…`.
        behaviours: behaviours that the wire facts leave open.
        clock: returns UNIX time in seconds.
        seed: seeds the shuffle of batch results.
        max_occurrences: maximum number of occurrences, and of past property values over all contacts; at the limit
            the oldest tenth is dropped. `counters()` counts dropped occurrences.
        changes: collects changes for a store; None without a store.

    """

    def __init__(
        self,
        portal_id: int,
        behaviours: Behaviours,
        *,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        max_occurrences: int = 2_000_000,
        changes: Changes | None = None,
    ) -> None:
        self.portal_id = portal_id
        self.behaviours = behaviours
        self.clock = clock
        self.lock = threading.RLock()
        self.limits = RateLimits()
        self._seed = seed
        self._max = max_occurrences
        self.changes = changes
        self._empty()

    def reset(self) -> None:
        """Remove everything but the portal and its behaviours."""
        with self.lock:
            if self.changes is not None:
                self.changes.begin_anew()
            self._empty()

    def _empty(self) -> None:
        with self.lock:
            self.book = ContactBook(self.changes, self._max)
            self.definitions: dict[str, EventDefinition] = {}
            self.deleted_definitions: set[str] = set()
            self.contact_properties: dict[str, AccountProperty] = dict(DEFAULT_CONTACT_PROPERTIES)
            self.archived_properties: dict[str, AccountProperty] = {}
            self.property_groups = {
                name: PropertyGroup(name, label) for name, label in STANDARD_PROPERTY_GROUPS.items()
            }
            self.log = OccurrenceLog(self._max, changes=self.changes)
            self.random = random.Random(self._seed)  # noqa: S311 - an order, not a secret
            self.limits.reset()

    @property
    def occurrences(self) -> list[dict[str, Any]]:
        """Every stored occurrence as a copy, visible or not, oldest first."""
        with self.lock:
            return [row.plain() for row in self.log.rows]

    def seed(self, seed: Seed) -> None:
        """Add the contents of a seed except its occurrences."""
        with self.lock:
            for entry in seed.contactProperties:
                self.add_contact_property(to_account_property(entry, "contactinformation"))
            for contact in seed.contacts:
                self.add_contact({**contact.properties, "email": contact.email}, now=0.0)
            for definition in seed.definitions:
                known = self.define(definition.name, 0.0)
                for prop in definition.properties:
                    account_property = to_account_property(prop, "event_properties")
                    known.properties[account_property.name] = account_property
                self.changed(known)

    def define(self, name: str, now: float) -> EventDefinition:
        """Return the definition with this full name, creating it if it does not exist."""
        known = self.definitions.get(name)
        if known is None:
            number = len(self.definitions) + len(self.deleted_definitions) + 1
            known = EventDefinition(name, created_at=iso(now), updated_at=iso(now), number=number)
            self.definitions[name] = known
            self.changed(known)
        return known

    def changed(self, definition: EventDefinition) -> None:
        """Record that a definition changed."""
        if self.changes is not None:
            self.changes.definitions[definition.name] = definition

    def delete_definition(self, definition: EventDefinition) -> None:
        """Delete a definition and its occurrences; its name stays reserved."""
        del self.definitions[definition.name]
        self.deleted_definitions.add(definition.name)
        self.log.forget_event(definition.name)
        if self.changes is not None:
            self.changes.delete_definition(definition.name)

    def add_contact_property(self, account_property: AccountProperty) -> None:
        """Add or replace a contact property, in use or archived."""
        used, unused = self.contact_properties, self.archived_properties
        if account_property.archived:
            used, unused = unused, used
        unused.pop(account_property.name, None)
        used[account_property.name] = account_property
        if self.changes is not None:
            self.changes.contact_properties[account_property.name] = account_property

    def add_property_group(self, group: PropertyGroup) -> None:
        """Add or replace a group of contact properties."""
        self.property_groups[group.name] = group
        if self.changes is not None:
            self.changes.property_groups[group.name] = group

    def full_name(self, name: str) -> str:
        """Return `pe<portal>_<name>`; a name with that prefix is returned unchanged."""
        prefix = f"pe{self.portal_id}_"
        return name if name.startswith(prefix) else prefix + name

    def contacts(self) -> list[Contact]:
        """Return every contact, oldest first."""
        with self.lock:
            return self.book.all()

    def contact(self, identifier: str, *, by_email: bool = False) -> Contact | None:
        """Return the contact with this id or e-mail address (case-insensitive), or None."""
        return self.book.get(identifier, by_email=by_email)

    def delete_contact(self, contact: Contact) -> None:
        """Delete a contact permanently, with its history and occurrences."""
        self.book.delete(contact)
        self.log.forget_contact(contact.id)

    def add_contact(self, properties: dict[str, str], now: float) -> Contact:
        """Create a contact; `now` is UNIX time in seconds."""
        return self.book.add(properties, now)

    def timeline(self, identifier: str) -> list[dict[str, Any]]:
        """Return the visible occurrences of the contact with this id or e-mail address, oldest first."""
        with self.lock:
            contact = self.contact(identifier) or self.contact(identifier, by_email=True)
            now = self.clock()
            if contact is None:
                return []
            return [
                row.plain() for row in self.log.rows if row.contact == contact.id and row.visible_at <= now
            ]

    def quotas(self) -> dict[str, dict[str, int]]:
        """Return `{name: {"used": count, "limit": count}}` for occurrences (a month), definitions and calls (a day)."""
        with self.lock:
            now, behaviours = self.clock(), self.behaviours
            used = {
                "occurrences": (self.log.in_month(now), behaviours.quota_occurrences),
                "definitions": (len(self.definitions), behaviours.quota_definitions),
                "calls": (self.limits.today(now), self.limits.daily(behaviours)),
            }
        return {name: {"used": count, "limit": limit} for name, (count, limit) in used.items()}

    def counters(self) -> Counters:
        """Return a copy of the occurrence counters."""
        with self.lock:
            now = self.log.counters
            return Counters(now.accepted, now.unassociated, now.duplicates, now.dropped, now.forgotten)

    def adopt(self, schema: AccountSchema) -> None:
        """Add the event definitions and contact properties of an account file."""
        with self.lock:
            for definition in (schema.definitions or {}).values():
                known = self.define(definition.full_name, 0.0)
                for prop in definition.properties.values():
                    known.properties[prop.name] = AccountProperty.of(
                        prop, group="event_properties", label=prop.label, hubspot_defined=False
                    )
                self.changed(known)
            for prop in schema.own_contact_properties.values():
                standard = prop.name in DEFAULT_CONTACT_PROPERTIES
                account_property = AccountProperty.of(
                    prop, group="contactinformation", label=prop.label, hubspot_defined=standard
                )
                self.add_contact_property(account_property)

    def property_violations(self, properties: dict[str, str]) -> list[Violation]:
        """Return the violations of contact properties (HubSpot wire facts, section 3.7)."""
        found = []
        for name, value in properties.items():
            violation = self._violation(name, value)
            if violation is not None and not self.accepts(violation):
                found.append(violation)
        return found

    def _violation(self, name: str, value: str) -> Violation | None:
        known = self.contact_properties
        if name not in known and self.behaviours.auto_define:
            impossible = check_contact_property_name(name, known)
            if impossible is not None and not self.accepts(impossible):
                return impossible
            self.add_contact_property(AccountProperty(name))
        violation = check_contact_property(name, value, known.get, known, complete=True)
        if violation is None and name == "email" and "+invalid@" in value:  # never valid, for tests
            message = f"Email address {value} is invalid"
            path = "properties.email"
            return Violation("contact_email_invalid", message, "", path, "INVALID_EMAIL", message)
        return violation

    def accepts(self, violation: Violation) -> bool:
        """Return whether this account accepts a violation, because of a switch or because HubSpot accepts it."""
        switch = CATALOGUE[violation.code].switch
        if switch is None:
            return not violation.hubspot_message
        return bool(getattr(self.behaviours, switch.name) != switch.refuses)
