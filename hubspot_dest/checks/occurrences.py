"""HubSpot's rules for the properties and the identity of an occurrence (HubSpot wire facts, sections 1.3 to 1.5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from hubspot_dest.checks.emails import check_email
from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.limits import MAX_PROPERTIES, value_limit
from hubspot_dest.checks.names import check_property_name, nearest_name
from hubspot_dest.checks.properties import PropertyLike
from hubspot_dest.checks.values import check_value

__all__ = [
    "INFINITY",
    "Lookup",
    "check_event_email",
    "check_object_id",
    "check_properties_count",
    "check_property_declared",
    "check_property_value",
    "check_value_length",
    "check_value_object",
]

Lookup = Callable[[str], PropertyLike | None]
"""Looks up a property by name; None if it does not exist."""

INFINITY: Final = "Infinity"
"""What the text of a list has in it that holds a number which JSON does not have."""
_INFINITE: Final = frozenset({INFINITY, f"-{INFINITY}"})
OBJECT_TEXT: Final = "[object Object]"
NOTHING_TEXTS: Final = frozenset({"NaN", "undefined", "null", "Infinity", "-Infinity", "Invalid Date"})
"""JavaScript's texts for an invalid number or date, and for a missing value."""


def check_properties_count(properties: Mapping[str, object]) -> Violation | None:
    """Return a violation if too many properties have data; empty ones do not count."""
    count = len(properties)
    if count > MAX_PROPERTIES:
        count = sum(value is not None and value != "" for value in properties.values())
    if count <= MAX_PROPERTIES:
        return None
    return Violation(
        "properties_count",
        f"{count} properties have data; HubSpot allows {MAX_PROPERTIES}",
        "map fewer properties; default properties count, too",
        "properties",
        "",
        f"At most {MAX_PROPERTIES} properties are allowed.",
    )


def check_property_declared(
    name: str, event: str, declared: Lookup, known: Collection[str]
) -> Violation | None:
    """Return a violation if an event's definition does not have a property.

    Args:
        name: the property's name.
        event: the event's full name.
        declared: looks up the definition's properties, including the standard ones.
        known: the names of the definition's own properties, to suggest a fix.

    """
    if declared(name) is not None or declared(name.lower()) is not None:
        return None
    impossible = check_property_name(name)
    if impossible is not None and impossible.code in ("property_name_characters", "property_name_length"):
        return impossible
    near = nearest_name(name, known)
    return Violation(
        "property_undefined",
        f"the definition of {event} has no property {name}",
        f"did you mean {near}?" if near else "add it to the definition, or leave it out",
        f"properties.{name}",
        "PROPERTY_DOESNT_EXIST",
        f'Property "{name}" does not exist',
    )


def check_value_length(name: str, value: str) -> Violation | None:
    """Return a violation if a value has more characters than HubSpot allows for this name (section 1.5)."""
    limit = value_limit(name)
    if len(value) <= limit:
        return None
    return Violation(
        "value_length",
        f"{name} has {len(value):,} characters; HubSpot allows {limit:,}",
        "map a shorter value",
        f"properties.{name}",
        "",
        f"Property {name} is longer than {limit} characters.",
    )


def check_property_value(declared: PropertyLike, value: str) -> Violation | None:
    """Return a violation if a value does not match the type of an event's property."""
    misfit = check_value(declared, value)
    if misfit is None:
        return None
    return Violation(
        f"property_{misfit.kind}",
        misfit.sentence,
        misfit.fix,
        f"properties.{declared.name}",
        misfit.hubspot_code,
        misfit.hubspot_message,
    )


def check_value_object(path: str, value: str) -> Violation | None:
    """Return a violation if a value is JavaScript's text for an object, or for a missing or invalid value."""
    if value in NOTHING_TEXTS or ("," in value and not _INFINITE.isdisjoint(value.split(","))):
        return Violation(
            "value_nothing",
            f'{path.rpartition(".")[2]} is the text "{value}", which JavaScript produces if there is no value',
            "return undefined from the function; the property is then left out",
            path,
        )
    if OBJECT_TEXT not in value:
        return None
    return Violation(
        "value_object",
        f'{path.rpartition(".")[2]} is an object, and HubSpot receives the text "{OBJECT_TEXT}"',
        "map one of its values instead",
        path,
    )


def check_event_email(email: str) -> Violation | None:
    """Return a violation if the e-mail of an occurrence is invalid; HubSpot's reaction is unknown (section 1.3)."""
    problem = check_email(email)
    if problem is None:
        return None
    if problem.kind == "domain_reserved":
        return Violation("email_reserved", problem.sentence, problem.fix, "email")
    message = f"Email address {email} is invalid"
    return Violation("email_invalid", problem.sentence, problem.fix, "email", "INVALID_EMAIL", message)


def check_object_id(object_id: str) -> Violation | None:
    """Return a violation if an object id is not a record id, which is a number (section 1.2)."""
    if object_id.isascii() and object_id.isdigit():
        return None
    shown = object_id if len(object_id) <= 60 else f"{object_id[:59]}…"
    return Violation(
        "object_id_not_number",
        f"the object id {shown} is not a number, but HubSpot's record ids are",
        "map the id of the HubSpot record, or the e-mail",
        "objectId",
        "",
        f"No object with id {object_id}.",
    )


def check_properties(
    event: str, properties: Mapping[str, str], declared: Lookup, known: Collection[str]
) -> Iterator[Violation]:
    """Yield the violations of an occurrence's properties against a known definition."""
    count = check_properties_count(properties)
    if count is not None:
        yield count
    for name, value in properties.items():
        undeclared = check_property_declared(name, event, declared, known)
        if undeclared is not None:
            yield undeclared
        length = check_value_length(name, value)
        if length is not None:
            yield length
        declaration = declared(name) or declared(name.lower())
        misfit = None if declaration is None else check_property_value(declaration, value)
        if misfit is not None:
            yield misfit
