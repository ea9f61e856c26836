"""Whatever an event holds, nothing reaches the terminal that it would obey, and columns stay straight."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.tui.app import SimulatorApp
from simulator.tui.widgets.text_width import fit, harmless

HOSTILE = (
    "\x1b[2J\x1b[H\x1b]0;owned\x07",
    "\u202eright to left\u2066",
    "zero\u200bwidth\u200d\ufeff",
    "日本語の名前と絵文字🎉👩\u200d👩\u200d👧",
    "e\u0301\u0301\u0301 combining \u20dd",
    "tab\tnew\nline\r back",
    "[bold red]markup[/] [@click=app.quit]x[/]",
    "\ud800 lonely",
    "\x9b31m C1",
    "x" * 1_000_000,
    "",
)


def hostile(seed: int) -> Iterator[dict[str, Any]]:
    number = 0
    while True:
        text = HOSTILE[number % len(HOSTILE)]
        number += 1
        yield {
            "name": f"page view{text[:40]}" if number % 2 else "order complete",
            "data": {"title": text, text[:50]: text, "id": text, "total": 5},
            "user": {"email": f"{text[:30]}@example.org", "firstName": text[:100]},
            "consent": {"marketing": True},
            "id": f"{number}-{text[:20]}",
        }


@given(st.text(max_size=80), st.integers(0, 60))
def test_any_text_fits_its_cells_exactly(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert fitted.isprintable()
    assert cell_len(fitted) == width


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_not_obeyed(text: str) -> None:
    shown = harmless(text)
    assert shown.isprintable()
    assert len(shown) < 30_000


@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50)])
async def test_a_stream_of_hostile_events_keeps_its_columns(width: int, height: int) -> None:
    with Engine(story_config(), simulated=True, source=hostile, rate=0) as engine:
        engine.run(60)
        assert engine.reconcile().agree
        app = SimulatorApp(engine, title="hostile", ticking=False)
        async with app.run_test(size=(width, height)) as pilot:
            for key in ("1", "3", "tab", "tab", "4", "5", "1", "up", "up", "up", "enter"):
                await pilot.press(key)
                app._beat = 0
                app.tick()
                await pilot.pause()
                for strip in app.screen._compositor.render_strips():
                    assert strip.text.isprintable()
                    assert strip.cell_length == width
            svg = app.export_screenshot()
            assert "\x1b" not in svg
            assert "\u202e" not in svg
