"""The five views at two sizes, as they were looked at: a change is seen, and the pictures of the docs are true.

UPDATE_GOLDEN=1 draws them anew; look at them before they are committed.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.hubspot.faults_syntax import parse_fault
from simulator.tui.app import VIEWS, SimulatorApp
from simulator.tui.exporting import plain_svg
from tests.simulator.tui.conftest import Screenful

FOLDER = Path(__file__).parents[3] / "docs" / "terminal"
MOMENT = 1_767_600_000.0  # 2026-01-05T08:00:00Z
SIZES = ((160, 50), (80, 24))


async def look(key: str, width: int, height: int, folder: Path) -> str:
    """Return what a view shows after the same events, at the same moment."""
    with Engine(story_config(), seed=7, rate=3, capacity=2000, clock=lambda: MOMENT) as engine:
        engine.run(150)
        engine.throw(parse_fault("503:count=2"))
        engine.run(18)
        engine.hubspot.clock.skip(30)
        app = SimulatorApp(engine, title="the shop", ticking=False, folder=folder)
        async with app.run_test(size=(width, height)) as pilot:
            screen = Screenful(app, pilot)
            await screen.tick(3)
            await screen.press(str(list(VIEWS).index(key) + 1))
            if key == "checks":
                await screen.until(lambda: len(app.checks.checked) == 8)
            await screen.tick(3)
            return plain_svg(app.export_screenshot(title=f"hubspot-sim · {VIEWS[key]}")) + "\n"


@pytest.mark.parametrize(("width", "height"), SIZES, ids=["wide", "narrow"])
@pytest.mark.parametrize("key", VIEWS)
def test_a_view_looks_as_it_did_when_somebody_looked_at_it(
    key: str, width: int, height: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "time.localtime", __import__("time").gmtime
    )  # the machine's zone is nobody's business
    drawn = asyncio.run(look(key, width, height, tmp_path))
    path = FOLDER / f"{key}-{width}x{height}.svg"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(drawn, encoding="utf-8", newline="\n")
    assert drawn == path.read_text(encoding="utf-8")
    assert not any(
        asked in drawn for asked in ("@font-face", "url(http", "@import", "href=")
    )  # it asks nobody
