"""Bodies as JSON bytes that are kept in memory by the thousand."""

from __future__ import annotations

import tracemalloc

import pytest

from hubspot_dest.delivery.client.client import encode


@pytest.mark.parametrize("length", [10, 300, 5000, 100_000])
def test_a_body_that_is_kept_takes_no_more_memory_than_its_length(length: int) -> None:
    occurrence = {"eventName": "purchase", "properties": {"note": "x" * length}}
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        body = encode(occurrence)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(body) > length
    assert after - before < len(body) + 500
