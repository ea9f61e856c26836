"""What all tests share."""

from __future__ import annotations

import logging
import os
from collections.abc import Generator
from pathlib import Path

import pytest

DEEP = Path(__file__).parent / "deep"

# A container image may set it; users' terminals do not, and a program that does not flush would look as if it did.
os.environ.pop("PYTHONUNBUFFERED", None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave the folder of the deep tests out of a run that would deselect them all; the import alone takes seconds."""
    return True if config.option.markexpr == "not deep" and collection_path == DEEP else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Restore the library's logger: a command that ran in this process has put its own handler there.

    Without this, a later test in the same worker that reads `caplog` finds nothing.
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
    """Async tests run on asyncio, whatever else is installed: the sender and the simulator are written for it."""
    return "asyncio"
