"""What one HubSpot account knows: contacts, event definitions, occurrences, limits."""

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
from simulator.hubspot.state.contacts import Contact, ContactBook
from simulator.hubspot.state.definitions import Definition
from simulator.hubspot.state.occurrences import Counters, OccurrenceLog, iso
from simulator.hubspot.state.property_values import Property
from simulator.hubspot.state.rate_limits import RateLimits
from simulator.hubspot.state.seeds import Seed, made_property
from simulator.hubspot.state.standard_properties import DEFAULT_CONTACT_PROPERTIES

__all__ = ["Account", "Contact", "Definition", "Seed", "Behaviours"]


class Account:
    """The state of one portal. Hold `lock` while changing it.

    Args:
        portal_id: the number in every event name, `pe12345678_…`.
        switches: what the specification left open.
        clock: UNIX time in seconds.
        seed: decides the order of batch results.
        max_occurrences: how many are kept, and how many values that contacts' properties had; beyond, the oldest
            tenth goes, of occurrences `counters()` says so.
        changes: is told what changes, where a store keeps it.

    """

    def __init__(
        self,
        portal_id: int,
        switches: Behaviours,
        *,
        clock: Callable[[], float] = time.time,
        seed: int = 0,
        max_occurrences: int = 2_000_000,
        changes: Changes | None = None,
    ) -> None:
        self.portal_id = portal_id
        self.switches = switches
        self.clock = clock
        self.lock = threading.RLock()
        self.limits = RateLimits()
        self._seed = seed
        self._max = max_occurrences
        self.changes = changes
        self._empty()

    def reset(self) -> None:
        """Forget everything but the portal and its switches."""
        with self.lock:
            if self.changes is not None:
                self.changes.begin_anew()
            self._empty()

    def _empty(self) -> None:
        with self.lock:
            self.book = ContactBook(self.changes, self._max)
            self.definitions: dict[str, Definition] = {}
            self.deleted_definitions: set[str] = set()
            self.contact_properties: dict[str, Property] = dict(DEFAULT_CONTACT_PROPERTIES)
            self.log = OccurrenceLog(self._max, changes=self.changes)
            self.random = random.Random(self._seed)  # noqa: S311 - an order, not a secret
            self.limits.reset()

    @property
    def occurrences(self) -> list[dict[str, Any]]:
        """Return a copy of every occurrence that is stored, visible or not, oldest first."""
        with self.lock:
            return [one.plain() for one in self.log.rows]

    def seed(self, seed: Seed) -> None:
        """Add what a seed names, its occurrences excepted."""
        with self.lock:
            for wanted in seed.contactProperties:
                self.add_contact_property(made_property(wanted, "contactinformation"))
            for contact in seed.contacts:
                self.add_contact({**contact.properties, "email": contact.email}, now=0.0)
            for definition in seed.definitions:
                known = self.define(definition.name, 0.0)
                for one in definition.properties:
                    made = made_property(one, "event_properties")
                    known.properties[made.name] = made
                self.changed(known)

    def define(self, name: str, now: float) -> Definition:
        """Return the definition with this full name, made if there is none."""
        known = self.definitions.get(name)
        if known is None:
            number = len(self.definitions) + len(self.deleted_definitions) + 1
            known = Definition(name, created_at=iso(now), updated_at=iso(now), number=number)
            self.definitions[name] = known
            self.changed(known)
        return known

    def changed(self, definition: Definition) -> None:
        """Note that a definition is not what it was."""
        if self.changes is not None:
            self.changes.definitions[definition.name] = definition

    def delete_definition(self, definition: Definition) -> None:
        """Take a definition out with all of its occurrences; its name is taken for ever."""
        del self.definitions[definition.name]
        self.deleted_definitions.add(definition.name)
        self.log.forget_event(definition.name)
        if self.changes is not None:
            self.changes.delete_definition(definition.name)

    def add_contact_property(self, made: Property) -> None:
        """Add or replace a property of contacts."""
        self.contact_properties[made.name] = made
        if self.changes is not None:
            self.changes.contact_properties[made.name] = made

    def full_name(self, name: str) -> str:
        """Return `pe<portal>_<name>`, also for a name that has it already."""
        prefix = f"pe{self.portal_id}_"
        return name if name.startswith(prefix) else prefix + name

    def contacts(self) -> list[Contact]:
        """Return every contact, oldest first."""
        with self.lock:
            return self.book.all()

    def contact(self, identifier: str, *, by_email: bool = False) -> Contact | None:
        """Return the contact with this id, or this e-mail in any case."""
        return self.book.get(identifier, by_email=by_email)

    def add_contact(self, properties: dict[str, str], now: float) -> Contact:
        """Create a contact."""
        return self.book.add(properties, now)

    def timeline(self, identifier: str) -> list[dict[str, Any]]:
        """Return the visible occurrences of a contact, given its id or e-mail, oldest first."""
        with self.lock:
            contact = self.contact(identifier) or self.contact(identifier, by_email=True)
            now = self.clock()
            if contact is None:
                return []
            return [
                one.plain() for one in self.log.rows if one.contact == contact.id and one.visible_at <= now
            ]

    def counters(self) -> Counters:
        """Return what became of the occurrences so far."""
        with self.lock:
            now = self.log.counters
            return Counters(now.accepted, now.unassociated, now.duplicates, now.dropped, now.forgotten)

    def adopt(self, schema: AccountSchema) -> None:
        """Have what an account file says: its portal's definitions and contact properties."""
        with self.lock:
            for definition in (schema.definitions or {}).values():
                known = self.define(definition.full_name, 0.0)
                for one in definition.properties.values():
                    known.properties[one.name] = Property.of(
                        one, group="event_properties", label=one.label, hubspot_defined=False
                    )
                self.changed(known)
            for one in schema.own_contact_properties.values():
                standard = one.name in DEFAULT_CONTACT_PROPERTIES
                made = Property.of(one, group="contactinformation", label=one.label, hubspot_defined=standard)
                self.add_contact_property(made)

    def property_violations(self, properties: dict[str, str]) -> list[Violation]:
        """Return what is wrong with contact properties (section 3.7)."""
        found = []
        for name, value in properties.items():
            violation = self._violation(name, value)
            if violation is not None and not self.takes(violation):
                found.append(violation)
        return found

    def _violation(self, name: str, value: str) -> Violation | None:
        known = self.contact_properties
        if name not in known and self.switches.auto_define:
            impossible = check_contact_property_name(name, known)
            if impossible is not None and not self.takes(impossible):
                return impossible
            self.add_contact_property(Property(name))
        violation = check_contact_property(name, value, known.get, known, complete=True)
        if violation is None and name == "email" and "+invalid@" in value:  # never valid, for tests
            message = f"Email address {value} is invalid"
            path = "properties.email"
            return Violation("contact_email_invalid", message, "", path, "INVALID_EMAIL", message)
        return violation

    def takes(self, violation: Violation) -> bool:
        """Tell whether this account takes what breaks a check: a switch says so, or HubSpot has nothing against it."""
        switch = CATALOGUE[violation.code].switch
        if switch is None:
            return not violation.hubspot_message
        return bool(getattr(self.switches, switch.name) != switch.refuses)
