"""Tell a resolved value from a default one: evaluate a mapping value without its fixed values."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.mapping.javascript.errors import JavaScriptSyntaxError
from hubspot_dest.mapping.jsvalues import UNDEFINED, truthy
from hubspot_dest.mapping.values import PRODUCERS, Resolve, ValueCompiler

__all__ = ["compile_probe"]

_NOTHING: Final = object()


def compile_probe(mapping: Any, values: ValueCompiler, *, has_default: bool) -> Resolve | None:
    """Return a function that evaluates a mapping value without its fixed values; None if it has none.

    Only the outermost fixed values count (walkerOS 4.4 mapping, section 2.3, step 10): a default inside a loop gives
    a part of a value that was resolved. A value that is nothing but fixed is not a default.

    Args:
        mapping: the mapping value of a property.
        values: compiles what is left of it.
        has_default: whether `settings.defaultProperties` gives the property a value as well.

    """
    alternatives = mapping if isinstance(mapping, list) else [mapping]
    left = [_without_default(alternative) for alternative in alternatives]
    kept = [item for item in left if item is not _NOTHING]
    if not kept:
        return None
    changed = len(kept) < len(left) or any(item is not other for item, other in zip(kept, left, strict=False))
    changed = changed or any(item is not other for item, other in zip(left, alternatives, strict=True))
    if not changed and not has_default:
        return None
    try:
        return values.compile(kept if isinstance(mapping, list) else kept[0])
    except JavaScriptSyntaxError:
        return None  # the planner refuses the configuration


def _without_default(item: Any) -> Any:
    """Return one alternative without its fixed value; `_NOTHING` if it is nothing else."""
    if not isinstance(item, dict) or item.get("value", UNDEFINED) is UNDEFINED:
        return item
    if not any(truthy(item.get(name, UNDEFINED)) for name in PRODUCERS):
        return _NOTHING
    return {name: part for name, part in item.items() if name != "value"}
