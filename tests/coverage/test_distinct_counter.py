"""Distinct counting: exact while there are few, near enough beyond, never more memory."""

from __future__ import annotations

import pytest

from hubspot_dest.coverage.distinct_counter import DistinctCounter


def test_few_are_counted_exactly_however_often_they_come() -> None:
    counter = DistinctCounter()
    for number in range(30_000):
        counter.add(f"p{number % 1_000}@example.org")
    assert (counter.count, counter.estimated) == (1_000, False)


@pytest.mark.parametrize("people", [150, 20_000, 60_000, 300_000])
def test_many_are_estimated_within_three_percent_and_the_count_says_so(people: int) -> None:
    counter = DistinctCounter(exact=100)
    for number in range(people):
        counter.add(f"p{number}@example.org")
        counter.add(f"p{number // 2}@example.org")
    assert counter.estimated
    assert abs(counter.count - people) <= 0.03 * people


def test_text_that_is_no_unicode_is_counted_too() -> None:
    counter = DistinctCounter()
    counter.add("\ud800")
    counter.add("é")
    assert counter.count == 2
