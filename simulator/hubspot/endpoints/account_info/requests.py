"""The account endpoints take no request bodies."""

from __future__ import annotations

__all__: list[str] = []
