"""Values by the type of their property."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hubspot_dest.checks.properties import Option, Property
from hubspot_dest.checks.values import check_value

SEVERAL = Property("interests", "enumeration", "checkbox", (Option("a"), Option("b", "Label B")))
ONE = Property("plan", "enumeration", "select", (Option("free"), Option("pro")))


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        (Property("score", "number"), "12.5"),
        (Property("score", "number"), "-1e5"),
        (Property("score", "number"), ""),
        (Property("day", "date"), "2026-01-31"),
        (Property("day", "date"), "1795996800000"),
        (Property("day", "date"), "2026-01-31T00:00:00Z"),
        (Property("day", "date"), "2026-01-31T02:00:00+02:00"),
        (Property("at", "datetime"), "1795000000123"),
        (Property("at", "datetime"), "2026-01-31T12:00:00Z"),
        (Property("at", "datetime"), "0"),
        (Property("member", "bool"), "True"),
        (SEVERAL, "a;b"),
        (SEVERAL, "b"),
        (ONE, "pro"),
        (Property("open", "enumeration"), "anything; at all"),
        (Property("note", "string"), "1,234"),
    ],
)
def test_a_value_that_fits_is_taken(declared: Property, value: str) -> None:
    assert check_value(declared, value) is None


@dataclass(frozen=True)
class ValueCase:
    """A value that a property does not take, and what the finding says."""

    declared: Property
    value: str
    kind: str
    code: str
    fix: str


@pytest.mark.parametrize(
    "case",
    [
        ValueCase(Property("score", "number"), "1,234", "value_number", "INVALID_LONG", "1234"),
        ValueCase(Property("score", "number"), "\u0663", "value_number", "INVALID_LONG", "digits"),
        ValueCase(Property("day", "date"), "1795000000123", "value_midnight", "INVALID_DATE", "2026-11-18"),
        ValueCase(
            Property("day", "date"),
            "2026-01-31T00:00:00+02:00",
            "value_midnight",
            "INVALID_DATE",
            "only the day",
        ),
        ValueCase(Property("day", "date"), "31.01.2026", "value_date", "INVALID_DATE", "YYYY-MM-DD"),
        ValueCase(Property("at", "datetime"), "soon", "value_datetime", "INVALID_DATE", "milliseconds"),
        ValueCase(Property("at", "datetime"), "1795000000", "value_seconds", "", "1000"),
        ValueCase(Property("member", "bool"), "1", "value_bool", "INVALID_OPTION", "true or false"),
        ValueCase(SEVERAL, "a,b", "value_option", "INVALID_OPTION", "a;b"),
        ValueCase(SEVERAL, "Label B", "value_option", "INVALID_OPTION", "internal value: b"),
        ValueCase(ONE, "Pro", "value_option", "INVALID_OPTION", "pro"),
        ValueCase(ONE, "free;pro", "value_option", "INVALID_OPTION", "option"),
    ],
    ids=lambda case: f"{case.declared.name}: {case.value}",
)
def test_a_value_that_does_not_fit_says_what_would(case: ValueCase) -> None:
    found = check_value(case.declared, case.value)
    assert found is not None
    assert (found.kind, found.hubspot_code) == (case.kind, case.code)
    assert case.fix in found.fix


def test_a_moment_on_a_date_is_refused_in_hubspots_words() -> None:
    found = check_value(Property("day", "date"), "1795000000123")
    assert found is not None
    assert found.hubspot_message == "1795000000123 is at 11:6:40.123 UTC, not midnight!"
