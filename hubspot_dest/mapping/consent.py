"""Required consent against granted consent (walkerOS 4.4 mapping, section 2.6)."""

from __future__ import annotations

from typing import Any

from hubspot_dest.mapping.jsvalues import entries, truthy

__all__ = ["granted_consent"]


def granted_consent(required: Any, state: Any = None, individual: Any = None) -> dict[str, bool] | None:
    """Return the granted names if `required` allows, else None.

    Args:
        required: map of name to flag; allowed if it is absent or empty, or if **any** granted name is required
            with a true flag (or, not and).
        state: the collector's consent.
        individual: the event's own consent, which wins over `state`.

    """
    states = {**_states(state), **_states(individual)} if individual else _states(state)
    granted = {name: True for name, flag in states.items() if flag is True or truthy(flag)}
    if not required:
        return granted
    flags = dict(entries(required))
    if not flags or any(truthy(flags.get(name)) for name in granted):
        return granted
    return None


def _states(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
