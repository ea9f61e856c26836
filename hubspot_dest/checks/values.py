"""Check values against the type and options of their property (HubSpot wire facts, sections 2.5, 3.7 and 11)."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Final

from hubspot_dest.checks.moments import looks_like_seconds, moment_of, time_of_day
from hubspot_dest.checks.properties import PropertyLike

__all__ = ["Misfit", "check_value", "is_several"]

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ONE_OPTION: Final = frozenset({"select", "radio", "booleancheckbox"})
_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Misfit:
    """The reason why a value does not match its property.

    Attributes:
        kind: the check's code without its prefix `contact_` or `property_`: `value_number`, `value_date`,
            `value_midnight`, `value_datetime`, `value_bool`, `value_option` or `value_seconds`.
        sentence: what is wrong.
        fix: what to do about it.
        hubspot_code: HubSpot's error code.
        hubspot_message: HubSpot's error message.

    """

    kind: str
    sentence: str
    fix: str
    hubspot_code: str = ""
    hubspot_message: str = ""


def check_value(declared: PropertyLike, value: str) -> Misfit | None:
    """Return why `value` does not match its property; None if it does. Empty text clears a property and is valid."""
    if value == "" or declared.type == "string":
        return None
    check = _BY_TYPE.get(declared.type)
    return None if check is None else check(declared, value)


def is_several(declared: PropertyLike) -> bool:
    """Return whether an enumeration accepts several options, separated by semicolons; True for unknown field types."""
    return declared.field_type not in _ONE_OPTION


def _number(declared: PropertyLike, value: str) -> Misfit | None:
    if _NUMBER.fullmatch(value) is not None:
        return None
    fix = "send digits with a decimal point: 1234.5"
    plain = value.replace(",", "").replace(" ", "")
    if plain != value and _NUMBER.fullmatch(plain):
        fix = f"send it without separators: {plain}"
    return Misfit(
        "value_number",
        f"{_quoted(value)} is not a number, and {declared.name} accepts only numbers",
        fix,
        "INVALID_LONG",
        f"{value} was not a valid long.",
    )


def _date(declared: PropertyLike, value: str) -> Misfit | None:
    moment = moment_of(value)
    if moment is None:
        return Misfit(
            "value_date",
            f"{_quoted(value)} is not a date, and {declared.name} accepts only dates",
            "send YYYY-MM-DD, or milliseconds since 1970 of midnight UTC",
            "INVALID_DATE",
            f"{value} was not a valid date.",
        )
    time = time_of_day(moment)
    if not time:
        return None
    return Misfit(
        "value_midnight",
        f"{_quoted(value)} is at {time} UTC, and {declared.name} accepts only midnight UTC",
        f"send only the day: {moment.date().isoformat()}"
        + ("; the value looks like seconds" if looks_like_seconds(value) else ""),
        "INVALID_DATE",
        f"{value} is at {time} UTC, not midnight!",
    )


def _datetime(declared: PropertyLike, value: str) -> Misfit | None:
    if moment_of(value) is None:
        return Misfit(
            "value_datetime",
            f"{_quoted(value)} is not a point in time, and {declared.name} accepts only points in time",
            "send milliseconds since 1970, or ISO 8601: 2026-01-31T12:00:00Z",
            "INVALID_DATE",
            f"{value} was not a valid date.",
        )
    if looks_like_seconds(value):
        return Misfit(
            "value_seconds",
            f"{declared.name}: {value} looks like seconds; in milliseconds, it is a date in 1970",
            "multiply it by 1000",
        )
    return None


def _bool(declared: PropertyLike, value: str) -> Misfit | None:
    if value.lower() in ("true", "false"):
        return None
    return Misfit(
        "value_bool",
        f"{_quoted(value)} is neither true nor false, and {declared.name} accepts nothing else",
        "send true or false",
        "INVALID_OPTION",
        f"{value} was not one of the allowed options: [true, false]",
    )


def _option(declared: PropertyLike, value: str) -> Misfit | None:
    if not declared.options:
        return None
    allowed = {option.value for option in declared.options}
    # A leading semicolon adds options to the contact's current ones.
    parts = [part.strip() for part in value.removeprefix(";").split(";")] if is_several(declared) else [value]
    if allowed.issuperset(parts):
        return None
    listed = ", ".join(
        f'label: "{option.label or option.value}"\nvalue: "{option.value}"\ndisplay_order: {option.display_order}\n'
        for option in declared.options
    )
    return Misfit(
        "value_option",
        f"{_quoted(value)} is not one of the options of {declared.name}: {_some(sorted(allowed))}",
        _option_fix(declared, value, allowed),
        "INVALID_OPTION",
        f"{value} was not one of the allowed options: [{listed}]",
    )


def _option_fix(declared: PropertyLike, value: str, allowed: set[str]) -> str:
    parts = [part.strip() for part in value.split(",")]
    if is_several(declared) and len(parts) > 1 and allowed.issuperset(parts):
        return f"separate options with a semicolon: {';'.join(parts)}"
    folded = value.casefold().strip()
    by_label = [
        option.value
        for option in declared.options
        if folded in (option.value.casefold(), option.label.casefold())
    ]
    near = by_label or difflib.get_close_matches(value, list(allowed), n=1, cutoff=0.6)
    if near:
        return f"send the option's internal value: {near[0]}"
    return "send one of its options, or add the option in HubSpot"


def _some(values: list[str]) -> str:
    shown = ", ".join(values[:8])
    return shown if len(values) <= 8 else f"{shown} and {len(values) - 8} more"


def _quoted(value: str) -> str:
    return f'"{value}"' if len(value) <= _SHOWN else f'"{value[: _SHOWN - 1]}…"'


_BY_TYPE: Final = {
    "number": _number,
    "date": _date,
    "datetime": _datetime,
    "bool": _bool,
    "enumeration": _option,
}
