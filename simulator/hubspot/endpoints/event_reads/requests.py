"""The reading endpoints have no bodies; their filters are in the query."""

from __future__ import annotations

__all__: list[str] = []
