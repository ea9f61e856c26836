"""The order in which upstream's promises settle, for overlapping paths of one policy (walkerOS 4.4, section 3.4).

Upstream computes all values of a policy concurrently and applies each one when its promise settles, so the depth of a
mapping decides which edit is applied last. The tick counts were measured (section 3.4). They matter only for
overlapping paths, and only in parity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_dest.mapping.consent import is_granted, required_names
from hubspot_dest.mapping.jsvalues import UNDEFINED, entries, has_own_keys, truthy

__all__ = ["count_ticks"]

# Resolves a mapping value against an input, to see which alternative has a result and which items a loop has.
Probe = Callable[[Any, Any], Any]

_CALLBACK = 3


def count_ticks(mapping: Any, value: Any, consent: Any, probe: Probe) -> int:
    """Return the number of microtasks that upstream needs to resolve `mapping` against `value`."""
    if value is UNDEFINED:
        return 1
    own = value.get("consent", UNDEFINED) if isinstance(value, dict) else UNDEFINED
    consent = own if truthy(own) else consent
    ticks = 1
    for item in mapping if isinstance(mapping, list) else [mapping]:
        ticks += _alternative(item, value, consent, probe) + 2
        if probe([item], value) is not UNDEFINED:
            break
    return ticks


def _alternative(item: Any, value: Any, consent: Any, probe: Probe) -> int:
    """Return the ticks of one alternative: 3 for a plain path, more for nested mappings and callbacks."""
    if isinstance(item, list):
        inner = [_form(candidate, value, consent, probe) for candidate in item[:1]]
        return (inner[0] if inner else 2) + max(0, len(item) - 1) + 1
    return _form(item, value, consent, probe)


def _form(item: Any, value: Any, consent: Any, probe: Probe) -> int:
    if not isinstance(item, dict) or not has_own_keys(item):
        return 3
    ticks = 3
    if truthy(item.get("condition", UNDEFINED)):
        ticks += _CALLBACK
        if probe({"condition": item["condition"], "value": True}, value) is UNDEFINED:
            return ticks
    required = item.get("consent", UNDEFINED)
    if truthy(required) and not is_granted(required_names(required), consent):
        return ticks
    ticks += _CALLBACK * sum(truthy(item.get(name, UNDEFINED)) for name in ("fn", "validate"))
    return ticks + _inside(item, value, consent, probe)


def _inside(item: dict[str, Any], value: Any, consent: Any, probe: Probe) -> int:
    loop = item.get("loop", UNDEFINED)
    if isinstance(loop, list) and loop:
        return _loop(loop, value, consent, probe)
    inner = item.get("map", UNDEFINED)
    if truthy(inner):
        return 1 + sum(1 + count_ticks(entry, value, consent, probe) for _, entry in entries(inner))
    items = item.get("set", UNDEFINED)
    if isinstance(items, list):
        return 1 + max((_alternative(candidate, value, consent, probe) for candidate in items), default=0)
    return 0


def _loop(loop: list[Any], value: Any, consent: Any, probe: Probe) -> int:
    each = loop[1] if len(loop) > 1 else {}
    items: Any = [value]
    ticks = 0
    if loop[0] != "this":
        items, ticks = probe(loop[0], value), count_ticks(loop[0], value, consent, probe)
    if not isinstance(items, list):
        return ticks
    return ticks + 1 + max((count_ticks(each, item, consent, probe) for item in items), default=0)
