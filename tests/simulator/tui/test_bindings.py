"""No key without a test: whoever adds a binding must press it somewhere."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.binding import Binding

from simulator.engine.engine import Engine
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.app import SimulatorApp
from simulator.tui.keymap import KEY_BAR
from simulator.tui.views.hubspot import HubSpotView
from simulator.tui.widgets.changes_screen import ChangesScreen
from simulator.tui.widgets.lines import LineView
from simulator.tui.widgets.modals import HelpScreen, Question
from tests.simulator.tui.conftest import Opened, Screenful, direct

BOUND = (SimulatorApp, LineView, HubSpotView, HelpScreen, ChangesScreen, Question)


async def drive(opened: Opened, script: Callable[[Screenful], Awaitable[None]], **size: int) -> None:
    async with opened(**size) as screenful:
        await script(screenful)


def _bound_keys() -> set[str]:
    keys: set[str] = set()
    for function in BOUND:
        for base in function.__mro__:
            if base.__module__.startswith("simulator."):
                bindings = [
                    found for found in base.__dict__.get("BINDINGS", ()) if isinstance(found, Binding)
                ]
                keys |= {key for found in bindings for key in found.key.split(",")}
    return keys


def _pressed_keys() -> set[str]:
    pressed: set[str] = set()
    for file in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "press"
            ):
                pressed |= {str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)}
    return pressed


def test_no_key_is_bound_that_no_test_presses() -> None:
    assert len(_bound_keys()) > 40
    assert _bound_keys() - _pressed_keys() == set()


def test_every_key_in_the_bar_is_one_that_does_something(opened: Opened) -> None:
    shown = {
        "space": "space",
        "?": "question_mark",
        ".": "full_stop",
        "+": "plus",
        "-": "minus",
        "/": "slash",
    }
    bound = _bound_keys() | {"tab"}
    for keys in KEY_BAR.values():
        for key, _, _ in keys:
            assert shown.get(key, key) in bound, key


async def test_number_keys_open_the_views_and_a_click_does_too(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("4")
        assert screen.app.header.view == "mapping"
        await screen.press("1")
        assert screen.app.header.view == "live"
        await screen.pilot.click("Header", offset=(30, 0))
        await screen.settle()
        assert screen.app.header.view == "checks"

    await drive(opened, script)


async def test_a_click_on_a_key_in_the_bar_presses_it(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        at = screen.text().splitlines()[-1].index("space")
        await screen.pilot.click("KeyBar", offset=(at + 1, 0))
        await screen.settle()
        assert not engine.paused
        engine.pause()

    engine.set_rate(20)
    await drive(opened, script)


async def test_q_and_ctrl_c_end_it(opened: Opened) -> None:
    async def by_q(screen: Screenful) -> None:
        await screen.pilot.press("q")
        assert screen.app.return_code == 0

    async def by_ctrl_c(screen: Screenful) -> None:
        await screen.pilot.press("ctrl+c")
        assert screen.app.return_code == 0

    await drive(opened, by_q)
    await drive(opened, by_ctrl_c)


async def test_equals_is_plus_without_shift(engine: Engine, opened: Opened) -> None:
    engine.set_rate(4)

    async def script(screen: Screenful) -> None:
        await screen.press("equals_sign")
        assert engine.rate.per_second == 8

    await drive(opened, script)


@direct
async def test_n_goes_on_to_the_next_failure_from_where_one_reads(engine: Engine, opened: Opened) -> None:
    engine.run(40)
    engine.throw(parse_fault("503"))
    engine.run(100)

    async def script(screen: Screenful) -> None:
        await screen.press("home", "n")
        first = screen.app.live.stream.row
        await screen.press("n")
        second = screen.app.live.stream.row
        assert first is not None
        assert second is not None
        assert first.kind == second.kind == "failed"
        assert second.number > first.number

    await drive(opened, script)


async def test_k_keeps_an_event_in_sight_of_every_save(engine: Engine, opened: Opened) -> None:
    engine.run(5)

    async def script(screen: Screenful) -> None:
        row = screen.app.live.stream.row
        assert row is not None
        await screen.press("k")
        assert row.pinned
        await screen.press("k")
        assert not row.pinned

    await drive(opened, script)


async def test_pages_turn_up_and_down_and_a_panel_closes_by_q(engine: Engine, opened: Opened) -> None:
    engine.run(200)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        last = stream.cursor
        await screen.press("pageup")
        assert last - stream.cursor == stream.size.height - 1
        await screen.press("pagedown")
        assert stream.cursor == last
        await screen.press("question_mark", "q")
        assert not isinstance(screen.app.screen, HelpScreen)

    await drive(opened, script)


async def test_the_scrollbar_is_taken_by_the_mouse(engine: Engine, opened: Opened) -> None:
    engine.run(300)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        await screen.pilot.mouse_down("#stream", offset=(stream.size.width - 1, 0))
        await screen.settle()
        assert stream.cursor == 0
        await screen.pilot.mouse_up("#stream", offset=(stream.size.width - 1, 0))
        assert not stream.follow

    await drive(opened, script)
