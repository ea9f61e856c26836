"""The consent check: required names against granted names (walkerOS 4.4 mapping, section 2.6)."""

from __future__ import annotations

from typing import Any

from hubspot_dest.mapping.jsvalues import UNDEFINED, entries, truthy

__all__ = ["granted_consent", "is_granted", "required_names"]


def granted_consent(required: Any, state: Any = None, individual: Any = None) -> dict[str, bool] | None:
    """Return the granted names if the required consent is given, else None.

    Args:
        required: map of consent name to flag. **One** granted name with a true flag is enough (or, not and);
            an absent or empty map requires nothing.
        state: the collector's consent.
        individual: the event's own consent, which takes precedence over `state`.

    """
    states, own = _states(state), _states(individual) if individual else {}
    if own:
        states = {**states, **own} if states else own
    granted = {name: True for name, flag in states.items() if flag is True or truthy(flag)}
    if not required:
        return granted
    flags = dict(entries(required))
    if not flags or any(truthy(flags.get(name)) for name in granted):
        return granted
    return None


def required_names(required: Any) -> tuple[str, ...] | None:
    """Return the consent names, one of which must be granted; None if nothing is required."""
    flags = entries(required) if required else []
    return tuple(name for name, flag in flags if truthy(flag)) if flags else None


def is_granted(names: tuple[str, ...] | None, state: Any) -> bool:
    """Return whether one of the required names is granted, in time independent of the size of the consent."""
    if names is None:
        return True
    return isinstance(state, dict) and any(truthy(state.get(name, UNDEFINED)) for name in names)


def _states(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
