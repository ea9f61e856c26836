"""A running engine that stands still, and an app over it that ticks by hand."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.tui.app import SimulatorApp
from tests.simulator.tui.settling import settling

direct = pytest.mark.parametrize("engine", [{"outbox": False}], indirect=True, ids=["direct"])
Opened = Callable[..., AbstractAsyncContextManager["Screenful"]]


class Screenful:
    """An app under test: press keys, let it tick, look at it."""

    def __init__(self, app: SimulatorApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot
        self.engine = app.engine

    async def tick(self, count: int = 2) -> None:
        for _ in range(count):
            self.app._beat = 0
            self.app.tick()
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.settle()

    async def settle(self) -> None:
        """Wait until the engine has done what it was asked, and the screen shows it."""
        self.engine.do(lambda: None)
        await self.pilot.pause()
        await self.tick(1)

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, "it did not come"
            await self.tick(1)

    def text(self) -> str:
        """Return what is on the screen."""
        screen = self.app.screen
        width, height = self.app.size
        strips = screen._compositor.render_strips()
        return "\n".join(strip.text.ljust(width) for strip in strips[:height])

    def said(self) -> str:
        """Return what was said in passing, and has not gone yet."""
        return "\n".join(notification.message for notification in self.app._notifications)


@pytest.fixture(autouse=True)
def _settling() -> Iterator[None]:
    with settling():
        yield


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Yield a paused engine; a test may ask for other options, such as `@direct` for a sender without an outbox."""
    options = {"simulated": True, "seed": 7, "rate": 0, "capacity": 2000, **getattr(request, "param", {})}
    with Engine(story_config(), **options) as engine:
        yield engine


@pytest.fixture
def opened(engine: Engine, tmp_path: Path) -> Opened:
    @asynccontextmanager
    async def open_app(
        width: int = 160, height: int = 50, *, aloud: bool = False, **options: Any
    ) -> AsyncIterator[Screenful]:
        app = SimulatorApp(engine, title="shop.yaml", ticking=False, folder=tmp_path, **options)
        async with app.run_test(size=(width, height), notifications=aloud) as pilot:
            screenful = Screenful(app, pilot)
            await screenful.tick()
            yield screenful

    return open_app
