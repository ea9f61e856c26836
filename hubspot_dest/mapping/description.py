"""Describe a mapping value in a few words, for screens and reports."""

from __future__ import annotations

from typing import Any

__all__ = ["described"]


def described(value: Any) -> str:
    """Return a mapping value in a few words: `data.total`, `data.currency or "EUR"`, `loop nested → data.id`."""
    if isinstance(value, str):
        return value.removeprefix("$code:").strip()
    if isinstance(value, list):
        return " or ".join(described(item) for item in value)
    if not isinstance(value, dict):
        return repr(value)
    parts = []
    if "key" in value:
        parts.append(str(value["key"]))
    if "fn" in value:
        parts.append(described(value["fn"]))
    if "loop" in value and isinstance(value["loop"], list):
        parts.append(f"loop {' → '.join(described(item) for item in value['loop'])}")
    if "map" in value and isinstance(value["map"], dict):
        parts.append(f"{{{', '.join(map(str, value['map']))}}}")
    if "set" in value and isinstance(value["set"], list):
        parts.append(f"[{', '.join(described(item) for item in value['set'])}]")
    if "value" in value:
        parts.append(f'"{value["value"]}"')
    text = " or ".join(parts)
    return f"{text} if {described(value['condition'])}" if "condition" in value else text
