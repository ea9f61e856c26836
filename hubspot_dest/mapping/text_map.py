"""Write the texts of a `{map: …}`: mapping (walkerOS 4.4 mapping, section 2.3) and `String()` (section 5.6) at once.

Each entry is compiled to the cheapest thing that makes its text, so an unusual entry costs only itself. A path of two
steps, what nearly all entries are, is read in the loop itself; anything else is a compiled mapping value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import (
    UNDEFINED,
    EmptiedList,
    JsTypeError,
    cast_to_property,
    number_to_string,
    to_string,
    truthy,
)
from hubspot_dest.mapping.paths import get_by_path
from hubspot_dest.mapping.resolve import Resolve

__all__ = ["TextEntry", "TextMap", "Unprintable"]

Unprintable = tuple[str, JsTypeError]
"""A name whose value JavaScript cannot convert to a text, and why not."""


@dataclass(frozen=True, slots=True)
class TextEntry:
    """One entry of a map.

    Attributes:
        name: the property.
        resolve: gives its value; None for a path of two steps.
        steps: that path.
        default: the text where that path has no value; None to leave the property out.
        needs_evaluation: whether `resolve` may use its evaluation: it may call functions, or report what fails.

    """

    name: str
    resolve: Resolve | None
    steps: tuple[str, str] = ("", "")
    default: str | None = None
    needs_evaluation: bool = False

    @classmethod
    def plain(cls, name: str, item: Any) -> TextEntry | None:
        """Return the entry of a path of two steps, with or without a default; None for any other mapping value."""
        if type(item) is str:
            first, _, second = item.partition(".")
            plain = second and "." not in second and first != "*" != second
            return cls(name, None, (first, second)) if plain else None
        form = item if isinstance(item, dict) else {}
        path = form.get("key", UNDEFINED)
        keys = path.split(".") if isinstance(path, str) else []
        if not form.keys() <= {"key", "value"} or len(keys) != 2 or "*" in keys:
            return None
        default = cast_to_property(form.get("value", UNDEFINED))
        if isinstance(default, (dict, list)):
            return None  # may have no text
        return cls(name, None, (keys[0], keys[1]), None if default is UNDEFINED else to_string(default))


class TextMap:
    """The compiled entries of a map, in the order of the configuration.

    Args:
        entries: the entries.
        keep_emptied: whether a list that a loop emptied has a text, the empty one, or is left out.

    Attributes:
        needs_evaluation: whether `write` needs an evaluation.

    """

    def __init__(self, entries: Sequence[TextEntry], *, keep_emptied: bool) -> None:
        self._keep_emptied = keep_emptied
        self._runs = _runs(entries)
        self.needs_evaluation = any(entry.needs_evaluation for entry in entries)

    def write(
        self, into: dict[str, str], event: dict[str, Any], ev: Evaluation | None, consent: Any
    ) -> Sequence[Unprintable]:
        """Write the texts of an event into a map.

        Args:
            into: where to write; a value of the event overwrites one that is there already.
            event: the event.
            ev: the state of planning the event; may be None unless `needs_evaluation`.
            consent: the collector's consent; the event's own, where it has one, replaces it.

        Returns:
            what JavaScript cannot convert to a text, in order; nothing is written for it.

        """
        if ev is not None and truthy(own := event.get("consent", UNDEFINED)):
            consent = own
        unprintable: Sequence[Unprintable] = ()
        for first, entries in self._runs:
            section = event.get(first)
            in_map = type(section) is dict
            for name, second, default, resolve in entries:
                if resolve is not None:
                    value = resolve(event, ev, consent)  # type: ignore[arg-type]  # None only where nothing uses it
                elif in_map:
                    value = section.get(second)  # type: ignore[union-attr]  # a map
                else:
                    value = get_by_path(event, f"{first}.{second}")
                kind = type(value)
                if kind is str:
                    into[name] = value
                elif kind is float and 1e-4 <= value < 1e16:
                    # Between these two, Python's digits and layout are JavaScript's but for a trailing `.0`.
                    text = repr(value)
                    into[name] = text[:-2] if text[-1] == "0" and text[-2] == "." else text
                elif kind is int:
                    into[name] = number_to_string(value)
                else:
                    if resolve is None and value is not None:
                        value = cast_to_property(value)
                    if value is None or value is UNDEFINED:
                        if default is not None:
                            into[name] = default
                        continue
                    if kind is EmptiedList and not self._keep_emptied:
                        continue
                    try:
                        into[name] = to_string(value)
                    except JsTypeError as error:
                        unprintable = (*unprintable, (name, error))
        return unprintable


_Run = tuple[str, tuple[tuple[str, str, str | None, Resolve | None], ...]]
"""The first step of entries that follow each other, and of each: name, second step, default, what gives its value."""


def _runs(entries: Sequence[TextEntry]) -> tuple[_Run, ...]:
    """Return entries put together that begin with the same step, which is then looked up once.

    An entry that may call a function stays alone: the function may change the event.
    """
    runs: list[tuple[str, bool, list[tuple[str, str, str | None, Resolve | None]]]] = []
    for entry in entries:
        first, second = entry.steps
        alone = entry.resolve is not None
        if not runs or alone or runs[-1][1] or runs[-1][0] != first:
            runs.append((first, alone, []))
        runs[-1][2].append((entry.name, second, entry.default, entry.resolve))
    return tuple((first, tuple(members)) for first, _, members in runs)
