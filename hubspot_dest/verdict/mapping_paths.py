"""The event paths that a configuration's mapping values read, with their positions in the configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = [
    "ConfigPath",
    "EventPath",
    "MappedValue",
    "default_texts",
    "event_paths",
    "mapped_values",
    "path_text",
]

ConfigPath = tuple[str | int, ...]

_THIS: Final = "this"


@dataclass(frozen=True, slots=True)
class EventPath:
    """An event path that a mapping value reads.

    Attributes:
        path: the path from the root of the event, with `*` for the items of a loop: `nested.*.data.price`.
        at: the path in the configuration.

    """

    path: str
    at: ConfigPath

    @property
    def first(self) -> str:
        """The first step, which should be a field of events."""
        return self.path.partition(".")[0]


@dataclass(frozen=True, slots=True)
class MappedValue:
    """An entry of a map, or a mapping value that is not a map.

    Attributes:
        name: the property that it sets; empty for a value that is not in a map.
        at: the path in the configuration.
        paths: the event paths that it reads.
        has_default: whether it has a default for events without a value at the paths.
        constant: the value as text if it is the same for every event, else None.

    """

    name: str
    at: ConfigPath
    paths: tuple[EventPath, ...]
    has_default: bool = False
    constant: str | None = None


def path_text(path: ConfigPath) -> str:
    """Format a path: `mapping.order.complete[0].settings`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def mapped_values(value: Any, at: ConfigPath) -> Iterator[MappedValue]:
    """Yield the entries of a mapping value that is a map; any other value is yielded itself, without a name."""
    alternatives = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
    for number, alternative in alternatives:
        place = at if number is None else (*at, number)
        inner = alternative.get("map") if isinstance(alternative, dict) else None
        if isinstance(inner, dict):
            for name, item in inner.items():
                yield _mapped(str(name), item, (*place, "map", name))
        else:
            yield _mapped("", alternative, place)


def event_paths(value: Any, at: ConfigPath, scope: str = "") -> Iterator[EventPath]:
    """Yield every path that a mapping value reads (walkerOS 4.4 mapping, section 2.3).

    Args:
        value: the mapping value as configured.
        at: the path in the configuration.
        scope: the event path of the enclosing loops' items.

    """
    if isinstance(value, str):
        if value:
            yield EventPath(_joined(scope, value), at)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from event_paths(item, (*at, number), scope)
    elif isinstance(value, dict):
        yield from _paths_of_map(value, at, scope)


def default_texts(value: Any, at: ConfigPath) -> Iterator[tuple[str, ConfigPath]]:
    """Yield every fixed text of a mapping value with its path in the configuration."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from default_texts(item, (*at, number))
    elif isinstance(value, dict):
        for key in ("map", "loop", "set"):
            inner = value.get(key)
            if isinstance(inner, dict):
                for name, item in inner.items():
                    yield from default_texts(item, (*at, key, name))
            elif isinstance(inner, list):
                yield from default_texts(inner, (*at, key))
        if "value" in value:
            yield from _texts(value["value"], (*at, "value"))


def _texts(value: Any, at: ConfigPath) -> Iterator[tuple[str, ConfigPath]]:
    if isinstance(value, str):
        yield value, at
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, (*at, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*at, number))


def _mapped(name: str, item: Any, at: ConfigPath) -> MappedValue:
    fixed = item.get("value") if isinstance(item, dict) else None
    constant = None
    if isinstance(item, dict) and set(item) == {"value"} and isinstance(fixed, (str, int, float, bool)):
        constant = str(fixed)
    return MappedValue(name, at, tuple(event_paths(item, at)), fixed is not None, constant)


def _paths_of_map(value: dict[str, Any], at: ConfigPath, scope: str) -> Iterator[EventPath]:
    loop = value.get("loop")
    if isinstance(loop, list) and len(loop) == 2 and isinstance(loop[0], str):
        if loop[0] == _THIS:
            yield from event_paths(loop[1], (*at, "loop", 1), scope)
        else:
            around = _joined(scope, loop[0])
            yield EventPath(around, (*at, "loop", 0))
            yield from event_paths(loop[1], (*at, "loop", 1), f"{around}.*")
        return
    inner = value.get("map")
    if isinstance(inner, dict):
        for name, item in inner.items():
            yield from event_paths(item, (*at, "map", name), scope)
        return
    parts = value.get("set")
    if isinstance(parts, list):
        yield from event_paths(parts, (*at, "set"), scope)
        return
    key = value.get("key")
    if isinstance(key, str) and key:
        yield EventPath(_joined(scope, key), (*at, "key"))


def _joined(scope: str, path: str) -> str:
    return f"{scope}.{path}" if scope else path
