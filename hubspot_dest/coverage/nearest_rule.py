"""Find the rules whose keys are written almost like an event's name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

__all__ = ["NearRule", "nearest_rules"]

_CLOSE: Final = (
    0.78  # `order completed` is close to `order complete`, `order view` is not close to `page view`
)
_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class NearRule:
    """A rule's key that is written almost like an event's name.

    Attributes:
        key: the rule's.
        apart: the only difference: `capital letters`, `spaces`; empty where it is more than that.

    """

    key: str
    apart: str


def nearest_rules(name: str, keys: Iterable[str]) -> list[NearRule]:
    """Return the rules whose keys are written almost like an event's name, the nearest first; empty if none is."""
    by_look: dict[str, list[str]] = {}
    for key in dict.fromkeys(keys):
        if "*" not in key:
            by_look.setdefault(_look(key), []).append(key)
    close = get_close_matches(_look(name), by_look, n=_MOST, cutoff=_CLOSE)
    found = [key for look in close for key in by_look[look] if key != name]
    return [NearRule(key, _apart(name, key)) for key in found[:_MOST]]


def _look(name: str) -> str:
    """Return a name without what people overlook in it."""
    return re.sub(r"[\s_.:/-]+", " ", name[:200]).strip().casefold()


def _apart(name: str, key: str) -> str:
    if name.casefold() == key.casefold():
        return "capital letters"
    if " ".join(name.split()) == " ".join(key.split()):
        return "spaces"
    return "spaces and capital letters" if name.casefold().split() == key.casefold().split() else ""
