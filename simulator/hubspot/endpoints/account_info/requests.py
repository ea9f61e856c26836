"""The account endpoints have no bodies."""

from __future__ import annotations

__all__: list[str] = []
