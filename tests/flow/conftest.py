"""The tests of flow files run the real command line."""

from __future__ import annotations

from tests.cli.conftest import run

__all__ = ["run"]
