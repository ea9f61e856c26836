"""Make untrusted values readable on a page: truncated, with their length, and without invisible characters."""

from __future__ import annotations

import json
from typing import Any, Final

from hubspot_dest.report.json_report import plain
from hubspot_dest.report.safe_text import safe_text

__all__ = ["cut_text", "readable_json"]

_TEXT: Final = 400
_VALUE: Final = 200
_ITEMS: Final = 60
_DEPTH: Final = 12


def cut_text(value: Any, limit: int = _TEXT) -> str:
    """Return a text on one line; if it is too long, truncate it and append its length."""
    text = value if isinstance(value, str) else str(value)
    if len(text) <= limit:
        return safe_text(text)
    return f"{safe_text(text[:limit])}… ({len(text):,} characters)"


def readable_json(value: Any) -> str:
    """Return a value as indented JSON; long texts, lists and maps are truncated, with their lengths."""
    shown = json.dumps(plain(_cut(value, 0)), indent=2, ensure_ascii=False, default=str)
    return "\n".join(safe_text(line) for line in shown.split("\n"))


def _cut(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _VALUE else f"{value[:_VALUE]}… ({len(value):,} characters)"
    if isinstance(value, (dict, list, tuple)) and depth >= _DEPTH:
        return "…"
    if isinstance(value, dict):
        items = list(value.items())
        record = {cut_text(key, _VALUE): _cut(item, depth + 1) for key, item in items[:_ITEMS]}
        if len(items) > _ITEMS:
            record["…"] = f"{len(items) - _ITEMS:,} more"
        return record
    if isinstance(value, (list, tuple)):
        cut = [_cut(item, depth + 1) for item in value[:_ITEMS]]
        return [*cut, f"… {len(value) - _ITEMS:,} more"] if len(value) > _ITEMS else cut
    return value
