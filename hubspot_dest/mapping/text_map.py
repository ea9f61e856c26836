"""Map a `{map: …}` to texts in one pass: mapping (walkerOS 4.4 mapping, section 2.3) and `String()` (section 5.6).

Each entry is compiled to its cheapest form, so an unusual entry slows down only itself. Nearly all entries are paths of
two steps, which are read inline; anything else is a compiled mapping value.
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
"""The name of a property whose value JavaScript cannot convert to a string, and the error."""


@dataclass(frozen=True, slots=True)
class TextEntry:
    """One entry of a map.

    Attributes:
        name: the property.
        resolve: returns the value; None for a path of two steps.
        steps: the path of two steps.
        default: the text if that path has no value; None to leave the property out.
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
            return None  # it may have no text form
        return cls(name, None, (keys[0], keys[1]), None if default is UNDEFINED else to_string(default))


class TextMap:
    """The compiled entries of a map, in the order of the configuration.

    Args:
        entries: the entries.
        keep_emptied: whether a list that a loop emptied becomes the empty text; otherwise the property is left out.

    Attributes:
        needs_evaluation: whether `write` needs an evaluation.

    """

    def __init__(self, entries: Sequence[TextEntry], *, keep_emptied: bool) -> None:
        self._keep_emptied = keep_emptied
        self._entries = tuple((entry.name, *entry.steps, entry.default, entry.resolve) for entry in entries)
        self.needs_evaluation = any(entry.needs_evaluation for entry in entries)

    def write(
        self, into: dict[str, str], event: dict[str, Any], ev: Evaluation | None, consent: Any
    ) -> Sequence[Unprintable]:
        """Write the texts of an event into a map.

        Args:
            into: the map to write into; existing entries are overwritten.
            event: the event.
            ev: the state of planning the event; may be None unless `needs_evaluation`.
            consent: the collector's consent; the event's own consent replaces it.

        Returns:
            The properties that JavaScript cannot convert to a string, in order; nothing is written for them.

        """
        if ev is not None and truthy(own := event.get("consent", UNDEFINED)):
            consent = own
        unprintable: Sequence[Unprintable] = ()
        for name, first, second, default, resolve in self._entries:
            if resolve is not None:
                value = resolve(event, ev, consent)  # type: ignore[arg-type]  # None only where nothing uses it
            else:
                section = event.get(first)
                value = (
                    section.get(second) if type(section) is dict else get_by_path(event, f"{first}.{second}")
                )
            kind = type(value)
            if kind is str:
                into[name] = value
            elif kind is float and 1e-4 <= value < 1e16:
                # In this range, Python formats a float as JavaScript does, except for a trailing `.0`.
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
