"""Names of events and of properties (HubSpot wire facts, sections 1.3, 1.5, 2.2 and 11)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.limits import MAX_NAME

__all__ = [
    "check_contact_property_name",
    "check_event_name",
    "check_name_twins",
    "check_property_name",
    "event_violation",
    "is_contact_property_name",
    "is_plain_name",
    "nearest_name",
    "portal_of",
    "split_event_name",
]

_PREFIX: Final = re.compile(r"pe(\d+)_", re.ASCII)
_PLAIN: Final = re.compile(r"[a-z][a-z0-9_]*")
_HYPHENS: Final = re.compile(r"[a-z][a-z0-9_-]*")
_CAPITALS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CAPITALS_AND_HYPHENS: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MAX_CONTACT_NAME: Final = 100
_ALLOWED: Final = "a-z, 0-9 and _, beginning with a letter"


def is_plain_name(name: str) -> bool:
    """Return whether every edition of HubSpot's documentation allows the name; its length is not checked."""
    return _PLAIN.fullmatch(name) is not None


def is_contact_property_name(name: str) -> bool:
    """Return whether a contact property can be created with this name."""
    return is_plain_name(name) and len(name) <= _MAX_CONTACT_NAME


def portal_of(prefix: str) -> int | None:
    """Return the portal's number in a prefix `pe12345678_`; None if the text is not a prefix."""
    match = _PREFIX.fullmatch(prefix)
    return None if match is None else int(match[1])


def split_event_name(full: str) -> tuple[int | None, str]:
    """Split a full event name into portal number and name; without a prefix, return None and the full name."""
    match = _PREFIX.match(full)
    return (None, full) if match is None else (int(match[1]), full[match.end() :])


def check_event_name(full: str) -> Violation | None:
    """Return the violation of a full event name; None if HubSpot can have such an event.

    A name with a hyphen is doubtful, since the editions of HubSpot's documentation differ.
    """
    portal, own = split_event_name(full)
    if portal is None:
        return event_violation(
            "event_prefix",
            f"{_shown(full)} does not begin with pe, the portal's number and _",
            "set settings.eventNamePrefix to pe<HubID>_, for example pe12345678_",
            full,
        )
    if not own:
        return event_violation(
            "event_name_empty",
            f"{full} is a prefix without a name",
            "set settings.eventName in the rule",
            full,
        )
    if _PREFIX.match(own) is not None:
        return event_violation(
            "event_prefix_doubled",
            f"the prefix occurs twice in {_shown(full)}",
            f"set settings.eventName without the prefix: {_shown(split_event_name(own)[1] or 'purchase')}",
            full,
        )
    if len(own) > MAX_NAME:
        return event_violation(
            "event_name_length",
            f"the event name {_shown(own)} has {len(own)} characters; HubSpot allows {MAX_NAME} after the prefix",
            "set a shorter settings.eventName in the rule",
            full,
        )
    if _PLAIN.fullmatch(own) is not None:
        return None
    if _HYPHENS.fullmatch(own) is not None:
        return event_violation(
            "event_name_hyphen",
            f"the event name {_shown(own)} has a hyphen: HubSpot's current guide allows only {_ALLOWED}; an older "
            "edition also allowed hyphens",
            f"set settings.eventName: {own.replace('-', '_')}",
            full,
        )
    return event_violation(
        "event_name_characters",
        f"HubSpot cannot have an event named {_shown(own)}: names may have {_ALLOWED}",
        _renamed("settings.eventName", own),
        full,
    )


def event_violation(code: str, sentence: str, fix: str, full: str) -> Violation:
    """Return a violation of an event's name, with the message that HubSpot gives for all of them (section 1.3)."""
    message = f"Event with fully qualified name {full} does not exist."
    return Violation(code, sentence, fix, "eventName", "", message)


def check_property_name(name: str) -> Violation | None:
    """Return the violation of an event property's name; None if it is valid (section 1.5)."""
    if _PLAIN.fullmatch(name) is not None and len(name) <= MAX_NAME:
        return None
    path = f"properties.{name}"
    message = f'Property "{name}" does not exist'
    if len(name) > MAX_NAME:
        sentence = f"the property name {_shown(name)} has {len(name)} characters; HubSpot allows {MAX_NAME}"
        return Violation("property_name_length", sentence, "shorten the name", path, "", message)
    if _CAPITALS.fullmatch(name) is not None:
        sentence = (
            f"the property name {name} has capitals: HubSpot's guide allows only {_ALLOWED}, but other senders use "
            "such names"
        )
        return Violation(
            "property_name_capital",
            sentence,
            f"name it {_snake(name)}",
            path,
            "PROPERTY_DOESNT_EXIST",
            message,
        )
    if _CAPITALS_AND_HYPHENS.fullmatch(name) is not None:
        sentence = (
            f"the property name {name} has a hyphen, which only an older edition of HubSpot's guide allows"
        )
        fix = f"name it {_snake(name)}"
        return Violation("property_name_hyphen", sentence, fix, path, "PROPERTY_DOESNT_EXIST", message)
    sentence = f"no property can be named {_shown(name)}: names may have {_ALLOWED}"
    fix = _renamed("the property", name)
    return Violation("property_name_characters", sentence, fix, path, "PROPERTY_DOESNT_EXIST", message)


def check_contact_property_name(name: str, known: Iterable[str]) -> Violation | None:
    """Return the violation of a contact property's name, judged only by the name; None if it is plausible.

    Args:
        name: the property's name.
        known: the names of known contact properties, to suggest a fix.

    """
    if is_contact_property_name(name):
        return None
    message = f'Property "{name}" does not exist'
    near = nearest_name(name, known)
    fix = f"did you mean {near}?" if near else "use the name of a property in HubSpot: Settings, Properties"
    path = f"properties.{name}"
    if _CAPITALS_AND_HYPHENS.fullmatch(name) is not None and len(name) <= _MAX_CONTACT_NAME:
        sentence = f"the contact property {name} has capitals or hyphens; HubSpot's own names have neither"
        return Violation(
            "contact_property_name_capital", sentence, fix, path, "PROPERTY_DOESNT_EXIST", message
        )
    sentence = f"contacts cannot have a property named {_shown(name)}: names may have {_ALLOWED}"
    return Violation("contact_property_name", sentence, fix, path, "PROPERTY_DOESNT_EXIST", message)


def check_name_twins(names: Iterable[str]) -> Iterator[Violation]:
    """Yield a violation for each name that equals another one in lower case, since HubSpot keeps one (section 1.5)."""
    by_lower_case: dict[str, str] = {}
    for name in sorted(names):
        other = by_lower_case.setdefault(name.lower(), name)
        if other != name:
            yield Violation(
                "property_name_twins",
                f"{other} and {name} are the same name for HubSpot, which keeps one of them",
                "rename one of them",
                f"properties.{name}",
            )


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the known name that is most similar to `name`; empty if none is similar."""
    import difflib  # imported here: most configurations need no suggestion

    candidates = list(known)
    folded = {candidate.lower().replace("_", ""): candidate for candidate in candidates}
    same = folded.get(re.sub(r"[^a-z0-9]", "", name.lower()))
    matches = [same] if same else difflib.get_close_matches(name, candidates, n=1, cutoff=0.75)
    return matches[0] if matches else ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("-", "_").lower()


def _renamed(what: str, name: str) -> str:
    plain = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", _snake(name))).strip("_").lstrip("0123456789_")
    return f"name {what} {plain[:MAX_NAME]}" if plain else f"rename {what}: {_ALLOWED}"


def _shown(name: str) -> str:
    return name if len(name) <= 60 and name.isprintable() and name else repr(name[:60])
