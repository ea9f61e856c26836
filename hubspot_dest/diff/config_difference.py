"""Find the differences between two configurations, and apply a single one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_dest.diff.json_difference import MISSING, differences

__all__ = ["ConfigDifference", "ConfigPath", "config_differences", "with_value"]

ConfigPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ConfigDifference:
    """A difference between two configurations.

    Attributes:
        path: the path of the difference.
        old: the old value; `MISSING` if there is none.
        new: the new value; `MISSING` if there is none.

    """

    path: ConfigPath
    old: Any
    new: Any


def config_differences(old: Any, new: Any, path: ConfigPath = ()) -> list[ConfigDifference]:
    """Return the differences between two configurations, in the order of the old one.

    The order of keys is ignored. Lists of different length are one difference, since inserting an entry moves all later
    ones.
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = [*old, *(key for key in new if key not in old)]
        return [
            difference
            for key in keys
            for difference in config_differences(old.get(key, MISSING), new.get(key, MISSING), (*path, key))
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            difference
            for index, (before, after) in enumerate(zip(old, new, strict=True))
            for difference in config_differences(before, after, (*path, index))
        ]
    if old is MISSING and new is MISSING:
        return []
    if old is MISSING or new is MISSING or differences(old, new):
        return [ConfigDifference(path, old, new)]
    return []


def with_value(value: Any, path: ConfigPath, new: Any) -> Any:
    """Return a copy of `value` with `new` at `path`; `MISSING` removes the value. Unchanged parts are shared.

    Args:
        value: a configuration, which has every map and list on the path, except possibly for the last step.
        path: the path to change; empty for the whole configuration.
        new: the new value.

    """
    if not path:
        return new
    step, remaining = path[0], path[1:]
    if isinstance(value, list) and isinstance(step, int):
        items = list(value)
        items[step] = with_value(items[step], remaining, new)
        return items
    entries = dict(value) if isinstance(value, Mapping) else {}
    inner = with_value(entries.get(str(step), {}), remaining, new)
    if inner is MISSING:
        entries.pop(str(step), None)
    else:
        entries[str(step)] = inner
    return entries
