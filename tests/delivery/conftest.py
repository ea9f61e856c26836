"""A HubSpot whose clock is the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulator.hubspot import FakeHubSpot
from tests.delivery.sending import PREFIX, TestClock


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def hubspot(clock: TestClock) -> Iterator[FakeHubSpot]:
    with FakeHubSpot(clock=clock.wall) as server:
        seed = {
            "contactProperties": ["plan"],
            "definitions": [{"name": PREFIX + "page_view", "properties": ["n"]}],
        }
        server.service.seed(server.account, seed)
        yield server
