"""Suggest corrections for misspelt paths and consent names."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.verdict.mapping_paths import MappedValue

__all__ = ["Absence", "Misspellings", "absences", "edits", "nearest_event_name", "same_consent"]

_REMEMBERED: Final = 10_000
_REMEMBERED_FIELDS: Final = 4_096
_MOST_KEYS: Final = 200
_LONG_ENOUGH: Final = 6
_SEPARATORS: Final = re.compile(r"[\s_.-]+")


@dataclass(frozen=True, slots=True)
class Absence:
    """Paths of two steps that gave nothing, and in which fields of events there is nothing near them.

    Attributes:
        section: the field of events that they begin with.
        keys: their second steps.
        paths: the whole paths.
        known: keys of that field, in order, among which none is like theirs.

    """

    section: str
    keys: tuple[str, ...]
    paths: tuple[str, ...]
    known: set[tuple[str, ...]] = field(default_factory=set)


class Misspellings:
    """Suggest corrections for paths, cached by the keys of the event, since the events of a rule are similar."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], str] = {}

    def nearest(self, event: Any, path: str) -> str:
        """Return a path of `event` that differs from `path` in one step by at most two letters; empty if none does.

        Args:
            event: a complete event.
            path: a path that has no value in the event.

        """
        steps = path.split(".")
        inside = event
        for number, step in enumerate(steps):
            if not isinstance(inside, dict):
                return ""
            if step in inside:
                inside = inside[step]
                continue
            if number == 0 or len(inside) > _MOST_KEYS:
                return ""
            key = (path, *inside)
            nearest = self._known.get(key)
            if nearest is None:
                nearest = _nearest_key(step, list(inside))
                if len(self._known) < _REMEMBERED:
                    self._known[key] = nearest
            if not nearest:
                return ""
            remaining = steps[number + 1 :]
            if not _has_path(inside[nearest], remaining):
                return ""
            return ".".join([*steps[:number], nearest, *remaining])
        return ""

    def is_plain(self, absent: tuple[Absence, ...], event: Any) -> bool:
        """Tell whether paths that gave nothing are simply not there, and nothing like them is."""
        for absence in absent:
            inside = event.get(absence.section)
            if type(inside) is not dict:
                return False
            keys = (*inside,)
            if keys not in absence.known:
                if any(key in inside for key in absence.keys):
                    return False
                if any(self.nearest(event, path) for path in absence.paths):
                    return False
                if len(absence.known) < _REMEMBERED_FIELDS:
                    absence.known.add(keys)
        return True


def same_consent(name: str, other: str) -> bool:
    """Return whether two consent names differ only in capitals and separators, or in one of at least six letters."""
    plain, other_plain = (_SEPARATORS.sub("", text).lower() for text in (name, other))
    return plain == other_plain or (
        min(len(plain), len(other_plain)) >= _LONG_ENOUGH and edits(plain, other_plain, 1) <= 1
    )


def nearest_event_name(key: str, names: Iterable[str]) -> str:
    """Return the event name whose entity or action is a misspelling of that of a rule; empty if there is none.

    Names that differ only in capitals have their own check, and are not returned.

    Args:
        key: the key of the rule, `order complete` or `order *`.
        names: the names of events without a rule of their own.

    """
    words = key.split(" ", 1)
    for name in sorted(names):
        others = name.split(" ", 1)
        if len(others) != len(words) or name.lower() == key.lower():
            continue
        different = [  # a wildcard matches every word
            (word, other) for word, other in zip(words, others, strict=True) if word not in (other, "*")
        ]
        if len(different) == 1 and _nearest_key(different[0][0], [different[0][1]]):
            return name
    return ""


def edits(text: str, other: str, limit: int) -> int:
    """Return the edit distance (insertions, deletions, substitutions and swaps), capped at `limit` + 1."""
    if abs(len(text) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    previous = list(range(len(other) + 1))
    for row, a in enumerate(text, 1):
        current = [row]
        for column, b in enumerate(other, 1):
            cost = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (a != b))
            if row > 1 and column > 1 and a == other[column - 2] and text[row - 2] == b:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return min(previous[-1], limit + 1)


def _nearest_key(step: str, keys: list[Any]) -> str:
    best, distance = "", 3
    for key in keys:
        if not isinstance(key, str) or not _comparable(step, key):
            continue
        if key.lower() == step.lower():
            return key
        # Short names are often similar without being misspelt: id and ip, name and type.
        allowed = 2 if min(len(step), len(key)) >= 5 else 1
        count = edits(step.lower(), key.lower(), allowed)
        if count <= allowed and count < distance:
            best, distance = key, count
    return best


def _comparable(step: str, key: str) -> bool:
    """Return whether one name may be a misspelling of the other: both are long enough, unlike `item1` and `item2`."""
    if step.lower() == key.lower():
        return True
    if min(len(step), len(key)) < 4:
        return False
    if len(step) == len(key) == 4 and sorted(step.lower()) != sorted(key.lower()):
        return False  # size and site are different words
    return step.rstrip("0123456789") != key.rstrip("0123456789")


def _has_path(value: Any, steps: list[str]) -> bool:
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def absences(
    values: Iterable[MappedValue], present: Collection[str], fields: Collection[str]
) -> tuple[Absence, ...] | None:
    """Return the paths of the values that gave nothing; None where one of them is not a plain path of two steps."""
    by_field: dict[str, list[str]] = {}
    for value in values:
        if not value.name:
            return None
        for path in () if value.name in present else value.paths:
            first, _, rest = path.path.partition(".")
            if first not in fields or not rest or "." in rest or rest in ("*", "length") or rest.isdigit():
                return None
            by_field.setdefault(first, []).append(rest)
    return tuple(
        Absence(first, tuple(keys), tuple(f"{first}.{key}" for key in keys))
        for first, keys in by_field.items()
    )
