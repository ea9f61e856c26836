"""Generate source for a map of plain paths, the shape of nearly every configuration.

The generated code does two steps of the general path at once: mapping (walkerOS 4.4 mapping, section 2.3) and
JavaScript's `String()` (section 5.6). A loop over the entries would cost twice as much. Of a configuration, only string
literals made by `repr` become source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hubspot_dest.mapping.jsvalues import (
    OBJECT_TEXT,
    UNDEFINED,
    cast_to_property,
    entries,
    is_array_index,
    number_to_string,
    to_string,
)

__all__ = ["PlainMap", "PlainPath", "found_text"]


@dataclass(frozen=True, slots=True)
class PlainPath:
    """A path of two or three steps without wildcards, for which source can be generated.

    Attributes:
        section: the first step.
        rest: the one or two steps after it.

    """

    section: str
    rest: tuple[str, ...]

    @classmethod
    def parse(cls, path: Any) -> PlainPath | None:
        """Return the parsed path, or None for any other mapping value."""
        steps = path.split(".") if isinstance(path, str) else []
        if not 2 <= len(steps) <= 3 or "*" in steps:
            return None
        return cls(steps[0], tuple(steps[1:]))

    def source(self, variable: str) -> list[str]:
        """Return lines that set `v` to what is found, None for nothing; `variable` holds the section, a map."""
        if len(self.rest) == 1:
            return [f"v = {variable}.get({self.rest[0]!r})"]
        first, key = self.rest
        lines = [f"w = {variable}.get({first!r})", "if type(w) is dict:", f"    v = w.get({key!r})"]
        if is_array_index(key):
            lines += ["elif type(w) is list:", f"    v = w[{int(key)}] if len(w) > {int(key)} else None"]
        elif key == "length":
            lines += ["elif type(w) is list:", "    v = len(w)"]
        return [*lines, "else:", "    v = None"]


@dataclass(frozen=True, slots=True)
class _MapEntry:
    """One property: its name, its path, and the text for a path without a value."""

    name: str
    path: PlainPath | None
    default: str | None

    def source(self, variables: dict[str, str]) -> list[str]:
        target = f"into[{self.name!r}]"
        if self.path is None:
            return [f"{target} = {self.default!r}"]
        lines = [
            *self.path.source(variables[self.path.section]),
            "if type(v) is str:",
            f"    {target} = v",
            # Between these two, Python's digits and layout are JavaScript's but for a trailing `.0`.
            "elif type(v) is float and 1e-4 <= v < 1e16:",
            "    v = repr(v)",
            f"    {target} = v[:-2] if v[-1] == '0' and v[-2] == '.' else v",
            "elif v is not None:" if self.default is None else "else:",
            "    v = text(v)",
        ]
        if self.default is None:
            return [*lines, "    if v is not None:", f"        {target} = v"]
        return [*lines, f"    {target} = {self.default!r} if v is None else v"]


@dataclass(frozen=True, slots=True)
class PlainMap:
    """`{map: {name: path | {key, value} | {value}}}` with plain paths only."""

    entries: tuple[_MapEntry, ...] = ()

    @classmethod
    def parse(cls, mapping: Any) -> PlainMap | None:
        """Return the parsed map, or None if one of its entries is not a plain path or default."""
        inner = mapping.get("map") if isinstance(mapping, dict) and len(mapping) == 1 else None
        if not isinstance(inner, dict) or not inner:
            return None
        parsed = [_entry(name, item) for name, item in entries(inner)]
        return cls(tuple(entry for entry in parsed if entry is not None)) if None not in parsed else None

    @property
    def sections(self) -> set[str]:
        """The first steps of all paths: what must be a map for the source to hold."""
        return {entry.path.section for entry in self.entries if entry.path is not None}

    def source(self, variables: dict[str, str]) -> list[str]:
        """Return lines that fill the map `into`; `variables` names the variable that holds each section."""
        return [line for entry in self.entries for line in entry.source(variables)]


def _entry(name: str, item: Any) -> _MapEntry | None:
    if isinstance(item, str):
        path = PlainPath.parse(item)
        return _MapEntry(name, path, None) if path is not None else None
    if not isinstance(item, dict) or not item or not set(item) <= {"key", "value"}:
        return None
    path = PlainPath.parse(item.get("key"))
    if "key" in item and path is None:
        return None
    default = cast_to_property(item.get("value", UNDEFINED))
    if isinstance(default, (dict, list)) or ("value" in item and default is UNDEFINED):
        return None  # left out, or not convertible: the general path decides
    return _MapEntry(name, path, None if default is UNDEFINED else to_string(default))


def found_text(value: Any) -> str | None:
    """Return the text of a value as the general path makes it; None if the property is left out.

    Raises:
        TypeError: for an object, about which the general path reports more.

    """
    if type(value) is int:
        return number_to_string(value)
    if value is None:
        return None
    value = cast_to_property(value)
    if value is UNDEFINED:
        return None
    text = to_string(value)
    if OBJECT_TEXT in text and not isinstance(value, str):
        raise TypeError(text)
    return text
