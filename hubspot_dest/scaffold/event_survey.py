"""Survey the events of a site: which names come how often, with which fields, values and people."""

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
    """A field of the events of one name.

    Attributes:
        path: `data.total`.
        count: how many events have a value there.
        types: how many values of each type: `string`, `number`, `bool`; `list` and `map` for what is no property.
        longest: the length of its longest value as HubSpot receives it, in characters.
        example: the first value, as text.

    """

    path: str
    count: int = 0
    types: Counter[str] = field(default_factory=Counter)
    longest: int = 0
    example: str = ""

    @property
    def is_property(self) -> bool:
        """Whether its values can be a property as they are."""
        return self.count > 0 and not self.types["list"] and not self.types["map"]


@dataclass(slots=True)
class EventKind:
    """The events of one name.

    Attributes:
        entity: the first word of the name.
        action: the second word.
        count: how many.
        fields: the fields of `data` and `globals`, by path.
        nested: how many have nested entities.
        example: the first event with an identity, else the first one.
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
        """The name of its events: `order complete`."""
        return f"{self.entity} {self.action}"


class EventSurvey:
    """Collects what the events of a site look like; memory does not grow with the events.

    Attributes:
        events: how many events there were.
        kinds: by (entity, action), in the order in which they came.
        emails: how many events have an e-mail address at a path.
        consents: how many events carry each name of a consent.
        other_kinds: how many events have a name beyond the first 1,000.

    """

    def __init__(self) -> None:
        self.events = 0
        self.kinds: dict[tuple[str, str], EventKind] = {}
        self.emails: Counter[str] = Counter()
        self.consents: Counter[str] = Counter()
        self.other_kinds = 0

    def add(self, event: dict[str, Any]) -> None:
        """Look at one event; one without a usable name counts for nothing."""
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
    found = kind.fields.get(path)
    if found is None:
        if len(kind.fields) >= _FIELDS:
            return
        found = kind.fields[path] = FieldSurvey(path)
    if value is None:
        return
    found.count += 1
    found.types[_type_of(value)] += 1
    if isinstance(value, (dict, list)):
        return
    try:
        text = to_string(value)
    except JsTypeError:
        return
    found.longest = max(found.longest, len(text))
    if not found.example:
        found.example = text[:_EXAMPLE]


def _leaves(event: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of `user` and `data`, two levels deep."""
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
