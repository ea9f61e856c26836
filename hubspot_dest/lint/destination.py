"""Check the destination's settings: identity, names in HubSpot, default properties, tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.checks.contacts import check_contact_email, check_contact_property
from hubspot_dest.checks.names import check_event_name, check_name_twins, check_property_name, nearest_name
from hubspot_dest.checks.occurrences import (
    OBJECT_TEXT,
    check_event_email,
    check_properties_count,
    check_property_value,
    check_value_length,
    check_value_object,
)
from hubspot_dest.checks.standard_properties import STANDARD_CONTACT_PROPERTIES, STANDARD_EVENT_PROPERTIES
from hubspot_dest.lint.subject import LintReport, Subject

__all__ = ["check_destination"]

Path = tuple[str | int, ...]

_TOKEN: Final = re.compile(r"\bpat-[a-z0-9]{2,4}-[0-9a-fA-F-]{20,}")
_EXAMPLE_TOKEN: Final = re.compile(r"pat-[a-z0-9]{2,4}-[0-]+")


def check_destination(subject: Subject) -> Iterator[LintReport]:
    """Yield the problems of the settings of the destination and its rules."""
    yield from _names(subject)
    yield from _properties(subject)
    yield from _default_properties(subject)
    yield from _identity(subject)
    yield from _tokens(subject)


def _names(subject: Subject) -> Iterator[LintReport]:
    path: Path = ("settings", "eventNamePrefix")
    prefix = subject.settings.get("eventNamePrefix")
    if prefix in (None, "") and not _is_reference(subject, path):
        if isinstance(
            subject.config.get("settings"), (dict, type(None))
        ):  # a wrong type is reported elsewhere
            sentence = "settings.eventNamePrefix is missing; the destination does not start without it"
            place = path if "eventNamePrefix" in subject.settings else ("settings",)
            yield LintReport("prefix_missing", place, sentence)
        return
    if not isinstance(prefix, str) or "$" in prefix:
        return
    probe = check_event_name(f"{prefix}purchase")
    if probe is not None:
        yield LintReport.of(probe, path, on_value=True)
        return
    for entry in subject.rules():
        if (
            not isinstance(entry.rule, dict)
            or entry.rule.get("ignore") is True
            or entry.rule.get("silent") is True
        ):
            continue
        settings = entry.rule.get("settings")
        name = settings.get("eventName") if isinstance(settings, dict) else None
        if isinstance(name, str) and name and "$" not in name:
            violation = check_event_name(prefix + name)
            if violation is not None:
                yield LintReport.of(violation, (*entry.path, "settings", "eventName"), on_value=True)
        elif (
            name is None
            and not {" ", "."} & set(entry.entity + entry.action)
            and "*" not in (entry.entity, entry.action)
            and not entry.rule.get("name")
        ):
            violation = check_event_name(prefix + f"{entry.entity}_{entry.action}".lower().replace(" ", "_"))
            if violation is not None:
                yield LintReport.of(violation, entry.path)


def _is_reference(subject: Subject, path: Path) -> bool:
    """Return whether the file has a reference at the path, which could not be resolved on this machine."""
    written = subject.source.at((*subject.prefix, *path))
    return isinstance(written, str) and "$" in written


def _properties(subject: Subject) -> Iterator[LintReport]:
    defaults = subject.settings.get("defaultProperties")
    common = set(defaults) if isinstance(defaults, dict) else set()
    for entry in subject.rules():
        settings = entry.rule.get("settings") if isinstance(entry.rule, dict) else None
        if not isinstance(settings, dict):
            continue
        yield from _literal_map(settings.get("properties"), (*entry.path, "settings", "properties"), common)
        yield from _contact(settings.get("identify"), (*entry.path, "settings", "identify"))
    yield from _contact(subject.settings.get("identify"), ("settings", "identify"))


def _literal_map(value: Any, path: Path, common: set[str]) -> Iterator[LintReport]:
    if not isinstance(value, dict) or not isinstance(value.get("map"), dict):
        return
    names = [str(name) for name in value["map"]]
    for name in names:
        violation = check_property_name(name)
        if violation is not None:
            yield LintReport.of(violation, (*path, "map", name))
        yield from _near_standard(name, (*path, "map", name))
        item = value["map"][name]
        yield from _whole_object(name, item, (*path, "map", name))
        text = item.get("value") if isinstance(item, dict) else None
        yield from _constant(name, text, (*path, "map", name, "value"))
        if isinstance(text, str) and (long := check_value_length(name, text)) is not None:
            yield LintReport.of(long, (*path, "map", name, "value"), on_value=True)
    for twin in check_name_twins({*names, *common}):
        yield LintReport.of(twin, (*path, "map", twin.path.removeprefix("properties.")))
    constant = dict.fromkeys({*names, *common}, "x")
    if (many := check_properties_count(constant)) is not None:
        yield LintReport(
            "properties_count", (*path, "map"), f"up to {len(constant)} properties: {many.sentence}", many.fix
        )


def _near_standard(name: str, path: Path) -> Iterator[LintReport]:
    if not name.startswith("hs_") or name in STANDARD_EVENT_PROPERTIES:
        return
    near = nearest_name(name, STANDARD_EVENT_PROPERTIES)
    if near:
        sentence = f"HubSpot's events have no standard property {name}, but they have {near}"
        yield LintReport("property_near_standard", path, sentence, f"did you mean {near}?")


def _whole_object(name: str, item: Any, path: Path) -> Iterator[LintReport]:
    """Yield a report for a value that is always an object: the event itself, or a fixed map."""
    only = item.get("key") if isinstance(item, dict) and set(item) == {"key"} else item
    fixed = item.get("value") if isinstance(item, dict) and set(item) == {"value"} else None
    if only == "":
        sentence = f'the empty path is the whole event, so HubSpot receives the text "{OBJECT_TEXT}"'
        yield LintReport("value_object", path, sentence, "use a field of the event: data.total")
    elif isinstance(fixed, dict) or (
        isinstance(fixed, list) and any(isinstance(candidate, dict) for candidate in fixed)
    ):
        violation = check_value_object(f"properties.{name}", OBJECT_TEXT)
        if violation is not None:
            yield LintReport.of(violation, (*path, "value"), on_value=True)


def _constant(name: str, value: Any, path: Path) -> Iterator[LintReport]:
    """Yield the violation of a fixed value of one of HubSpot's standard event properties."""
    declared = STANDARD_EVENT_PROPERTIES.get(name)
    if declared is not None and isinstance(value, str) and value:
        violation = check_property_value(declared, value)
        if violation is not None:
            yield LintReport.of(violation, path, on_value=True)


