"""Schemathesis, long, over every operation and every alias (`make deep`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from simulator.hubspot.fake import FakeHubSpot
from tests.simulator.hubspot.control.openapi.fuzzing import check, operations, running


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeHubSpot]:
    with running() as server:
        yield server


@pytest.mark.deep
@operations(aliases=True).parametrize()  # type: ignore[untyped-decorator]
@settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_request_is_answered_otherwise_than_the_document_says(case: Any, fake: FakeHubSpot) -> None:
    check(case, fake)
