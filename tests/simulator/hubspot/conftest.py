from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot

_spec = importlib.util.spec_from_file_location(
    "recording_service", Path(__file__).with_name("recording_service.py")
)
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)


@pytest.fixture
def service() -> Any:
    return _module.RecordingService()


@pytest.fixture
def fake(service: Any) -> Iterator[FakeHubSpot]:
    with FakeHubSpot(service) as running:
        yield running
