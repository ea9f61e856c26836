"""Fixtures and hooks for all tests."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from pathlib import Path

import pytest

DEEP = Path(__file__).parent / "deep"

# A container image may set it, and would hide a missing flush; users' terminals do not.
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip collection of the deep tests if the run deselects them; importing them takes seconds."""
    return True if config.option.markexpr == "not deep" and collection_path == DEEP else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Restore the library's logger after a command replaced its handler in this process.

    Without this, `caplog` stays empty in later tests of the same worker.
    """
    logger = logging.getLogger("hubspot_dest")
    handlers, propagate, level = list(logger.handlers), logger.propagate, logger.level
    try:
        return (yield)
    finally:
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Run async tests on asyncio, the only backend that the sender and the simulator support."""
    return "asyncio"
