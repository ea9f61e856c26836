"""Check for mapping values with an unexpected result (walkerOS 4.4, section 2)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.events.collector import EVENT_FIELDS
from hubspot_dest.lint.subject import LintReport, Subject, walk_values

__all__ = ["check_values"]

Path = tuple[str | int, ...]

_OLD_FIELDS: Final = {
    "event": "name",
    "group": "custom",
    "count": "source.count",
    "version": "source.version",
}
_MAPS: Final = ("data", "globals", "custom", "user", "consent", "source", "context")
_BRACKETS: Final = re.compile(r"\[\s*['\"]?([^\[\]'\"]*)['\"]?\s*\]")
_PRODUCERS: Final = ("loop", "map", "set", "key", "fn")


def check_values(subject: Subject) -> Iterator[LintReport]:
    """Yield the problems of all mapping values."""
    written = _policy_fields(subject)
    for top, value in subject.values():
        for path, inner, looped in walk_values(value, top):
            yield from _value(inner, path, looped, written)


def _policy_fields(subject: Subject) -> set[str]:
    """Return the top-level event fields that policies set, which paths may therefore begin with."""
    policies = [subject.config.get("policy")]
    policies += [entry.rule.get("policy") for entry in subject.rules() if isinstance(entry.rule, dict)]
    return {str(key).split(".")[0] for policy in policies if isinstance(policy, dict) for key in policy}


def _value(value: Any, path: Path, looped: bool, written: set[str]) -> Iterator[LintReport]:
    if isinstance(value, str):
        if path[-2:-1] != ("loop",) or value != "this":
            yield from _path(value, path, looped, written)
    elif isinstance(value, list):
        yield from _alternatives(value, path)
    elif isinstance(value, dict):
        yield from _object(value, path, looped, written)


def _object(value: dict[str, Any], path: Path, looped: bool, written: set[str]) -> Iterator[LintReport]:
    if isinstance(value.get("key"), str):
        yield from _path(value["key"], (*path, "key"), looped, written)
    present = [name for name in _PRODUCERS if value.get(name)]
    for name in present[1:]:
        yield LintReport(
            "producer_dead", (*path, name), f"{name} has no effect beside {present[0]}", f"remove {name}"
        )
    if "value" in value and _holds_null(value["value"]):
        yield LintReport(
            "value_null",
            (*path, "value"),
            "a null discards the whole value",
            "remove the null",
            on_value=True,
        )
    loop = value.get("loop")
    if isinstance(loop, list) and len(loop) == 2 and loop[0] != "this":
        guarded = value.get("condition") is not None
        optional = loop[0] not in ("nested",) and not guarded
        if optional:
            scope = loop[0] if isinstance(loop[0], str) else "its list"
            yield LintReport(
                "loop_may_be_missing",
                (*path, "loop"),
                f"if {scope} is missing, walkerOS 4.4 sends the whole event as [object Object]",
            )


def _alternatives(items: list[Any], path: Path) -> Iterator[LintReport]:
    for index, item in enumerate(items[:-1]):
        if _always_has_value(item):
            last = len(items)
            yield LintReport(
                "alternative_stops",
                (*path, index + 1),
                f"alternative {index + 1} always has a value, so {_later_alternatives(index + 2, last)} never tried",
            )
            return


def _later_alternatives(first: int, last: int) -> str:
    return f"alternative {first} is" if first == last else f"alternatives {first} to {last} are"


def _always_has_value(item: Any) -> bool:
    """Return whether an alternative has a value for every event."""
    if isinstance(item, str):
        return item in ("name", "entity", "action", "id", "timestamp", "trigger", "timing")
    if not isinstance(item, dict) or item.get("condition") is not None or item.get("validate") is not None:
        return False
    if item.get("consent"):
        return False
    if isinstance(item.get("map"), dict) and not item.get("loop"):
        return True
    return item.get("value") is not None and not _holds_null(item["value"])


def _holds_null(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, dict):
        return any(_holds_null(inner) for inner in value.values())
    return isinstance(value, list) and any(_holds_null(inner) for inner in value)


def _path(text: str, path: Path, looped: bool, written: set[str]) -> Iterator[LintReport]:
    if not text or text.startswith("$"):
        return
    steps = text.split(".")
    if (plain := _in_dot_notation(text)) != text:
        sentence = (
            f"{text!r} never has a value: the steps of a path are separated by single dots, without brackets"
        )
        yield LintReport("path_notation", path, sentence, f"write {plain}", on_value=True)
        return
    if steps[-1] == "*" and len(steps) > 1:
        yield LintReport(
            "path_trailing_star",
            path,
            f"{text} is a list of undefined values",
            f"write {'.'.join(steps[:-1])}",
            on_value=True,
        )
    if looped or steps[0] in written:
        return
    if steps[0] not in EVENT_FIELDS:
        yield _unknown(text, steps, path)
    elif len(steps) > 1 and steps[1] == "*" and steps[0] in _MAPS:
        yield LintReport(
            "path_star_on_map",
            path,
            f"{steps[0]} is a map, so * is an ordinary key in {text}",
            on_value=True,
        )


def _in_dot_notation(text: str) -> str:
    """Return a path in walkerOS' notation: `items.0.id` for `items[0]..id `."""
    plain = _BRACKETS.sub(r".\1", text)
    steps = [step.strip() for step in plain.split(".")]
    return ".".join(step for step in steps if step)


def _unknown(text: str, steps: list[str], path: Path) -> LintReport:
    old = _OLD_FIELDS.get(steps[0])
    if old is not None:
        fix = f"write {'.'.join([old, *steps[1:]])}"
        return LintReport(
            "path_old_field", path, f"events of walkerOS 4 have no field {steps[0]}", fix, on_value=True
        )
    near = difflib.get_close_matches(steps[0], EVENT_FIELDS, n=1, cutoff=0.5)
    fix = f"did you mean {'.'.join([near[0], *steps[1:]])}?" if near else f"did you mean data.{text}?"
    identity = path in (("settings", "email"), ("settings", "objectId"))
    return LintReport(
        "identity_path" if identity else "path_unknown_field",
        path,
        f"events have no field {steps[0]}, so {text} never has a value",
        fix,
        on_value=True,
    )
