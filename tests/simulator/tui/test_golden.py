"""What the five views look like. `pytest --snapshot-update tests/simulator/tui/test_golden.py` draws anew."""

from __future__ import annotations

import html
import os
import re
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from simulator.tui.keymap import VIEWS
from simulator.tui.tour import default_tour
from tests.simulator.tui.golden import SIZES, TOUR_STEP, pictures

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


def _shown(svg: str) -> str:
    """Return the text of a picture, without the spaces that place it."""
    return " ".join(
        html.unescape(" ".join(re.findall(r">([^<>]+)</text>", svg))).replace("\xa0", " ").split()
    )


def test_every_picture_in_the_documents_is_drawn_here_and_shows_what_it_is_named_after() -> None:
    places = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    drawn = {f"{name}-{width}x{height}" for name in (*VIEWS, "tour") for width, height in SIZES}
    titles = {step.title for step in default_tour().steps}
    found = []
    for place in places:
        for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]+\.svg)\)", place.read_text(encoding="utf-8")):
            file = (place.parent / target).resolve()
            found.append(file.stem)
            assert file.stem in drawn, f"{place.name} shows {target}, which no test draws"
            text = _shown(file.read_text(encoding="utf-8"))
            if file.stem.startswith("tour-"):
                named = re.findall('[“"]([^”"]+)[”"]', alt)
                assert set(named) <= titles, f"{place.name} names a step that the tour does not have: {alt}"
                for title in named or [TOUR_STEP]:
                    assert title in text, f"{place.name}: {target} does not show the step {title!r}"
            elif alt.lower().startswith(tuple(VIEWS)):
                assert file.stem.startswith(f"{re.split('[^a-z]', alt.lower())[0]}-"), (alt, target)
    assert {"live-160x50", "tour-160x50"} <= set(found)


def test_the_pictures_hold_nothing_of_the_machine_that_drew_them() -> None:
    for file in GOLDEN.glob("*.svg"):
        text = file.read_text(encoding="utf-8")
        assert "127.0.0.1:" not in text
        assert not any(asked in text for asked in ("@font-face", "url(http", "@import"))  # they ask nobody
        assert str(Path.home()) not in text
