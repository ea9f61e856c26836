"""The stream of rows while the engine's thread goes on: what is read stands still, and nothing is passed over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.engine.engine import Engine
from simulator.engine.rows import Row
from simulator.engine.story import story_config
from simulator.tui.app import SimulatorApp
from simulator.tui.widgets.lines import LineView
from tests.simulator.tui.conftest import Opened, Screenful


async def drive(opened: Opened, script: Callable[[Screenful], Awaitable[None]], **options: Any) -> None:
    async with opened(**options) as screen:
        await script(screen)


async def test_rows_that_are_read_stand_still_though_the_oldest_go(tmp_path: Path) -> None:
    with Engine(story_config(), simulated=True, seed=7, rate=0, capacity=500) as engine:
        engine.run(900)
        app = SimulatorApp(engine, title="shop", ticking=False, folder=tmp_path)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.tick()
            await screen.press("up", "up", "up")

            def seen() -> list[str]:
                return [app.live.stream.render_line(y).text[:50] for y in range(20)]  # up to what may change

            before = seen()
            app.live.stream.render_lines(app.live.stream.size.region)
            engine.run(40)
            app.live.stream.render_lines(app.live.stream.size.region)
            assert seen() == before, "drawn before the clock, they moved"
            await screen.tick()
            assert seen() == before, "the clock moved them"


async def test_a_row_that_comes_while_the_filter_is_at_work_is_found(engine: Engine, opened: Opened) -> None:
    engine.run(20)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        came: list[int] = []

        def slow(row: Row) -> bool:
            if row.number > 30 and not came:
                came.append(engine.ring.next)
                engine.run(5)
            return True

        stream.set_filter(slow)
        engine.run(40)
        stream.sync()
        engine.run(1)
        stream.sync()
        assert came
        assert [stream.number(index) for index in range(stream.count())] == [
            row.number for row in engine.ring.rows()
        ]

    await drive(opened, script)


async def test_a_row_that_turns_while_the_filter_is_at_work_is_shown_right(
    engine: Engine, opened: Opened
) -> None:
    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        flushed: list[int] = []

        def slow(row: Row) -> bool:
            waits = row.kind == "queued"
            if engine.queued and not flushed:
                flushed.append(row.number)
                engine.flush().result()
            return waits

        stream.set_filter(slow)
        while not engine.queued:
            engine.run(1)
        stream.sync()
        stream.sync()
        assert flushed
        waiting = [row.number for row in engine.ring.rows() if row.kind == "queued"]
        assert [stream.number(index) for index in range(stream.count())] == waiting

    await drive(opened, script)


async def test_the_rows_are_those_of_the_filter_though_nothing_comes(engine: Engine, opened: Opened) -> None:
    engine.run(300)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream

        def rows() -> list[str]:
            return [line for line in screen.text().splitlines()[3:40] if line[1:3].isdigit()]

        for follows in (True, False):
            if stream.follow != follows:
                await screen.press("f")
            everything = rows()
            screen.app.navigation.search_for("zzz")
            await screen.settle()
            assert rows() == []
            assert "No row matches the filter" in screen.text()
            screen.app.navigation.search_for("outcome:skipped")
            await screen.settle()
            assert rows()
            assert all("skipped" in row for row in rows())
            await screen.press("escape")
            assert len(rows()) == len(everything)

    await drive(opened, script)


@pytest.mark.parametrize("width", [80, 100, 110, 116, 120, 128, 134, 160, 250])
async def test_no_number_is_ever_cut(engine: Engine, opened: Opened, width: int) -> None:
    engine.run(100)
    engine.counts.kinds.update(denied=6557, failed=98765, skipped=4321, flushed=123456, sent=9999)
    engine.counts.saved, engine.counts.batches, engine.counts.batches_failed = 12345, 1234, 3
    engine.counts.lost_upstream = 4321

    async def script(screen: Screenful) -> None:
        await screen.tick()
        low = 2 if width < 110 else 7
        cards = "\n".join(screen.text().splitlines()[-low:-1])
        assert "…" not in cards
        for number in ("98.8k", "6,5", "4,3"):
            assert number in cards or width < 110

    await drive(opened, script, width=width, height=40)


@pytest.mark.parametrize("pointed", [False, True])
async def test_lines_are_drawn_alike_with_and_without_what_lies_over_them(
    engine: Engine, opened: Opened, pointed: bool
) -> None:
    """The quick way of drawing, and Textual's own, which a tour's pointer needs."""
    engine.run(100)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        stream.set_class(pointed, "-pointed")
        await screen.tick()
        crop = stream.size.region
        quick = [strip.text for strip in stream.render_lines(crop)]
        usual = [strip.text for strip in super(LineView, stream).render_lines(crop)]
        assert quick == usual
        part = crop.crop_size((40, 10)).translate((3, 2))
        assert [strip.text for strip in stream.render_lines(part)] == [text[3:43] for text in quick[2:12]]

    await drive(opened, script)
