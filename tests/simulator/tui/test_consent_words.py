"""Whoever looks at the screen can tell an event that waits for consent from one whose own consent refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from simulator.engine.engine import Engine
from simulator.engine.source import synthetic
from simulator.engine.story import story_config
from simulator.tui.app import SimulatorApp
from tests.simulator.tui.conftest import Screenful

WAITS: dict[str, bool] = {}
REFUSES = {"marketing": False}


def _with_consents(*consents: dict[str, bool]) -> Callable[[int], Iterator[Any]]:
    def source(seed: int) -> Iterator[Any]:
        for number, event in enumerate(synthetic(seed)):
            yield {**event, "consent": consents[number % len(consents)]}

    return source


@pytest.mark.parametrize(
    ("consents", "word"), [((WAITS,), "parked"), ((REFUSES,), "denied"), ((WAITS, REFUSES), "no consent")]
)
async def test_what_waits_is_parked_and_what_refuses_is_denied(
    consents: tuple[dict[str, bool], ...], word: str
) -> None:
    with Engine(story_config(), simulated=True, source=_with_consents(*consents)) as engine:
        engine.run(30)
        app = SimulatorApp(engine, title="consent", ticking=False)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.tick()
            assert ("▽ parked " in screen.text()) == (WAITS in consents)
            assert ("⊘ denied " in screen.text()) == (REFUSES in consents)
            assert re.search(rf"[▽⊘] {word} +30 ", screen.text()), (
                "the counter has the word of what it counts"
            )
            app.navigation.search_for("is:parked")
            waiting = 30 // len(consents) if WAITS in consents else 0
            assert app.live.stream.count() == engine.counts.parked == waiting
            app.navigation.search_for("outcome:denied")
            assert app.live.stream.count() == 30
            await screen.press("5")
            parked = engine.counts.parked
            assert re.search(rf"▽ +{parked} wait for consent +⊘ {30 - parked} refuse it", screen.text())


async def test_the_one_line_of_a_small_screen_adds_up_to_the_events() -> None:
    consents = (WAITS, REFUSES, {"marketing": True})
    with Engine(story_config(), simulated=True, source=_with_consents(*consents)) as engine:
        engine.run(90)
        app = SimulatorApp(engine, title="consent", ticking=False)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = Screenful(app, pilot)
            await screen.tick()
            line = next(line for line in screen.text().splitlines() if "▽" in line and "✘" in line)
            assert sum(map(int, re.findall(r"[^\w ] ?(\d+)", line.partition("  ▁")[0]))) == 90, line
