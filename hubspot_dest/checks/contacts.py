"""HubSpot's rules for the properties of a contact (HubSpot wire facts, sections 3.1, 3.7 and 11)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hubspot_dest.checks.emails import check_email
from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.names import check_contact_property_name, nearest_name
from hubspot_dest.checks.occurrences import Lookup
from hubspot_dest.checks.values import check_value

__all__ = ["check_contact_email", "check_contact_properties", "check_contact_property", "empty_contact"]

_EMAIL_CODES: Final = MappingProxyType(
    {
        "syntax": "contact_email_invalid",
        "domain_near": "contact_email_invalid",
        "domain_unknown": "contact_email_domain",
        "domain_reserved": "contact_email_reserved",
        "strict": "contact_email_strict",
        "spaces": "contact_email_spaces",
    }
)


def check_contact_properties(
    properties: Mapping[str, str], declared: Lookup, known: Collection[str], *, complete: bool
) -> Iterator[Violation]:
    """Yield the violations of a contact's properties.

    Args:
        properties: property name to value, as text.
        declared: looks up a contact property by name.
        known: the names of the known properties, to suggest a fix.
        complete: whether the known properties are all that contacts have.

    """
    for name, value in properties.items():
        violation = check_contact_property(name, value, declared, known, complete=complete)
        if violation is not None:
            yield violation


def check_contact_property(
    name: str, value: str, declared: Lookup, known: Collection[str], *, complete: bool
) -> Violation | None:
    """Return the violation of a contact's property, or None; see `check_contact_properties` for the arguments."""
    path = f"properties.{name}"
    declaration = declared(name)
    if declaration is None:
        impossible = check_contact_property_name(name, known)
        if not complete or (impossible is not None and impossible.code == "contact_property_name"):
            return impossible
        near = nearest_name(name, known)
        return Violation(
            "contact_property_unknown",
            f"contacts have no property {name}",
            f"did you mean {near}?" if near else "create it in HubSpot: Settings, Properties",
            path,
            "PROPERTY_DOESNT_EXIST",
            f'Property "{name}" does not exist',
        )
    if declaration.read_only:
        return Violation(
            "contact_property_read_only",
            f"{name} is read-only: HubSpot sets it itself",
            "leave it out of the mapping",
            path,
            "READ_ONLY_VALUE",
            f'"{name}" is a calculated property; its value cannot be set.',
        )
    if name == "email":
        return None if value == "" else check_contact_email(value, path)
    misfit = check_value(declaration, value)
    if misfit is None:
        return None
    return Violation(
        f"contact_{misfit.kind}",
        misfit.sentence,
        misfit.fix,
        path,
        misfit.hubspot_code,
        misfit.hubspot_message,
    )


def check_contact_email(email: str, path: str = "email") -> Violation | None:
    """Return the violation of a contact's e-mail; None if HubSpot accepts it."""
    problem = check_email(email)
    if problem is None:
        return None
    if problem.kind == "domain_reserved":
        return Violation(_EMAIL_CODES[problem.kind], problem.sentence, problem.fix, path)
    message = f"Email address {email} is invalid"
    return Violation(
        _EMAIL_CODES[problem.kind], problem.sentence, problem.fix, path, "INVALID_EMAIL", message
    )


def empty_contact() -> Violation:
    """Return the violation of an update without any property (section 3.1)."""
    return Violation(
        "contact_empty",
        "every field that identify maps is empty: HubSpot answers 400 to an empty update, and walkerOS loses the "
        "event with it",
        "map a property that always has a value, or add a default: {key, value}",
        "properties",
        "",
        "No properties found to update, please provide at least one.",
    )
