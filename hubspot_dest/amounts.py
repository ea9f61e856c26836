"""Numbers with their nouns: `1 event`, `2 events`."""

from __future__ import annotations

from typing import Final

__all__ = ["amount", "plural", "verb"]

_SIBILANTS: Final = ("s", "x", "z", "ch", "sh")
_VOWELS: Final = "aeiou"
_IRREGULAR: Final = {"person": "people"}
_OF_ONE: Final = {"are": "is", "were": "was", "have": "has", "go": "goes", "do": "does", "pass": "passes"}


def plural(count: float, noun: str) -> str:
    """Return a noun in the form that follows a number: singular after 1 only.

    Args:
        count: how many there are.
        noun: in the singular; of several words the last one changes (`contact call`).

    """
    if count == 1:
        return noun
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("y") and noun[-2:-1] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_SIBILANTS) else f"{noun}s"


def amount(count: float, noun: str) -> str:
    """Return a number with its noun: `1 event`, `2 events`, `0 contact calls`."""
    return f"{count} {plural(count, noun)}"


def verb(count: float, of_many: str) -> str:
    """Return a verb in the form that a number asks for: `is` of 1, `are` of others; `waits` of 1, `wait` of others."""
    return of_many if count != 1 else _OF_ONE.get(of_many, f"{of_many}s")
