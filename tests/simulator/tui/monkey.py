"""A monkey at the keys: seeded, so that what it finds can be found again."""

from __future__ import annotations

import asyncio
import random
import tempfile
from pathlib import Path

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.tui.app import SimulatorApp
from tests.simulator.tui.settling import settling

KEYS = (
    *"12345", *"12345", "space", "full_stop", "plus", "minus", "slash", *"dfnNbBFcrRkyuxsztTmgGj", "escape", "escape",
    "question_mark", "up", "down", "pageup", "pagedown", "home", "end", "enter", "enter", "tab", "shift+tab", "left",
    "right", "p", "ctrl+p", "backspace", "o", "colon", "e", "E", "left_parenthesis", "quotation_mark", "9",
)  # fmt: skip
SIZES = ((80, 24), (160, 50), (40, 10), (120, 34))


def session(seed: int, presses: int = 60) -> None:
    """Press keys at random; at the end the screen still answers and the books agree."""
    dice = random.Random(seed)

    async def main() -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            Engine(story_config(), simulated=True, seed=seed, rate=8, capacity=300) as engine,
        ):
            app = SimulatorApp(engine, title="monkey", ticking=False, folder=Path(folder))
            async with app.run_test(size=dice.choice(SIZES)) as pilot:
                for _ in range(presses):
                    await pilot.press(dice.choice(KEYS))
                    if dice.random() < 0.3:
                        app.tick()
                    if dice.random() < 0.03:
                        await pilot.resize_terminal(*dice.choice(SIZES))
                    if not app.is_running:  # the palette has a command that ends it
                        assert app._exception is None, f"seed {seed}: the app ended"
                        assert not app.return_code, f"seed {seed}: the app ended"
                        return
                for _ in range(4):
                    await pilot.press("escape")
                await pilot.press("1")
                await pilot.pause()
                app.tick()
                assert app.header.view == "live", f"seed {seed}: stuck"
                engine.pause()
                books = engine.reconcile()
                assert books.agree, f"seed {seed}: {books.problems}"

    with settling():
        asyncio.run(main())
