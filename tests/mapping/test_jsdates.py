"""Timestamps: an occurrence lands where it happened on a contact's timeline, or is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.mapping.jsdates import date_ms, iso_string

# What Node 20 answers, in UTC, to `new Date(value).toISOString()`; None is an invalid date.
NODE: list[tuple[Any, str | None]] = [
    ("2024", "2024-01-01T00:00:00.000Z"),
    ("2024-05", "2024-05-01T00:00:00.000Z"),
    ("2024-05-06", "2024-05-06T00:00:00.000Z"),
    ("2024-02-30", "2024-03-01T00:00:00.000Z"),
    ("2024-02-32", None),
    ("2024-05-06T07:08Z", "2024-05-06T07:08:00.000Z"),
    ("2024-05-06T07:08:09", "2024-05-06T07:08:09.000Z"),
    ("2024-05-06 07:08:09", "2024-05-06T07:08:09.000Z"),
    ("2024-05-06T24:00:00Z", "2024-05-07T00:00:00.000Z"),
    ("2024-05-06T25:00:00Z", None),
    ("2024-05-06T07:08:09.1234567Z", "2024-05-06T07:08:09.123Z"),
    ("2024-05-06T07:08:09+02:00", "2024-05-06T05:08:09.000Z"),
    ("2024-05-06T07:08:09+0200", "2024-05-06T05:08:09.000Z"),
    ("20240506", None),
    ("+002024-05-06T00:00:00Z", "2024-05-06T00:00:00.000Z"),
    ("-000001-01-01T00:00:00Z", "-000001-01-01T00:00:00.000Z"),
    ("May 6, 2024", "2024-05-06T00:00:00.000Z"),
    ("6 May 2024 07:08:09 GMT", "2024-05-06T07:08:09.000Z"),
    ("Mon, 06 May 2024 07:08:09 GMT", "2024-05-06T07:08:09.000Z"),
    ("Mon May 06 2024 07:08:09 GMT+0200 (CEST)", "2024-05-06T05:08:09.000Z"),
    ("2024/05/06", "2024-05-06T00:00:00.000Z"),
    ("5/6/2024", "2024-05-06T00:00:00.000Z"),
    ("05/06/2024 10:11", "2024-05-06T10:11:00.000Z"),
    ("2024-5-6", "2024-05-06T00:00:00.000Z"),
    (" 2024-05-06 ", "2024-05-06T00:00:00.000Z"),
    ("2024-05-06T07", None),
    ("2024-05-06T07:08:60Z", None),
    ("abc", None),
    ("1700000000000", None),
    ([2024], "2024-01-01T00:00:00.000Z"),
    ([1700000000000], None),
    ({}, None),
    (True, "1970-01-01T00:00:00.001Z"),
    (1700000000123.9, "2023-11-14T22:13:20.123Z"),
    (-0.5, "1970-01-01T00:00:00.000Z"),
    (8.64e15, "+275760-09-13T00:00:00.000Z"),
    (8.64e15 + 1, None),
    (-8.64e15, "-271821-04-20T00:00:00.000Z"),
    (253402300800000, "+010000-01-01T00:00:00.000Z"),
    (-62198755200000, "-000001-01-01T00:00:00.000Z"),
]


@pytest.mark.parametrize(("value", "expected"), NODE)
def test_a_timestamp_means_what_node_takes_it_for(value: Any, expected: str | None) -> None:
    ms = date_ms(value)
    assert (None if ms is None else iso_string(ms)) == expected


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31), timezones=st.just(UTC)))
def test_every_moment_prints_as_python_prints_it(moment: datetime) -> None:
    ms = (moment - datetime(1970, 1, 1, tzinfo=UTC)).days * 86_400_000 + (
        moment.hour * 3_600_000 + moment.minute * 60_000 + moment.second * 1000 + moment.microsecond // 1000
    )
    assert iso_string(ms) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert date_ms(iso_string(ms)) == ms
