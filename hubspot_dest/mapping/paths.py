"""Read, write and delete values by dotted path (walkerOS 4.4 mapping, section 2.4).

A path is split at every dot; dots cannot be escaped. `*` means every item of a list. Lists have indices and `length`.
Reading never fails: a missing value is `UNDEFINED`, or the default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_dest.mapping.jsvalues import UNDEFINED, is_array_index, parse_number

__all__ = ["Getter", "clear_by_path", "compile_path", "delete_by_path", "get_by_path", "set_by_path"]

Getter = Callable[[Any], Any]


def get_by_path(value: Any, path: str, default: Any = UNDEFINED) -> Any:
    """Return the value at `path`, or `default` if it is missing; null counts as a value."""
    return _walk(value, path.split("."), 0, default)


def compile_path(path: str, default: Any = UNDEFINED) -> Getter:
    """Return `get_by_path` specialised for a path and a default, which are analysed once."""
    keys = path.split(".")
    if "*" in keys:
        return _wildcard(keys, default)
    if len(keys) == 1:
        return _one_step(path, default)
    return _two_steps(keys[0], keys[1], keys, default) if len(keys) == 2 else _steps(keys, default)


def _one_step(key: str, default: Any) -> Getter:
    keys = [key]

    def getter(value: Any) -> Any:
        if type(value) is not dict:
            return _walk(value, keys, 0, default)
        found = value.get(key, UNDEFINED)
        return default if found is UNDEFINED else found

    return getter


def _two_steps(first: str, second: str, keys: list[str], default: Any) -> Getter:
    def getter(value: Any) -> Any:
        if type(value) is dict:
            inner = value.get(first, UNDEFINED)
            if type(inner) is dict:
                found = inner.get(second, UNDEFINED)
                return default if found is UNDEFINED else found
        return _walk(value, keys, 0, default)

    return getter


def _steps(keys: list[str], default: Any) -> Getter:
    steps = tuple((key, int(key) if is_array_index(key) else None) for key in keys)

    def getter(value: Any) -> Any:
        found = value
        for key, index in steps:
            if type(found) is dict:
                found = found.get(key, UNDEFINED)
            elif index is not None and type(found) is list:
                found = found[index] if index < len(found) else UNDEFINED
            else:
                return _walk(value, keys, 0, default)
        return default if found is UNDEFINED else found

    return getter


def _wildcard(keys: list[str], default: Any) -> Getter:
    """Return a getter for a path with `*`, which means every item of a list and is a plain key elsewhere."""
    star = keys.index("*")
    # Upstream joins the remaining steps and splits them again: after a trailing `*` that is one empty key.
    each = compile_path(".".join(keys[star + 1 :]), default)
    items_at = compile_path(".".join(keys[:star])) if star else _itself

    def getter(value: Any) -> Any:
        items = items_at(value)
        return [each(item) for item in items] if type(items) is list else _walk(value, keys, 0, default)

    return getter


def _itself(value: Any) -> Any:
    return value


def _walk(value: Any, keys: list[str], start: int, default: Any) -> Any:
    for index in range(start, len(keys)):
        key = keys[index]
        if isinstance(value, dict):
            value = value.get(key, UNDEFINED)
        elif isinstance(value, list):
            if key == "*":
                return _each(value, keys, index + 1, default)
            value = _from_list(value, key)
        else:
            return default
        if value is UNDEFINED:
            return default
    return value


def _each(items: list[Any], keys: list[str], rest: int, default: Any) -> list[Any]:
    # Upstream joins the remaining steps and splits them again: after a trailing `*` that is one empty key.
    remaining = keys[rest:] or [""]
    return [_walk(item, remaining, 0, default) for item in items]


def _from_list(items: list[Any], key: str) -> Any:
    if key == "length":
        return len(items)
    if is_array_index(key) and int(key) < len(items):
        return items[int(key)]
    return UNDEFINED


def set_by_path(value: Any, path: str, new: Any) -> Any:
    """Return a copy of `value` with `new` at `path`; a value that is not a map is returned unchanged.

    Missing, null and scalar steps become maps. Lists are indexed by numeric steps, and gaps beyond their end are filled
    with `UNDEFINED`. `*` is a plain key. Only the containers on the path are copied; everything else is shared.
    """
    if not isinstance(value, dict):
        return value
    return _with(value, path.split("."), 0, new)


def _with(container: Any, keys: list[str], index: int, new: Any) -> Any:
    key = keys[index]
    if index < len(keys) - 1:
        inside = _own(container, key)
        new = _with(inside if isinstance(inside, (dict, list)) else {}, keys, index + 1, new)
    if isinstance(container, dict):
        return {**container, key: new}
    items = list(container)
    if is_array_index(key):
        position = int(key)
        items.extend([UNDEFINED] * (position + 1 - len(items)))
        items[position] = new
    # JavaScript would set any other key as a property of the list; neither JSON nor a mapping value could read it.
    return items


def clear_by_path(value: Any, path: str) -> Any:
    """Return a copy of `value` without the key at `path`; a missing path changes nothing (walkerOS 4.7, section 1.7).

    An item of a list is replaced by `UNDEFINED`, so that the items after it keep their positions.
    """
    return _cleared(value, path.split("."), 0)


def _cleared(container: Any, keys: list[str], index: int) -> Any:
    key = keys[index]
    if not isinstance(container, (dict, list)) or (
        _own(container, key) is UNDEFINED and not _has(container, key)
    ):
        return container
    if index == len(keys) - 1:
        if isinstance(container, dict):
            return {name: item for name, item in container.items() if name != key}
        return _with(container, keys, index, UNDEFINED) if is_array_index(key) else container
    inside = _own(container, key)
    changed = _cleared(inside, keys, index + 1)
    return container if changed is inside else _with(container, [key], 0, changed)


def _has(container: Any, key: str) -> bool:
    return isinstance(container, dict) and key in container


def _own(container: Any, key: str) -> Any:
    return container.get(key, UNDEFINED) if isinstance(container, dict) else _from_list(container, key)


def delete_by_path(value: Any, path: str) -> Any:
    """Return a copy of `value` without the value at `path`; a missing path changes nothing.

    In a list, a step is converted with JavaScript's `Number()`, and the item is removed: later items move up.
    """
    if not isinstance(value, (dict, list)):
        return value
    return _without(value, path.split("."), 0)


def _without(container: Any, keys: list[str], index: int) -> Any:
    key: Any = keys[index]
    last = index == len(keys) - 1
    if isinstance(container, list):
        number = parse_number(key)
        if not number.is_integer() or not 0 <= number < len(container):
            return container
        key = int(number)
    elif key not in container:
        return container
    copied: Any = container.copy()
    if last:
        del copied[key]
    elif isinstance(copied[key], (dict, list)):
        copied[key] = _without(copied[key], keys, index + 1)
    return copied
