"""Find the rules whose keys are similar to an event's name."""

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
    """A rule whose key is similar to an event's name.

    Attributes:
        key: the key of the rule.
        apart: `capital letters` or `spaces` if that is the only difference, else empty.

    """

    key: str
    apart: str


def nearest_rules(name: str, keys: Iterable[str]) -> list[NearRule]:
    """Return the rules whose keys are similar to an event's name, most similar first."""
    by_form: dict[str, list[str]] = {}
    for key in dict.fromkeys(keys):
        if "*" not in key:
            by_form.setdefault(_normalised(key), []).append(key)
    close = get_close_matches(_normalised(name), by_form, n=_MOST, cutoff=_CLOSE)
    matches = [key for form in close for key in by_form[form] if key != name]
    return [NearRule(key, _apart(name, key)) for key in matches[:_MOST]]


def _normalised(name: str) -> str:
    """Return a name in lower case, with single spaces as separators."""
    return re.sub(r"[\s_.:/-]+", " ", name[:200]).strip().casefold()


def _apart(name: str, key: str) -> str:
    if name.casefold() == key.casefold():
        return "capital letters"
    if " ".join(name.split()) == " ".join(key.split()):
        return "spaces"
    return "spaces and capital letters" if name.casefold().split() == key.casefold().split() else ""
