"""A sample of the disturbed runs of tests/deep: nothing lost or doubled, in order, in time, and sums that add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.delivery.disturbing import disturbed_run


@pytest.mark.parametrize(
    ("source", "seed"),
    [
        ("rotated", 3),
        ("python", 7),
        pytest.param("listen", 2, marks=pytest.mark.deep),
        pytest.param("stdin", 5, marks=pytest.mark.deep),
    ],
)
def test_a_disturbed_run_loses_doubles_and_disorders_nothing(tmp_path: Path, source: str, seed: int) -> None:
    found = disturbed_run(tmp_path, 120, seed, source)
    assert not found.wrong, found
    assert found.stored == 120
