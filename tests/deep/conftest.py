"""Shared by the deep tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("hubspot_dest", "simulator", "cassettes")


@pytest.fixture
def frozen_code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let processes that are started during the test run a copy of the packages as they are now.

    Such a test takes long, and starts hundreds of processes one after the other. Without the copy, a file that is
    edited meanwhile makes them fail at their start, which looks like events that were never sent.
    """
    copy = tmp_path_factory.mktemp("frozen")
    for name in _PACKAGES:
        shutil.copytree(_ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PYTHONPATH", str(copy))
        environment.setenv("PYTHONSAFEPATH", "1")  # else `python -m` prefers the current folder
        yield copy
