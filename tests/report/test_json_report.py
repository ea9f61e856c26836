"""Every value of an event can be shown as JSON."""

from __future__ import annotations

import json

import pytest

from hubspot_dest.report.json_report import as_json, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10**400, '"Infinity"'),
        (-(10**400), '"-Infinity"'),
        (float("nan"), '"NaN"'),
        ("\ud800", '"\\ud800"'),
        ([{"x": 10**400}], '[{"x":"Infinity"}]'),
    ],
)
def test_a_number_that_no_double_holds_does_not_end_the_program(value: object, text: str) -> None:
    assert as_json(plain(value)) == text


def test_a_number_beyond_64_bits_is_written_as_a_double() -> None:
    assert json.loads(as_json(plain(2**64))) == 2.0**64  # orjson writes e19 or e+19, by its version
