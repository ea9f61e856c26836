"""Compare the needs of a configuration with the schema of an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountEvent, AccountSchema
from hubspot_dest.checks.catalogue import CATALOGUE
from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.limits import MAX_DEFINITIONS, MAX_PROPERTIES
from hubspot_dest.checks.names import (
    check_contact_property_name,
    check_event_name,
    check_name_twins,
    check_property_name,
    portal_of,
    split_event_name,
)
from hubspot_dest.checks.properties import PropertyLike
from hubspot_dest.config.model import SourceMap
from hubspot_dest.definitions.needs import DefinitionNeeds, NeededEvent, NeededProperty
from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedEvent, PlannedProperty, State
from hubspot_dest.verdict.mapping_paths import ConfigPath, path_text

__all__ = ["plan_definitions"]

_PREFIX_CODES: Final = ("event_prefix", "event_prefix_portal")
_PREFIX_AT: Final[ConfigPath] = ("settings", "eventNamePrefix")


def plan_definitions(
    needs: DefinitionNeeds,
    raw: Mapping[str, Any],
    *,
    source: SourceMap | None = None,
    account: AccountSchema = UNKNOWN_ACCOUNT,
    account_name: str = "",
) -> DefinitionsPlan:
    """Plan the definitions and properties that an account must have.

    Args:
        needs: the needs of the configuration.
        raw: the destination's configuration, as configured; its prefix contains the portal's number.
        source: the lines of the configuration in its file.
        account: the schema of the account.
        account_name: the name of the account in the plan, a file or a portal.

    """
    settings = raw.get("settings")
    prefix = settings.get("eventNamePrefix") if isinstance(settings, dict) else None
    comparison = _Comparison(account, source)
    events = tuple(comparison.event(name, needs.events[name]) for name in sorted(needs.events))
    return DefinitionsPlan(
        portal_of(prefix) if isinstance(prefix, str) else None,
        comparison.within_limit(events),
        tuple(
            comparison.contact_property(name, needs.contact_properties[name])
            for name in sorted(needs.contact_properties)
        ),
        tuple(needs.unknown),
        account_name,
        needs.from_events,
    )


@dataclass(frozen=True, slots=True)
class _Comparison:
    account: AccountSchema
    source: SourceMap | None

    def event(self, name: str, needed: NeededEvent) -> PlannedEvent:
        """Return the state of an event's definition."""
        known = self.account.definitions
        definition = None if known is None else known.get(name)
        violation = None if definition is not None else self._no_event(name)
        if violation is not None:
            state: State = "impossible"
        elif known is None:
            state = "needed"
        else:
            state = "missing" if definition is None else "present"
        return PlannedEvent(
            name,
            state,
            self._properties(needed.properties, definition, state),
            needed.events,
            "" if violation is None else violation.sentence,
            "" if violation is None else violation.fix,
            **self._place(
                _PREFIX_AT if violation is not None and violation.code in _PREFIX_CODES else needed.at
            ),
        )

    def within_limit(self, events: tuple[PlannedEvent, ...]) -> tuple[PlannedEvent, ...]:
        """Return the events, with those that exceed an account's maximum of definitions as impossible."""
        room = MAX_DEFINITIONS - len(self.account.definitions or ())
        to_create = [event.full_name for event in events if event.state in ("needed", "missing")]
        beyond = set(to_create[max(room, 0) :])
        sentence = f"an account may have at most {MAX_DEFINITIONS} event definitions"
        return tuple(
            _impossible_event(event, sentence) if event.full_name in beyond else event for event in events
        )

    def contact_property(self, name: str, needed: NeededProperty) -> PlannedProperty:
        """Return the state of a contact property."""
        declared = self.account.own_contact_properties.get(name)
        violation = None if declared is not None else _refused(check_contact_property_name(name, ()))
        if violation is not None:
            state: State = "impossible"
        elif declared is not None:
            state = "present"
        else:
            state = "missing" if self.account.contacts_complete else "needed"
        return self._property(name, needed, state, declared, violation)

    def _no_event(self, name: str) -> Violation | None:
        """Return the violation if no definition with this name can be created."""
        portal, _ = split_event_name(name)
        if portal is not None and self.account.portal_id not in (None, portal):
            sentence = (
                f"the prefix is that of portal {portal}, but the account is portal {self.account.portal_id}"
            )
            return Violation(
                "event_prefix_portal",
                sentence,
                f"set settings.eventNamePrefix to pe{self.account.portal_id}_",
            )
        return _refused(check_event_name(name))

    def _properties(
        self, needed: Mapping[str, NeededProperty], definition: AccountEvent | None, event_state: State
    ) -> tuple[PlannedProperty, ...]:
        twins = {twin.path.removeprefix("properties."): twin for twin in check_name_twins(needed)}
        room = MAX_PROPERTIES - (0 if definition is None else len(definition.properties))
        properties: list[PlannedProperty] = []
        for name in sorted(needed):
            declared = (
                None if definition is None else definition.declared(name) or definition.declared(name.lower())
            )
            violation = (
                None if declared is not None else _refused(check_property_name(name)) or twins.get(name)
            )
            state: State = "present"
            if declared is None:
                room -= violation is None
                if violation is None and room < 0:
                    sentence = f"an event may have at most {MAX_PROPERTIES} custom properties"
                    violation = Violation("properties_count", sentence, "map fewer properties")
                state = "missing" if definition is not None else event_state
                if violation is not None:
                    state = "impossible"
            properties.append(self._property(name, needed[name], state, declared, violation))
        return tuple(properties)

    def _property(
        self,
        name: str,
        needed: NeededProperty,
        state: State,
        declared: PropertyLike | None,
        violation: Violation | None,
    ) -> PlannedProperty:
        reason = violation or needed.misfit
        if state == "present" and needed.misfit is not None:
            state = "conflict"
        return PlannedProperty(
            name,
            needed.values.name,
            state,
            needed.values.sample,
            needed.values.count > 0,
            "" if declared is None else declared.type,
            "" if reason is None else reason.sentence,
            "" if reason is None else reason.fix,
            **self._place(needed.at),
        )

    def _place(self, at: ConfigPath) -> dict[str, Any]:
        place: dict[str, Any] = {"config_path": path_text(at)}
        if self.source is not None and at:
            place |= {"file": self.source.file, "line": self.source.line(at)}
        return place


def _refused(violation: Violation | None) -> Violation | None:
    """Return a violation only if HubSpot certainly refuses the name; a doubtful name can be tried."""
    if violation is None or CATALOGUE[violation.code].severity != "refused":
        return None
    return violation


def _impossible_event(event: PlannedEvent, sentence: str) -> PlannedEvent:
    return replace(event, state="impossible", sentence=sentence, fix="archive definitions that are not used")
