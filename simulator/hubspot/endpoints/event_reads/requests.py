"""The endpoints that read occurrences take no request bodies; their filters are in the query."""

from __future__ import annotations

__all__: list[str] = []
