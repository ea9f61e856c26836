"""The scripts in library/, and which of them a function needs: only those that its source names are loaded."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

__all__ = ["script", "scripts_for", "zone_table", "zones_for"]

# In the order in which they are loaded.
_NAMED: Final = {
    "encoding": re.compile(r"\b(?:TextEncoder|TextDecoder|Buffer|URL|URLSearchParams|crypto)\b"),
    "url": re.compile(r"\bURL(?:SearchParams)?\b"),
    "crypto": re.compile(r"\bcrypto\b"),
    "collation": re.compile(r"\blocaleCompare\b|\bCollator\b"),
    "intl": re.compile(r"\bIntl\b|\btoLocale(?:Date|Time)?String\b|\blocaleCompare\b"),
}
_AREA_ZONE: Final = re.compile(r"\b[A-Za-z]+(?:/[A-Za-z0-9_+-]+)+")
_GIVEN_ZONE: Final = re.compile(r"""timeZone['"]?\s*:\s*['"`]([A-Za-z0-9_+/-]+)""")
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_STEP: Final = timedelta(days=14)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Zones of America whose abbreviations en-US does not write (CLDR 48).
_OFFSETS_ONLY: Final = frozenset(
    {
        "America/Havana", "Cuba", "America/Hermosillo", "America/Mazatlan", "Mexico/BajaSur",
    }
)  # fmt: skip
_OUTLYING: Final = ("Pacific/Honolulu", "Atlantic/Bermuda")
_YUKON_MST: Final = {"MST": ""}
_ALEUTIAN: Final = {"HST": "HAST", "HDT": "HADT"}
_RENAMED: Final = {
    "America/Whitehorse": _YUKON_MST, "America/Dawson": _YUKON_MST, "Canada/Yukon": _YUKON_MST,
    "America/Adak": _ALEUTIAN, "US/Aleutian": _ALEUTIAN, "Antarctica/Troll": {"+00": "GMT", "-00": "GMT"},
    "America/Chihuahua": {"MST": "", "MDT": ""},
}  # fmt: skip


def scripts_for(source: str) -> list[str]:
    """Return the names of the scripts that the source of a function needs."""
    return [name for name, pattern in _NAMED.items() if pattern.search(source)]


@cache
def script(name: str) -> str:
    """Return the text of a script: a function that takes host.js' hooks and returns the globals to add."""
    text = resources.files(__package__).joinpath("library", f"{name}.js").read_text(encoding="utf-8")
    return f"({text.rstrip()})"


def zones_for(source: str) -> list[str]:
    """Return the words in the source of a function that look like names of time zones."""
    return sorted({*_AREA_ZONE.findall(source), *_GIVEN_ZONE.findall(source)})


@cache
def zone_table(name: str) -> str:
    """Return a time zone as JSON for host.js: `{name, table, american, named}`.

    `table` has a row `[from_ms, offset_seconds, abbreviation]` for each change between 1900 and 2100; null if this
    system does not know the zone.
    """
    zone = _zone(name)
    if zone is None:
        return json.dumps({"name": name, "table": None})
    american = name.startswith(("America/", "US/", "Canada/", "Mexico/")) or name in _OUTLYING
    renamed = _RENAMED.get(name, {})
    european = name.startswith("Europe/") and name != "Europe/Dublin"
    return json.dumps(
        {
            "name": name,
            "table": [
                (moment, offset, renamed.get(abbreviation, abbreviation))
                for moment, offset, abbreviation in _changes(zone)
            ],
            "american": american and name not in _OFFSETS_ONLY,
            "named": (american and name not in _OFFSETS_ONLY)
            or european
            or name in ("Asia/Tokyo", "Japan", "Asia/Kolkata", "Asia/Calcutta"),
        }
    )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown zone; invalid name; a folder
        pass
    known = {timezone.lower(): timezone for timezone in available_timezones()}.get(name.lower())
    return None if known is None else ZoneInfo(known)


def _changes(zone: ZoneInfo) -> list[tuple[int, int, str]]:
    def at(moment: datetime) -> tuple[int, str]:
        local = moment.astimezone(zone)
        offset = local.utcoffset()
        return (0 if offset is None else round(offset.total_seconds()), local.tzname() or "")

    def row(moment: datetime) -> tuple[int, int, str]:
        return (round((moment - _EPOCH).total_seconds() * 1000), *at(moment))

    moment = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(_LAST_YEAR, 1, 1, tzinfo=UTC)
    rows = [row(moment)]
    while moment < end:
        following = moment + _STEP
        if at(following) != at(moment):
            low, high = moment, following
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
                low, high = (middle, high) if at(middle) == at(low) else (low, middle)
            rows.append(row(high))
        moment = following
    return rows
