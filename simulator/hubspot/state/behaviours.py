"""Named switches for what the specification leaves open (HubSpot wire facts, sections 1.3, 2.4 and 9)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from hubspot_dest.checks.limits import MAX_DEFINITIONS, OCCURRENCES_A_MONTH

__all__ = ["BehaviourError", "Behaviours", "expanded"]


class BehaviourError(ValueError):
    """An unknown switch, or an invalid value; the message suggests a valid one."""


@dataclass(frozen=True, slots=True)
class Behaviours:
    """Behaviours that are unknown of the real HubSpot; the defaults are those that the specification suggests.

    Attributes:
        unknown_email: an occurrence for an e-mail address without a contact.
        unknown_object_id: an occurrence for an unknown contact id.
        invalid_email: an occurrence with an invalid e-mail address.
        unknown_property: an event property that is not in its definition.
        bad_value: an event property whose value does not match its type or options.
        batch_bad_input: a batch with an invalid occurrence: store nothing, or store the valid ones; 400 either way.
        duplicate_uuid: a uuid that was already sent for the event: drop it and answer 204, or answer 400.
        empty_batch: a batch without inputs.
        missing_properties: an occurrence without `properties`.
        naive_occurred_at: an `occurredAt` without a UTC offset.
        future_occurred_at: an `occurredAt` in the future.
        unknown_search_property: a search that filters or sorts by an unknown property.
        strict_email: a contact's e-mail address that strict validators refuse, such as one with consecutive dots.
        duplicate_unique_value: a value of a unique property, other than the e-mail, that another contact has.
        create_without_name: a new contact without email, firstname and lastname.
        unknown_definition_get: the status for reading an unknown definition.
        partial_upsert: keep or clear the properties that an upsert does not mention.
        retry_after_on_429: seconds in `Retry-After`; 0 sends no header.
        visibility_delay_ms: milliseconds from the 204 until an occurrence can be read.
        search_lag_ms: milliseconds from creation until the search finds a contact.
        tier: the subscription, which sets the rate limits.
        quota_occurrences: maximum number of occurrences per calendar month (UTC).
        quota_definitions: maximum number of event definitions.
        quota_calls: maximum number of calls per day; 0 uses the tier's limit, which applies only with
            `enforce_rate_limits`.
        events_rps: maximum number of requests per second to the send endpoints.
        enforce_rate_limits: answer 429 above a limit; otherwise limits only appear in headers.
        name_hyphen: names of events and event properties that contain a hyphen.
        name_capital: names of properties that contain capital letters.
        auto_define: create unknown definitions and properties when they are first used, if HubSpot allows the name;
            HubSpot itself refuses them.

    """

    unknown_email: Literal["unassociated", "create", "reject"] = "unassociated"
    unknown_object_id: Literal["drop", "reject"] = "drop"
    invalid_email: Literal["reject", "unassociated"] = "reject"
    unknown_property: Literal["reject", "drop"] = "reject"
    bad_value: Literal["reject", "drop"] = "reject"
    batch_bad_input: Literal["all_or_nothing", "store_good"] = "all_or_nothing"
    duplicate_uuid: Literal["silent", "reject"] = "silent"
    empty_batch: Literal["accept", "reject"] = "accept"
    missing_properties: Literal["accept", "reject"] = "accept"
    naive_occurred_at: Literal["reject", "utc"] = "reject"
    future_occurred_at: Literal["accept", "drop"] = "accept"
    unknown_search_property: Literal["reject", "ignore"] = "reject"
    strict_email: Literal["reject", "accept"] = "reject"
    duplicate_unique_value: Literal["reject", "accept"] = "reject"
    create_without_name: Literal["reject", "accept"] = "reject"
    unknown_definition_get: Literal["400", "404"] = "400"
    partial_upsert: Literal["keep", "clear"] = "keep"
    retry_after_on_429: int = 0
    visibility_delay_ms: int = 0
    search_lag_ms: int = 0
    tier: Literal["starter", "professional", "enterprise"] = "enterprise"
    quota_occurrences: int = OCCURRENCES_A_MONTH
    quota_definitions: int = MAX_DEFINITIONS
    quota_calls: int = 0
    events_rps: int = 1250
    enforce_rate_limits: bool = False
    name_hyphen: Literal["accept", "reject"] = "accept"
    name_capital: Literal["accept", "reject"] = "accept"
    auto_define: bool = False

    @classmethod
    def from_mapping(cls, switches: Mapping[str, Any]) -> Self:
        """Parse switches given by name on a command line or in JSON.

        Raises:
            BehaviourError: a name or a value is unknown.

        """
        switches = expanded(switches)
        kinds = get_type_hints(cls)
        names = [field.name for field in fields(cls)]
        return cls(**{name: _value(name, value, kinds, names) for name, value in switches.items()})

    def changed(self, switches: Mapping[str, Any]) -> Self:
        """Return a copy with some switches changed. Raises BehaviourError, as `from_mapping` does."""
        switches = expanded(switches)
        parsed = type(self).from_mapping(switches)
        return replace(self, **{name: getattr(parsed, name) for name in switches})


def expanded(switches: Mapping[str, Any]) -> dict[str, Any]:
    """Return the switches with `names=strict|lenient` replaced by the two switches that it sets.

    Raises:
        BehaviourError: `names` is neither `strict` nor `lenient`.

    """
    expanded: dict[str, Any] = {}
    for name, value in switches.items():
        if name != "names":
            expanded[name] = value
            continue
        chosen = {"strict": "reject", "lenient": "accept"}.get(str(value).lower())
        if chosen is None:
            raise BehaviourError(f"names is {value!r}: write one of lenient, strict")
        expanded |= {"name_hyphen": chosen, "name_capital": chosen}
    return expanded


def _value(name: str, value: Any, kinds: Mapping[str, Any], names: list[str]) -> Any:
    if name not in kinds:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the switches are {', '.join(names)}"
        raise BehaviourError(f"there is no switch {name!r}; {hint}")
    kind, text = kinds[name], str(value).lower()
    if get_origin(kind) is Literal:
        if text in get_args(kind):
            return text
        raise BehaviourError(f"{name} is {value!r}: write one of {', '.join(get_args(kind))}")
    if kind is bool:
        if text in ("true", "false"):
            return text == "true"
        raise BehaviourError(f"{name} is {value!r}: write true or false")
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    raise BehaviourError(f"{name} is {value!r}: write a whole number, 0 or more")
