"""Whatever is sent, the server answers as its document says (the long form is in tests/deep)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from simulator.hubspot.fake import FakeHubSpot
from tests.simulator.hubspot.control.openapi.fuzzing import check, operations, running


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeHubSpot]:
    with running() as server:
        yield server


@operations(aliases=False).parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_is_answered_otherwise_than_the_document_says(case: Any, fake: FakeHubSpot) -> None:
    check(case, fake)
