"""What is told can be read: nothing lies over the tour, and a key is called what it will do."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets._toast import Toast

from simulator.engine.engine import Engine
from simulator.hubspot.faults_syntax import parse_fault
from simulator.tui.tour import default_tour
from tests.simulator.tui.conftest import Opened


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50)])
def test_what_is_said_in_passing_covers_neither_the_tour_nor_the_tabs(
    opened: Opened, width: int, height: int
) -> None:
    async def main() -> None:
        async with opened(tour=default_tour(), width=width, height=height, aloud=True) as screen:
            app = screen.app
            for number in range(len(default_tour().steps)):
                app.notify("the chosen event does not match the filter any more; choose another", timeout=60)
                await screen.until(lambda: bool(app.screen.query(Toast)))
                await screen.tick()
                for toast in app.screen.query(Toast):
                    assert toast.region.area, f"step {number}: what was said is not on the screen"
                    assert not toast.region.overlaps(app.speech.region), f"step {number}"
                    assert not toast.region.overlaps(app.header.region), f"step {number}"
                app.clear_notifications()
                await screen.press("right")

    asyncio.run(main())


def test_the_key_bar_says_what_space_will_do(engine: Engine, opened: Opened) -> None:
    async def main() -> None:
        async with opened() as screen:
            assert "space go on" in screen.text().splitlines()[-1]
            await screen.press("space")
            assert "space pause" in screen.text().splitlines()[-1]
            engine.pause()
            await screen.tick()
            assert "space go on" in screen.text().splitlines()[-1]

    asyncio.run(main())


def test_a_small_faults_view_says_how_long_a_fault_lasts_and_what_was_refused(
    engine: Engine, opened: Opened
) -> None:
    engine.throw(parse_fault("503:for=600s"))
    engine.run(40)

    async def main() -> None:
        async with opened(width=80, height=24) as screen:
            await screen.press("5")
            text = screen.text()
            assert " s left" in text
            assert "✘ 503 PATCH" in text
            assert "%40example." in text, "whose contact it is"

    asyncio.run(main())