def _contact(value: Any, path: Path) -> Iterator[LintReport]:
    if not isinstance(value, dict) or not isinstance(value.get("map"), dict):
        return
    parts = value["map"]
    if "email" not in parts:
        near = nearest_name("email", [name for name in parts if isinstance(name, str)])
        meant = f"; it maps {near}: did you mean email?" if near else ""
        yield LintReport(
            "identify_without_email",
            path,
            f"identify does not map email, so no contact is created or updated{meant}",
        )
    fixed = _fixed_text(parts.get("email"))
    if fixed and (wrong := check_contact_email(fixed)) is not None:
        yield LintReport.of(wrong, (*path, "map", "email"))
    properties = parts.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("map"), dict):
        return
    for name, item in properties["map"].items():
        constant = item.get("value") if isinstance(item, dict) else None
        text = constant if isinstance(constant, str) else None
        place = (*path, "map", "properties", "map", name)
        declared = STANDARD_CONTACT_PROPERTIES.get(str(name))
        if declared is not None and text is None and not declared.read_only:
            continue  # its value depends on the event
        violation = check_contact_property(
            str(name),
            text or "",
            STANDARD_CONTACT_PROPERTIES.get,
            STANDARD_CONTACT_PROPERTIES,
            complete=False,
        )
        if violation is not None:
            yield LintReport.of(violation, place)


def _default_properties(subject: Subject) -> Iterator[LintReport]:
    defaults = subject.settings.get("defaultProperties")
    if not isinstance(defaults, dict):
        return
    for name, value in defaults.items():
        path: Path = ("settings", "defaultProperties", name)
        if (violation := check_property_name(str(name))) is not None:
            yield LintReport.of(violation, path)
        yield from _near_standard(str(name), path)
        yield from _constant(str(name), value, path)
        if isinstance(value, str):
            if (long := check_value_length(str(name), value)) is not None:
                yield LintReport.of(long, path, on_value=True)
        elif isinstance(value, (bool, int, float)):
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            yield LintReport(
                "default_property_type",
                path,
                f"{name} is sent as {shown}, not as text",
                f'write "{shown}"',
                on_value=True,
            )


def _identity(subject: Subject) -> Iterator[LintReport]:
    settings = subject.settings
    for name in ("email", "objectId"):
        value = settings.get(name)
        constant = value.get("value") if isinstance(value, dict) and len(value) == 1 else None
        if isinstance(constant, (int, float)) and not isinstance(constant, bool):
            yield LintReport(
                "identity_constant_number",
                ("settings", name),
                f"{name} is the number {constant}, but walkerOS accepts only text",
                f'write {{"value": "{constant}"}}',
            )
    fixed = _fixed_text(settings.get("email"))
    if fixed and (wrong := check_event_email(fixed)) is not None:
        yield LintReport.of(wrong, ("settings", "email"))
    if settings.get("email") == "" and settings.get("objectId") in (None, ""):
        yield LintReport(
            "identity_never", ("settings", "email"), "email is disabled and there is no objectId"
        )
    own = settings.get("email", "user.email")
    places: list[tuple[Path, Any]] = [(("settings", "identify"), settings.get("identify"))]
    for entry in subject.rules():
        inner = entry.rule.get("settings") if isinstance(entry.rule, dict) else None
        if isinstance(inner, dict):
            places.append(((*entry.path, "settings", "identify"), inner.get("identify")))
    for path, identify in places:
        parts = identify.get("map") if isinstance(identify, dict) else None
        other = parts.get("email") if isinstance(parts, dict) else None
        left, right = _plain_path(own), _plain_path(other)
        if left and right and left != right:
            yield LintReport(
                "identity_mismatch",
                (*path, "map", "email"),
                f"identify takes the e-mail from {right}, the event from {left}: these are two contacts if they differ",
                f"use {left} in both",
            )


def _fixed_text(value: Any) -> str:
    fixed = value.get("value") if isinstance(value, dict) and set(value) == {"value"} else None
    return fixed if isinstance(fixed, str) and "$" not in fixed else ""


def _plain_path(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and isinstance(value.get("key"), str) and not value.get("fn"):
        return str(value["key"])
    return ""


def _tokens(subject: Subject) -> Iterator[LintReport]:
    for path in subject.source.positions:
        text = subject.source.at(path)
        violation = _TOKEN.search(text) if isinstance(text, str) else None
        if violation is None or _EXAMPLE_TOKEN.fullmatch(violation[0]):
            continue
        yield LintReport(
            "token_in_file",
            path,
            "the file contains an access token in clear text",
            in_file=True,
            on_value=True,
        )
