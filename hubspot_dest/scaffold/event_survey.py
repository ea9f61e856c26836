"""Survey the events of a site: their names and frequencies, fields, values and identities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.checks.emails import check_email
from hubspot_dest.events.collector import InvalidEventError, event_name
from hubspot_dest.mapping.jsvalues import JsTypeError, to_string

__all__ = ["EventKind", "EventSurvey", "FieldSurvey"]

_KINDS: Final = 1_000
_FIELDS: Final = 200
_EXAMPLE: Final = 60
_DEPTH: Final = 2


@dataclass(slots=True)
class FieldSurvey:
    """A field of the events with the same name.

    Attributes:
        path: the path of the field: `data.total`.
        count: the number of events with a value at the path.
        types: type to number of values: `string`, `number`, `bool`; `list` and `map` cannot be a property.
        longest: the length of the longest value as HubSpot receives it, in characters.
        example: the first value, as text.

    """

    path: str
    count: int = 0
    types: Counter[str] = field(default_factory=Counter)
    longest: int = 0
    example: str = ""

    @property
    def is_property(self) -> bool:
        """Whether its values can be used as a property without conversion."""
        return self.count > 0 and not self.types["list"] and not self.types["map"]


@dataclass(slots=True)
class EventKind:
    """The events with the same name.

    Attributes:
        entity: the first word of the name.
        action: the second word of the name.
        count: the number of events.
        fields: the fields of `data` and `globals`, by path.
        nested: the number of events with nested entities.
        example: the first event with an identity, else the first event.
        identified: whether the example has an identity.

    """

    entity: str
    action: str
    count: int = 0
    fields: dict[str, FieldSurvey] = field(default_factory=dict)
    nested: int = 0
    example: dict[str, Any] | None = None
    identified: bool = False

    @property
    def name(self) -> str:
        """The name of the events: `order complete`."""
        return f"{self.entity} {self.action}"


class EventSurvey:
    """Survey the events of a site, in memory that does not grow with the events.

    Attributes:
        events: the number of events.
        kinds: (entity, action) to events, in order of first occurrence.
        emails: path to number of events with an e-mail address there.
        consents: consent name to number of events.
        other_kinds: the number of events with a name beyond the first 1,000.

    """

    def __init__(self) -> None:
        self.events = 0
        self.kinds: dict[tuple[str, str], EventKind] = {}
        self.emails: Counter[str] = Counter()
        self.consents: Counter[str] = Counter()
        self.other_kinds = 0

    def add(self, event: dict[str, Any]) -> None:
        """Add an event; an event without a valid name is ignored."""
        try:
            _, entity, action = event_name(event)
        except InvalidEventError:
            return
        self.events += 1
        kind = self.kinds.get((entity, action))
        if kind is None:
            if len(self.kinds) >= _KINDS:
                self.other_kinds += 1
                return
            kind = self.kinds[entity, action] = EventKind(entity, action)
        kind.count += 1
        kind.nested += bool(event.get("nested"))
        emails = [path for path, value in _leaves(event) if _is_email(value)]
        self.emails.update(emails)
        consent = event.get("consent")
        if isinstance(consent, dict):
            self.consents.update(str(name) for name in consent)
        granted = not isinstance(consent, dict) or any(consent.values()) or not consent
        identified = bool(emails) and granted
        if kind.example is None or (identified and not kind.identified):
            kind.example, kind.identified = event, identified
        for section in ("data", "globals"):
            values = event.get(section)
            for name, value in values.items() if isinstance(values, dict) else ():
                _survey(kind, f"{section}.{name}", value)


def _survey(kind: EventKind, path: str, value: Any) -> None:
    survey = kind.fields.get(path)
    if survey is None:
        if len(kind.fields) >= _FIELDS:
            return
        survey = kind.fields[path] = FieldSurvey(path)
    if value is None:
        return
    survey.count += 1
    survey.types[_type_of(value)] += 1
    if isinstance(value, (dict, list)):
        return
    try:
        text = to_string(value)
    except JsTypeError:
        return
    survey.longest = max(survey.longest, len(text))
    if not survey.example:
        survey.example = text[:_EXAMPLE]


def _leaves(event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) for the values of `user` and `data`, two levels deep."""
    for section in ("user", "data"):
        yield from _inside(event.get(section), section, 1)


def _inside(value: Any, path: str, depth: int) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if isinstance(item, dict) and depth < _DEPTH:
            yield from _inside(item, f"{path}.{name}", depth + 1)
        elif "." not in str(name):
            yield f"{path}.{name}", item


def _is_email(value: Any) -> bool:
    return isinstance(value, str) and "@" in value and len(value) < 255 and check_email(value) is None


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "map" if isinstance(value, dict) else "list" if isinstance(value, list) else "string"
