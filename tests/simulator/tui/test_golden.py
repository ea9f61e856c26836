"""What the five views look like. `pytest --snapshot-update tests/simulator/tui/test_golden.py` draws anew."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.simulator.tui.golden import SIZES, pictures

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "__snapshots__" / "test_golden"
DOCS = ROOT / "docs" / "terminal"


class Picture(SingleFileSnapshotExtension):
    """One SVG file for each picture."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"


def _pinned() -> dict[str, str]:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"(?m)^([\w.-]+)==(\S+)$", text))


def _other_packages() -> list[str]:
    wanted = _pinned()
    return [name for name in ("textual", "rich", "Faker") if metadata.version(name) != wanted.get(name, "")]


@pytest.fixture
def _in_greenwich(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_greenwich")
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_view_looks_as_it_did_when_it_was_last_looked_at(
    width: int, height: int, snapshot: SnapshotAssertion
) -> None:
    if others := _other_packages():
        reason = f"the pictures are drawn with the pinned versions of {others}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    same = {
        name: snapshot(name=name.partition("-")[0], extension_class=Picture) == svg
        for name, svg in pictures(width, height)
    }
    assert all(same.values()), f"if {same} is meant: pytest --snapshot-update, and look at them"


def test_the_pictures_of_the_documentation_are_those_of_the_tests() -> None:
    for file in DOCS.glob("*.svg"):
        view, width, height = re.split("[-x]", file.stem)
        [drawn] = GOLDEN.glob(f"*[[]{width}-{height}][[]{view}].svg")
        assert file.read_bytes() == drawn.read_bytes(), f"copy {drawn} to {file}"


def test_the_pictures_hold_nothing_of_the_machine_that_drew_them() -> None:
    for file in GOLDEN.glob("*.svg"):
        text = file.read_text(encoding="utf-8")
        assert "127.0.0.1:" not in text
        assert not any(asked in text for asked in ("@font-face", "url(http", "@import"))  # they ask nobody
        assert str(Path.home()) not in text
