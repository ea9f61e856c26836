"""The five views as pictures that are the same byte for byte, on every machine with the pinned packages.

The stream has a seed, time is simulated, and the app ticks by hand. Two things are
replaced: how long HubSpot's server took for a request, which it measures with the processor's clock; and in the SVG
what tells how the screen was put together, not how it looks (a checksum in the names of its classes, rectangles
without a width).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

from textual.pilot import Pilot

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.app import SimulatorApp
from simulator.tui.exports import plain_svg
from simulator.tui.keymap import VIEWS
from simulator.tui.tour import default_tour

SIZES = ((160, 50), (80, 24))
SEED = 15
TOUR_STEP = "A bad morning"
"""The step of the tour that the picture shows, as the README names it."""
_MORNING = 1_767_603_600.0  # 2026-01-05, 9 o'clock, the day on which the stream begins
_BEATS, _EVENTS = 64, 4


def pictures(width: int, height: int) -> Iterator[tuple[str, str]]:
    """Yield the name and the SVG of every view, and of the tour."""
    found: list[tuple[str, str]] = []

    async def main() -> None:
        with Engine(story_config(), simulated=True, seed=SEED, clock=lambda: _MORNING) as engine:
            _measure_nothing(engine)
            app = SimulatorApp(engine, title="the shop", ticking=False)
            async with app.run_test(size=(width, height)) as pilot:
                await _play(app, engine, pilot)
                for number, name in enumerate(VIEWS, 1):
                    await pilot.press(str(number))
                    await _ready(app, engine, pilot, name)
                    found.append(_picture(app, f"{name}-{width}x{height}"))
                app.open_view("live")
                await _outage(app, engine, pilot)
                found.append(_picture(app, f"tour-{width}x{height}"))

    asyncio.run(main())
    return iter(found)


def _picture(app: SimulatorApp, name: str) -> tuple[str, str]:
    svg = plain_svg(app.export_screenshot(title="hubspot-sim tui"))
    svg = re.sub(r"terminal-\d+", f"hubspot-sim-{name}", svg)
    return name, re.sub(r'<rect [^>]*width="0"[^>]*/>', "", svg)


def _measure_nothing(engine: Engine) -> None:
    record = engine.hubspot.journal.record

    def steady(received_at: float, seconds: float, *rest: Any, **named: Any) -> None:
        record(received_at, 0.0012, *rest, **named)

    engine.hubspot.journal.record = steady  # type: ignore[method-assign]


async def _play(app: SimulatorApp, engine: Engine, pilot: Pilot[Any]) -> None:
    for _ in range(_BEATS):
        engine.run(_EVENTS)
        engine.hubspot.clock.skip(1)
        app._beat = 0
        app.tick()
    await _tick(app, pilot)


async def _ready(app: SimulatorApp, engine: Engine, pilot: Pilot[Any], name: str) -> None:
    """Let a view show what it is for."""
    if name == "checks":
        while not app.checks.checked:
            await asyncio.sleep(0.01)
            app.checks.tick(0)
    elif name == "faults":
        engine.throw(parse_fault("503:for=30s"))
        await _play_until_retrying(app, engine, pilot)
    await _tick(app, pilot)


async def _outage(app: SimulatorApp, engine: Engine, pilot: Pilot[Any]) -> None:
    """Play the tour up to the step in which HubSpot is down, and until events wait to be tried again."""
    engine.clear_faults()
    engine.flush().result()
    engine.resume = engine.pause  # type: ignore[method-assign] # events come from here alone
    app.tour.tour = default_tour()
    app.tour.by_itself = False
    app.tour.begin()
    while app.tour.step is not None and app.tour.step.title != TOUR_STEP:
        app.tour.turn(1)
    await _play_until_retrying(app, engine, pilot)
    app.live.stream.sync()
    app.tour.tick(0.1)
    await _tick(app, pilot)


async def _play_until_retrying(app: SimulatorApp, engine: Engine, pilot: Pilot[Any]) -> None:
    """Play until the sender waits for its next attempt, and three events more."""
    for _ in range(200):
        engine.run(1)
        if engine.next_try is not None:
            break
    engine.run(3)
    app.look()
    await _tick(app, pilot)


async def _tick(app: SimulatorApp, pilot: Pilot[Any]) -> None:
    for _ in range(2):
        app.look()
        await pilot.pause()
