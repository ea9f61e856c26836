"""Format times as HubSpot does."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["iso"]


def iso(seconds: float) -> str:
    """Format UNIX time in seconds as ISO 8601 in UTC with milliseconds: `2026-03-01T12:00:00.000Z`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
