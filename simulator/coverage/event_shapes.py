"""Complete events for a configuration, and edited copies of them."""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass
from typing import Any, Final

from simulator.coverage.mapping_tree import Path

__all__ = ["ABSENT", "Resize", "Edits", "base_event", "plausible", "draw_person", "apply_edits"]

Event = dict[str, Any]
ABSENT: Final = object()
"""Edit that removes a value."""


@dataclass(frozen=True, slots=True)
class Resize:
    """Edit that gives a list a number of items."""

    count: int


Person = tuple[str, str]
"""A first and a last name."""

Edits = tuple[tuple[Path, Any], ...]
"""Edits, applied in order: (path, value)."""

_START_MS: Final = 1_767_600_000_000
_NUMBERS: Final = frozenset(
    """
    total price value quantity count revenue amount tax taxes shipping items discount score age depth
    """.split()  # noqa: SIM905 - words read better as words
)
_TEXTS: Final = {
    "currency": "EUR",
    "url": "https://www.example.com/some/page",
    "phone": "+49 30 5550199",
    "country": "DE",
    "language": "en",
    "lang": "en",
    "plan": "team",
    "date": "2026-01-05",
}
_PEOPLE: Final[tuple[Person, ...]] = (
    ("Ada", "Lovelace"),
    ("Grace", "Hopper"),
    ("Alan", "Turing"),
    ("Edsger", "Dijkstra"),
)


def draw_person(rng: random.Random) -> Person:
    """Draw a first and a last name."""
    return rng.choice(_PEOPLE)


def plausible(path: Path, rng: random.Random, *, text: bool = False, person: Person | None = None) -> Any:
    """Return a plausible value for a path, by its last step.

    Args:
        path: the path.
        rng: chooses among equivalent values.
        text: whether the value must be text.
        person: the event's person; a random one by default.

    """
    named = [step for step in path if step != "*" and not step.isdigit()]
    last = named[-1] if named else "value"
    plain = last.lower().replace("_", "")
    first, family = person or draw_person(rng)
    if "mail" in plain:
        return f"{first}.{family}@example.com".lower()
    if plain in ("firstname", "givenname"):
        return first
    if plain in ("lastname", "familyname", "surname"):
        return family
    if plain == "id" or plain.endswith("id"):
        return f"{plain}-{rng.randrange(10**4):04d}"
    if not text and (plain in _NUMBERS or plain.endswith(("count", "total", "price", "value"))):
        return rng.choice((4, 42, 128, 999))
    if not text and (plain.startswith(("is", "has")) and last[2:3].isupper()):
        return True
    if path[:1] == ("context",) and len(path) == 2:
        return [f"some {last}", 0]
    return _TEXTS.get(plain, f"some {last}")


def base_event(name: str, consents: list[str], rng: random.Random) -> Event:
    """Return a complete walkerOS 4 event of an identified person, with every consent."""
    entity, _, action = name.partition(" ")
    first, family = rng.choice(_PEOPLE)
    return {
        "name": name,
        "data": {},
        "context": {},
        "globals": {"pagegroup": "cover"},
        "custom": {},
        "user": {
            "id": f"us3r{rng.randrange(10**4):04d}",
            "device": f"{rng.getrandbits(64):016x}",
            "session": f"{rng.getrandbits(48):012x}",
            "email": f"{first}.{family}@example.com".lower(),
        },
        "nested": [],
        "consent": {"functional": True, **dict.fromkeys(consents, True)},
        "id": f"{rng.getrandbits(64) | 1:016x}",
        "trigger": "load",
        "entity": entity,
        "action": action,
        "timestamp": _START_MS,
        "timing": 1.5,
        "source": {
            "type": "browser",
            "platform": "web",
            "schema": "4",
            "count": 1,
            "trace": f"{rng.getrandbits(128):032x}",
            "url": "https://www.example.com/",
            "referrer": "",
            "release": {"web": "4.4.0"},
        },
    }


def apply_edits(event: Event, edits: Edits) -> Event:
    """Return a copy of an event with the edits applied."""
    made = copy.deepcopy(event)
    for path, value in edits:
        if path == ("name",) or path in (("entity",), ("action",)):
            _rename(made, path[0], value)
        elif path:
            _put(made, path, value)
    return made


def _rename(event: Event, what: str, value: Any) -> None:
    """Change one part of the event's name and the fields derived from it."""
    if not isinstance(value, str) or not value:
        _put(event, (what,), value)
        return
    entity, action = str(event.get("entity")), str(event.get("action"))
    entity = value if what == "entity" else entity
    action = value if what == "action" else action
    event["name"] = value if what == "name" else f"{entity} {action}"
    event["entity"], _, event["action"] = event["name"].partition(" ")


def _put(container: Any, path: Path, value: Any) -> None:
    step, rest = path[0], path[1:]
    if isinstance(container, list):
        for index in _indices(container, step, fill=value is not ABSENT):
            if rest:
                if not isinstance(container[index], (dict, list)):
                    container[index] = _fresh(rest)
                _put(container[index], rest, value)
            else:
                container[index] = None if value is ABSENT else _value(container[index], value, step)
        return
    if rest:
        inside = container.get(step)
        if not isinstance(inside, (dict, list)) or (rest[0] == "*" and isinstance(inside, dict)):
            if value is ABSENT:
                return
            inside = container[step] = _fresh(rest)
        _put(inside, rest, value)
    elif value is ABSENT:
        container.pop(step, None)
    else:
        container[step] = _value(container.get(step), value, step)


def _indices(items: list[Any], step: str, *, fill: bool) -> list[int]:
    if step == "*":
        if not items and fill:
            items.extend([{}, {}])
        return list(range(len(items)))
    if not step.isdigit() or len(step) > 3:
        return []
    if fill:
        items.extend({} for _ in range(int(step) + 1 - len(items)))
    return [int(step)] if int(step) < len(items) else []


def _fresh(rest: Path) -> Any:
    return [] if rest[0] == "*" or rest[0].isdigit() else {}


def _value(old: Any, value: Any, step: str) -> Any:
    if not isinstance(value, Resize):
        return copy.deepcopy(value)
    kind = (
        {"entity": "item", "data": {"id": "item-1"}, "nested": [], "context": {}}
        if step == "nested"
        else "item"
    )
    pattern = old[0] if isinstance(old, list) and old else kind
    return [copy.deepcopy(pattern) for _ in range(value.count)]
