"""What the specification leaves open, as named switches (HubSpot wire facts, sections 1.3, 2.4 and 9)."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

from hubspot_dest.checks.limits import MAX_DEFINITIONS, OCCURRENCES_A_MONTH

__all__ = ["BehaviourError", "Behaviours", "expanded"]


class BehaviourError(ValueError):
    """A switch that does not exist, or a value that it does not have; the message names the nearest."""


@dataclass(frozen=True, slots=True)
class Behaviours:
    """What the real HubSpot does is unknown here; each has the specification's suggested default.

    Attributes:
        unknown_email: an occurrence for an e-mail that no contact has.
        unknown_object_id: an occurrence for an id that no contact has.
        invalid_email: an occurrence whose e-mail is not valid.
        unknown_property: an event property that its definition does not have.
        bad_value: an event property whose value does not fit its type or options.
        batch_bad_input: one bad occurrence in a batch: refuse all, or store the good ones although it answers 400.
        duplicate_uuid: a uuid that is known for its event: 204 and dropped, or 400.
        empty_batch: a batch without inputs.
        missing_properties: an occurrence without `properties`.
        naive_occurred_at: an `occurredAt` without an offset.
        future_occurred_at: an `occurredAt` later than now.
        unknown_search_property: a search that filters or sorts by a property that contacts do not have.
        strict_email: a contact's e-mail that strict validators refuse, such as one with doubled dots.
        duplicate_unique_value: a value that another contact has, on a unique property other than the e-mail.
        create_without_name: creating a contact with none of email, firstname and lastname.
        unknown_definition_get: the status for reading a definition that does not exist.
        partial_upsert: what an upsert does to the properties that it does not name.
        retry_after_on_429: seconds in `Retry-After`; 0 sends none.
        visibility_delay_ms: from 204 until an occurrence can be read.
        search_lag_ms: from creation until the search finds a contact.
        tier: decides the rate limits.
        quota_occurrences: occurrences that the account accepts in a calendar month, UTC.
        quota_definitions: event definitions that the account can have.
        quota_calls: calls a day; 0 takes the tier's number, which counts only with `enforce_rate_limits`.
        events_rps: requests per second that the send endpoints take.
        enforce_rate_limits: answer 429 above a limit; off, limits are counted and shown in headers only.
        name_hyphen: names of events and event properties with a hyphen, where they are made at first sight.
        name_capital: names of properties with capitals, in the same case.
        auto_define: make a definition, and any property, at first sight, where HubSpot could have one of that name;
            HubSpot itself refuses what is not defined.

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
    def from_mapping(cls, wanted: Mapping[str, Any]) -> Self:
        """Return behaviours from names and values of a command line or JSON.

        Raises:
            BehaviourError: an unknown name or value.

        """
        wanted = expanded(wanted)
        kinds = get_type_hints(cls)
        names = [field.name for field in fields(cls)]
        return cls(**{name: _value(name, value, kinds, names) for name, value in wanted.items()})

    def changed(self, wanted: Mapping[str, Any]) -> Self:
        """Return these switches with some turned; raises BehaviourError as `from_mapping` does."""
        wanted = expanded(wanted)
        turned = type(self).from_mapping(wanted)
        return replace(self, **{name: getattr(turned, name) for name in wanted})


def expanded(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the switches with `names=strict|lenient` replaced by the two switches that it sets.

    Raises:
        BehaviourError: `names` has another value.

    """
    expanded: dict[str, Any] = {}
    for name, value in wanted.items():
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
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
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
