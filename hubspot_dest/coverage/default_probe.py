"""Distinguish a resolved value from a default by evaluating a mapping value without its fixed values."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.mapping.javascript.errors import JavaScriptSyntaxError
from hubspot_dest.mapping.jsvalues import UNDEFINED, truthy
from hubspot_dest.mapping.values import PRODUCERS, Resolve, ValueCompiler

__all__ = ["compile_probe"]

_NOTHING: Final = object()


def compile_probe(mapping: Any, values: ValueCompiler, *, has_default: bool) -> Resolve | None:
    """Return a function that evaluates a mapping value without its fixed values; None if it has none.

    Only the outermost fixed values count (walkerOS 4.4 mapping, section 2.3, step 10): a default inside a loop is part
    of a resolved value. A mapping value that is only a fixed value is not a default.

    Args:
        mapping: the mapping value of a property.
        values: compiles the remaining mapping value.
        has_default: whether `settings.defaultProperties` has the property, too.

    """
    alternatives = mapping if isinstance(mapping, list) else [mapping]
    stripped = [_without_default(alternative) for alternative in alternatives]
    remaining = [item for item in stripped if item is not _NOTHING]
    if not remaining:
        return None
    changed = len(remaining) < len(stripped) or any(
        item is not other for item, other in zip(remaining, stripped, strict=False)
    )
    changed = changed or any(item is not other for item, other in zip(stripped, alternatives, strict=True))
    if not changed and not has_default:
        return None
    try:
        return values.compile(remaining if isinstance(mapping, list) else remaining[0])
    except JavaScriptSyntaxError:
        return None  # the planner reports the error


def _without_default(item: Any) -> Any:
    """Return an alternative without its fixed value; `_NOTHING` if there is nothing else."""
    if not isinstance(item, dict) or item.get("value", UNDEFINED) is UNDEFINED:
        return item
    if not any(truthy(item.get(name, UNDEFINED)) for name in PRODUCERS):
        return _NOTHING
    return {name: part for name, part in item.items() if name != "value"}
