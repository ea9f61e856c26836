"""JavaScript's dates: `new Date(value)` for a timestamp, and `toISOString` (walkerOS 4.4, section 5.7).

Two departures from JavaScript (docs/departures.md): a text without an offset is read as UTC instead of the machine's
time zone, so that a result does not depend on the machine; and V8's free forms (`"1"`, `"may 123"`) are not dates.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from hubspot_dest.mapping.jsvalues import JsTypeError, to_string

__all__ = ["LAST_PLAIN_MS", "date_ms", "iso_string"]

# 10000-01-01: from this day on, years are written with six digits.
LAST_PLAIN_MS: Final = 253_402_300_800_000

_DAY_MS: Final = 86_400_000
_MAX_MS: Final = 8.64e15
# Days from 1970-01-01 to 0001-01-01 and to 10000-01-01: the range of Python's calendar.
_FIRST_DAY: Final = -719_162
_LAST_DAY: Final = 2_932_897
_EPOCH: Final = date(1970, 1, 1)

# Tables instead of number formatting: formatting a date is a fifth of planning an event.
_MINUTES: Final = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_SECONDS: Final = tuple(f"{second:02d}." for second in range(60))
_MILLIS: Final = tuple(f"{milli:03d}Z" for milli in range(1000))

_ISO: Final = re.compile(
    r"(?P<year>\d{4}|[+-]\d{6})(-(?P<month>\d{2})(-(?P<day>\d{2}))?)?"
    r"([T ](?P<hour>\d{2}):(?P<minute>\d{2})(:(?P<second>\d{2})([.,](?P<fraction>\d+))?)?)?"
    r"\s*+(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?"
)
_NUMERIC: Final = re.compile(
    r"(?:(?P<year>\d{4})[/-](?P<month>\d{1,2})[/-](?P<day>\d{1,2})"
    r"|(?P<month2>\d{1,2})[/-](?P<day2>\d{1,2})[/-](?P<year2>\d{4}))"
    r"(?:,?\s++(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2}))?)?"
    r"(?:\s*+(?P<zone>Z|GMT|UTC|[+-]\d{2}:?\d{2}))?"
)
_NAMED: Final = re.compile(
    r"(?:[A-Za-z]{3,9},?\s++)?"
    r"(?:(?P<day>\d{1,2})\s++(?P<month>[A-Za-z]{3,9})|(?P<month2>[A-Za-z]{3,9})\s++(?P<day2>\d{1,2}))"
    r",?\s++(?P<year>\d{4})(?:\s++(?P<hour>\d{1,2}):(?P<minute>\d{2})(:(?P<second>\d{2}))?)?"
    r"\s*+(?:GMT|UTC)?(?P<zone>Z|[+-]\d{2}:?\d{2})?\s*+(?:\(.*\))?"
)
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def date_ms(value: Any) -> int | None:
    """Return `new Date(value).getTime()`, in ms since 1970; None for an invalid date."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return _clip(value)
    if value is None:
        return 0
    try:
        text = to_string(value)
    except (JsTypeError, RecursionError):
        return None
    return _parse(text.strip())


def _clip(number: int | float) -> int | None:
    if number != number or abs(number) > _MAX_MS:
        return None
    return math.trunc(number)


def iso_string(ms: int) -> str:
    """Format ms since 1970 as `toISOString` does: three fraction digits, `Z`, long years as `±YYYYYY`."""
    time_ms = ms % _DAY_MS
    minute_ms = time_ms % 60_000
    return (
        f"{_day(ms // _DAY_MS)}{_MINUTES[time_ms // 60_000]}"
        f"{_SECONDS[minute_ms // 1000]}{_MILLIS[minute_ms % 1000]}"
    )


@lru_cache(maxsize=4096)
def _day(days: int) -> str:
    """Return `2023-11-14T` for days since 1970; cached, because consecutive events share a day."""
    if _FIRST_DAY <= days < _LAST_DAY:
        return f"{(_EPOCH + timedelta(days)).isoformat()}T"
    # The Gregorian calendar repeats every 400 years, or 146,097 days.
    cycles, day_of_cycle = divmod(days - _FIRST_DAY, 146_097)
    equivalent = date(1, 1, 1) + timedelta(day_of_cycle)
    year = equivalent.year + 400 * cycles
    sign = "-" if year < 0 else "+"
    year_text = f"{year:04d}" if 0 <= year <= 9999 else f"{sign}{abs(year):06d}"
    return f"{year_text}-{equivalent.month:02d}-{equivalent.day:02d}T"


def _parse(text: str) -> int | None:
    if match := _ISO.fullmatch(text):
        return _from_iso(match)
    for pattern in (_NUMERIC, _NAMED):
        if match := pattern.fullmatch(text):
            return _from_legacy(match)
    return None


def _from_iso(match: re.Match[str]) -> int | None:
    year = int(match["year"])
    month, day = int(match["month"] or 1), int(match["day"] or 1)
    hour, minute = int(match["hour"] or 0), int(match["minute"] or 0)
    second = int(match["second"] or 0)
    milli = int(((match["fraction"] or "") + "000")[:3])
    whole_day = hour == 24 and minute == second == milli == 0
    if not (1 <= month <= 12 and 1 <= day <= 31 and minute <= 59 and second <= 59):
        return None
    if hour > 23 and not whole_day:
        return None
    return _clip(_epoch_ms(year, month, day, hour, minute, second, milli) - _offset_ms(match["zone"]))


def _from_legacy(match: re.Match[str]) -> int | None:
    parts = match.groupdict()
    month_text = parts["month"] or parts["month2"] or ""
    if month_text.isdigit():
        month = int(month_text)
    elif month_text[:3].lower() in _MONTHS:
        month = _MONTHS.index(month_text[:3].lower()) + 1
    else:
        return None
    day = int(parts["day"] or parts["day2"] or 0)
    year = int(parts["year"] or parts.get("year2") or 0)
    hour, minute, second = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59):
        return None
    return _epoch_ms(year, month, day, hour, minute, second, 0) - _offset_ms(parts["zone"])


def _epoch_ms(year: int, month: int, day: int, hour: int, minute: int, second: int, milli: int) -> int:
    """Return ms since 1970; a day beyond the end of its month overflows into the next month, as in JavaScript."""
    cycles, base = divmod(year - 1, 400)
    start = datetime(base + 1, month, 1, tzinfo=UTC)
    days = start.toordinal() - _EPOCH.toordinal() + cycles * 146_097 + day - 1
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli


def _offset_ms(zone: str | None) -> int:
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if zone[0] == "-" else minutes) * 60_000
