"""What an engineer asks of the screen, and would be misled by: the answers are those of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from simulator.engine.engine import Engine
from tests.simulator.tui.conftest import Opened, Screenful


def drive(opened: Opened, script: Callable[[Screenful], Awaitable[None]], **options: Any) -> None:
    async def main() -> None:
        async with opened(**options) as screenful:
            await script(screenful)

    asyncio.run(main())


def test_details_go_back_to_their_first_line_and_stay_where_they_are_clicked(
    engine: Engine, opened: Opened
) -> None:
    engine.run(60)

    async def script(screen: Screenful) -> None:
        detail = screen.app.live.detail
        detail.focus()
        await screen.press("end")
        assert detail.scroll_offset.y > 0
        await screen.press("home")
        assert detail.scroll_offset.y == 0
        await screen.press("down", "down")
        assert detail.scroll_offset.y == 2
        await screen.pilot.click(detail, offset=(5, 10))
        await screen.settle()
        assert detail.scroll_offset.y == 2, "a click is no scrolling"

    drive(opened, script, height=34)


def test_the_scrollbar_of_the_details_goes_where_it_is_dragged(engine: Engine, opened: Opened) -> None:
    engine.run(60)

    async def script(screen: Screenful) -> None:
        detail = screen.app.live.detail
        detail.focus()
        bar = (detail.gutter.left + detail.room, detail.gutter.top)
        bottom = detail.gutter.top + detail.size.height - 1
        await screen.pilot.mouse_down(detail, offset=(bar[0], bottom))
        await screen.pilot.mouse_up(detail, offset=(bar[0], bottom))
        await screen.settle()
        assert detail.scroll_offset.y == detail.max_scroll_y
        await screen.pilot.mouse_down(detail, offset=bar)
        await screen.pilot.mouse_up(detail, offset=bar)
        await screen.settle()
        assert detail.scroll_offset.y == 0

    drive(opened, script, height=34)
