"""Parse faults: `429:path=/crm/*,every=3` of the command line, and JSON of the control route.

Both become a mapping of names to values, which `fault_from_mapping` validates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches

from simulator.hubspot.faults.fault_board import Fault, FaultKind

__all__ = ["FaultSyntaxError", "fault_from_mapping", "fault_to_mapping", "parse_fault"]

_POLICIES = ("TEN_SECONDLY_ROLLING", "DAILY", "SECONDLY")
_INTEGERS = {"nth": 1, "every": 1, "count": 1, "retry_after": 0, "seed": None}
_NUMBERS = ("probability", "for_seconds", "delay_ms", "jitter_ms")
_SHORT = {
    "p": "probability",
    "for": "for_seconds",
    "delay": "delay_ms",
    "jitter": "jitter_ms",
    "regex": "path_regex",
}
_DEFAULT_DELAY_MS = {FaultKind.LATENCY: 1000.0, FaultKind.TRICKLE: 20.0}
_LONGEST_DELAY_MS = 3_600_000
_DURATION = re.compile(r"([0-9.]+)(ms|s|m)?")


class FaultSyntaxError(ValueError):
    """An invalid fault; the message says what is valid."""


def parse_fault(spec: str) -> Fault:
    """Parse `KIND[:NAME=VALUE[,NAME=VALUE...]]`, the syntax of `--fault`.

    >>> parse_fault("429:path=/crm/*,every=3,retry-after=1").every
    3

    Double a comma inside a value. `delay`, `jitter` and `for` take a unit: `250ms`, `2s`, `1m`.

    Raises:
        FaultSyntaxError: the kind or an option is unknown, or a value is out of range.

    """
    kind, _, rest = spec.partition(":")
    table: dict[str, object] = {"kind": kind.strip()}
    for part in re.split(r"(?<!,),(?!,)", rest) if rest.strip() else ():
        name, equals, value = part.replace(",,", ",").partition("=")
        if not equals:
            raise FaultSyntaxError(
                f"{part!r} in the fault {spec!r} has no value: write name=value, such as every=3"
            )
        name = name.strip().replace("-", "_")
        table[_SHORT.get(name, name)] = _with_unit(_SHORT.get(name, name), value.strip())
    return fault_from_mapping(table)


def fault_from_mapping(table: Mapping[str, object]) -> Fault:
    """Validate a fault given as names and values; numbers may be strings.

    Raises:
        FaultSyntaxError: the kind or an option is unknown, or a value is out of range.

    """
    names = [field.name for field in fields(Fault)]
    for name in table:
        if name not in names:
            raise FaultSyntaxError(
                f"a fault has no option {name!r}{_nearest(name, names)}; the options are {', '.join(names)}"
            )
    kinds = [kind.value for kind in FaultKind]
    kind = str(table.get("kind", ""))
    if kind not in kinds:
        raise FaultSyntaxError(
            f"there is no fault {kind!r}{_nearest(kind, kinds)}; the faults are {', '.join(kinds)}"
        )
    checked = {
        name: _checked(name, value) for name, value in table.items() if name != "kind" and value is not None
    }
    chosen = FaultKind(kind)
    checked.setdefault("delay_ms", _DEFAULT_DELAY_MS.get(chosen, 0.0))
    if chosen is FaultKind.TLS and any(checked.get(name) for name in ("path", "path_regex", "method")):
        raise FaultSyntaxError("a tls fault strikes before any path or method is known: leave them out")
    return Fault(kind=chosen, **checked)  # type: ignore[arg-type]


def fault_to_mapping(fault: Fault) -> dict[str, object]:
    """Return the kind of a fault and the fields that differ from their defaults."""
    return {
        field.name: getattr(fault, field.name)
        for field in fields(Fault)
        if field.default is MISSING
        or getattr(fault, field.name) != field.default
        or (field.name == "delay_ms" and fault.kind in _DEFAULT_DELAY_MS)
    }


def _with_unit(name: str, value: str) -> str | float:
    if name not in ("delay_ms", "jitter_ms", "for_seconds"):
        return value
    match = _DURATION.fullmatch(value)
    if match is None:
        return value
    try:
        number = float(match[1])
    except ValueError:
        return value
    seconds = name == "for_seconds"
    unit = match[2] or ("s" if seconds else "ms")
    milliseconds = number * {"ms": 1, "s": 1000, "m": 60_000}[unit]
    return milliseconds / 1000 if seconds else milliseconds


def _checked(name: str, value: object) -> object:
    if name in _INTEGERS:
        return _number(name, value, whole=True, least=_INTEGERS[name])
    if name in _NUMBERS:
        number = _number(name, value, whole=False, least=0)
        if name == "probability" and number > 1:
            raise FaultSyntaxError(f"probability is {value!r}: it must be between 0 and 1")
        if name in ("delay_ms", "jitter_ms") and number > _LONGEST_DELAY_MS:
            raise FaultSyntaxError(f"{name} is {value!r}: at most an hour, {_LONGEST_DELAY_MS}")
        return number
    if name == "stored":
        if value in (True, "true", "yes"):
            return True
        if value in (False, "false", "no"):
            return False
        raise FaultSyntaxError(f"stored is {value!r}: write true or false")
    if not isinstance(value, str):
        raise FaultSyntaxError(f"{name} is {value!r}: write a string")
    return _checked_text(name, value)


def _checked_text(name: str, value: str) -> str:
    if name == "policy" and value not in _POLICIES:
        raise FaultSyntaxError(
            f"policy is {value!r}{_nearest(value, _POLICIES)}; the policies are {', '.join(_POLICIES)}"
        )
    if name == "path_regex":
        try:
            re.compile(value)
        except re.error as error:
            raise FaultSyntaxError(f"path_regex is {value!r}, not a regular expression: {error}") from None
    return value.upper() if name == "method" else value


def _number(name: str, value: object, *, whole: bool, least: float | None) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = int(str(value)) if whole else float(value)
        if number != number or number in (float("inf"), float("-inf")):
            raise ValueError
    except ValueError:
        raise FaultSyntaxError(f"{name} is {value!r}: write a {'whole ' if whole else ''}number") from None
    if least is not None and number < least:
        raise FaultSyntaxError(f"{name} is {value!r}: at least {least:g}")
    return number


def _nearest(name: str, known: list[str] | tuple[str, ...]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
