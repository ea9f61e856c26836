"""Times of synthetic events as dates, within the calendar of Python."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["CalendarError", "utc_time"]


class CalendarError(ValueError):
    """Raised for a time outside the years 1 to 9999."""


def utc_time(seconds: float) -> datetime:
    """Return a time in UTC.

    Args:
        seconds: seconds since 1970.

    Raises:
        CalendarError: the time is outside the years 1 to 9999.

    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise CalendarError(f"{seconds:g} seconds since 1970 is outside the years 1 to 9999") from None
