"""Parse points in time as HubSpot does, and detect implausible ones (HubSpot wire facts, sections 1.2 and 11)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "EARLIEST_PLAUSIBLE",
    "check_occurred_at",
    "latest_plausible",
    "looks_like_seconds",
    "moment_of",
    "time_of_day",
]

from hubspot_dest.checks.finding import Violation

EARLIEST_PLAUSIBLE: Final = "2000"
EARLIEST_PLAUSIBLE_MS: Final = 946_684_800_000
"""The first plausible year of a tracked event; HubSpot documents no limit."""
_FUTURE: Final = timedelta(days=1)
_MIDNIGHT: Final = (0, 0, 0, 0)


def moment_of(value: str) -> datetime | None:
    """Parse ISO 8601 text, where naive stays naive, or UNIX milliseconds; return None for anything else."""
    if "W" in value:
        return None  # an ISO 8601 week, which HubSpot does not document
    try:
        if value[10:11] == "T":  # the usual case first
            return datetime.fromisoformat(value)
        if value.lstrip("-").isdigit() and value.isascii():
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        return datetime.fromisoformat(value) if "T" in value or "-" in value else None
    except (ValueError, OverflowError, OSError):
        return None


def time_of_day(moment: datetime) -> str:
    """Return the time in UTC as HubSpot formats it, `11:6:40.123`; empty at midnight. Naive times count as UTC."""
    known = moment if moment.tzinfo is None else moment.astimezone(UTC)
    if (known.hour, known.minute, known.second, known.microsecond) == _MIDNIGHT:
        return ""
    return f"{known.hour}:{known.minute}:{known.second}.{known.microsecond // 1000}"


def looks_like_seconds(value: str) -> bool:
    """Return whether a number is probably seconds: a time since 2001 that would be in January 1970 as milliseconds."""
    return value.isascii() and value.isdigit() and 978_307_200 <= int(value) < 100_000_000_000


def check_occurred_at(occurred_at: str, now_ms: int) -> Violation | None:
    """Return a violation if an occurrence's time is implausible; HubSpot is not known to refuse any (section 1.3).

    Args:
        occurred_at: ISO 8601 text in UTC, as the sender writes it.
        now_ms: the current time, in ms since 1970.

    """
    if occurred_at[:1] == "2" and occurred_at <= latest_plausible(now_ms):
        return None
    if occurred_at[:1] in ("+", "-") or len(occurred_at.partition("-")[0]) > 4:
        far = not occurred_at.startswith("-")
    else:
        far = occurred_at >= EARLIEST_PLAUSIBLE
    if far:
        return Violation(
            "occurred_at_future",
            f"{occurred_at} is in the future",
            "send the timestamp in milliseconds since 1970, not microseconds, and check the clock of its source",
            "occurredAt",
        )
    return Violation(
        "occurred_at_past",
        f"{occurred_at} is before {EARLIEST_PLAUSIBLE}: the timestamp looks like seconds, HubSpot expects milliseconds",
        "multiply the timestamp by 1000",
        "occurredAt",
    )


def latest_plausible_ms(now_ms: int) -> int:
    """Return the latest plausible time, a day after `now_ms`, in ms since 1970."""
    return now_ms + int(_FUTURE.total_seconds()) * 1000


def latest_plausible(now_ms: int) -> str:
    """Return the latest plausible time, a day after `now_ms`, as ISO 8601 text to compare with `occurredAt`."""
    try:
        moment = datetime.fromtimestamp(now_ms / 1000, UTC) + _FUTURE
    except (ValueError, OverflowError, OSError):
        return "9999"
    return moment.strftime("%Y-%m-%dT%H:%M:%S")
