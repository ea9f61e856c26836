"""Every value of an event can be shown as JSON."""

from __future__ import annotations

import pytest

from hubspot_dest.report.json_report import as_json, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10**400, '"Infinity"'),
        (-(10**400), '"-Infinity"'),
        (2**64, "1.8446744073709552e+19"),
        (float("nan"), '"NaN"'),
        ("\ud800", '"\\ud800"'),
        ([{"x": 10**400}], '[{"x":"Infinity"}]'),
    ],
)
def test_a_number_that_no_double_holds_does_not_end_the_program(value: object, text: str) -> None:
    assert as_json(plain(value)) == text
