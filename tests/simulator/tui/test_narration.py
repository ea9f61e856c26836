"""What is told can be read: nothing lies over the tour, and a key is called what it will do."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets._toast import Toast

from simulator.engine.engine import Engine
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.tour import default_tour, read_tour
from simulator.tui.views.hubspot import HubSpotView
from tests.simulator.tui.conftest import Opened, Screenful


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50)])
async def test_what_is_said_in_passing_covers_neither_the_tour_nor_the_tabs(
    opened: Opened, width: int, height: int
) -> None:
    async with opened(tour=default_tour(), width=width, height=height, aloud=True) as screen:
        app = screen.app
        for number in range(len(default_tour().steps)):
            app.notify("the chosen event does not match the filter any more; choose another", timeout=60)
            await screen.until(lambda: bool(app.screen.query(Toast)))
            await screen.tick()
            for toast in app.screen.query(Toast):
                assert toast.region.area, f"step {number}: what was said is not on the screen"
                assert not toast.region.overlaps(app.tour.panel.region), f"step {number}"
                assert not toast.region.overlaps(app.header.region), f"step {number}"
            app.clear_notifications()
            await screen.press("right")


async def test_the_key_bar_says_what_space_will_do(engine: Engine, opened: Opened) -> None:
    async with opened() as screen:
        assert "space resume" in screen.text().splitlines()[-1]
        await screen.press("space")
        assert "space pause" in screen.text().splitlines()[-1]
        engine.pause()
        await screen.tick()
        assert "space resume" in screen.text().splitlines()[-1]


async def test_a_small_faults_view_says_how_long_a_fault_lasts_and_what_was_refused(
    engine: Engine, opened: Opened
) -> None:
    engine.throw(parse_fault("503:for=600s"))
    engine.run(40)

    async with opened(width=80, height=24) as screen:
        await screen.press("5")
        text = screen.text()
        assert " s left" in text
        assert "✘ 503 PATCH" in text
        assert "%40example." in text, "whose contact it is"


async def test_a_terminal_that_is_behind_gets_no_more_frames_and_the_tour_goes_on(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "tour.yaml"
    file.write_text("title: x\nsteps: [{say: one, wait: {seconds: 0.1}}, {say: two}]")

    async with opened(tour=read_tour(file)) as screen:
        drawn = screen.app.header.title_text = "drawn anew"
        screen.app._driver.is_behind = True  # type: ignore[union-attr]
        await screen.tick(3)
        assert drawn not in screen.text()
        assert screen.app.tour.number == 1
        screen.app._driver.is_behind = False  # type: ignore[union-attr]
        await screen.tick()
        assert drawn in screen.text()


def _page(screen: Screenful) -> int:
    view = screen.app.view
    assert isinstance(view, HubSpotView)
    return view.page


@pytest.mark.parametrize(("view", "entry"), [("1", "enter details"), ("3", "tab page"), ("5", "enter throw")])
async def test_every_key_on_the_key_bar_can_be_clicked(
    engine: Engine, opened: Opened, view: str, entry: str
) -> None:
    async with opened() as screen:
        engine.run(5)
        await screen.press(view)
        before = screen.text()
        at = before.splitlines()[-1].index(entry)
        await screen.pilot.click(screen.app.keybar, offset=(at + 2, 0))
        await screen.until(lambda: screen.text() != before)
        done = {
            "1": lambda: not screen.app.live.detail.display,
            "3": lambda: _page(screen) == 1,
            "5": lambda: len(engine.faults()) == 1,
        }[view]
        await screen.until(done)
