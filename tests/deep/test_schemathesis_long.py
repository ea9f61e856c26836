"""Schemathesis, long, over every operation and every alias (`make deep`).

No operation gets more than `HUBSPOT_DEST_SCHEMATHESIS_SECONDS` seconds (10): the whole ends within half an hour.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from simulator.hubspot.fake import FakeHubSpot
from tests.simulator.hubspot.control.openapi.fuzzing import check, operations, running

SECONDS = float(os.environ.get("HUBSPOT_DEST_SCHEMATHESIS_SECONDS", "10"))


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeHubSpot]:
    with running() as server:
        yield server


@pytest.fixture
def ends_at() -> float:
    return time.monotonic() + SECONDS


@pytest.mark.deep
@operations(aliases=True).parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_answered_otherwise_than_the_document_says(
    case: Any, fake: FakeHubSpot, ends_at: float
) -> None:
    if time.monotonic() < ends_at:
        check(case, fake)
