"""Names in a granted consent that no configuration requires, such as misspelt ones."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hubspot_dest.verdict.rule_views import ConfigView

__all__ = ["consents_without_effect"]


def consents_without_effect(
    names: Iterator[str] | Sequence[str],
    configs: Sequence[Mapping[str, Any]],
    written: Callable[[str], str] = repr,
) -> Iterator[tuple[str, str]]:
    """Yield each name that has no effect, with the reason; the source of a function may use any name.

    Args:
        names: the names in the consent, granted or refused.
        configs: the destinations' configurations.
        written: how the reason shows a name that is meant instead.

    """
    asked = sorted({name for raw in configs for name in ConfigView(raw).consents})
    for name in names:
        if name in asked or any(_is_in_a_function(name, raw) for raw in configs):
            continue
        near = difflib.get_close_matches(name.lower(), [text.lower() for text in asked], n=1)
        meant = next((text for text in asked if near and text.lower() == near[0]), None)
        if not asked:
            yield name, "the configuration requires no consent"
        elif meant is not None:
            yield name, f"the configuration does not require it; did you mean {written(meant)}?"
        else:
            yield name, f"the configuration does not require it, but requires {', '.join(asked)}"


def _is_in_a_function(name: str, value: Any) -> bool:
    """Return whether a function, or the source of one, could contain the name."""
    if isinstance(value, Mapping):
        return any(_is_in_a_function(name, inner) for inner in value.values())
    if isinstance(value, list):
        return any(_is_in_a_function(name, inner) for inner in value)
    return callable(value) or (isinstance(value, str) and value.startswith("$code:") and name in value)
