"""Read the counters from the screen, and hold them against the fake account's own at every pause."""

from __future__ import annotations

import asyncio
import re

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.tui.app import SimulatorApp
from tests.simulator.engine.wandering import wander
from tests.simulator.tui.settling import settling

KINDS = ("flushed", "sent", "queued", "identified", "skipped", "ignored", "denied", "failed")


def compare_screen_and_account(seed: int) -> int:
    """Let an engine wander under a screen; return at how many pauses they were the same."""
    pauses = 0

    async def main() -> None:
        nonlocal pauses
        with Engine(story_config(), simulated=True, seed=seed) as engine:
            app = SimulatorApp(engine, title="counting", ticking=False)
            async with app.run_test(size=(160, 50)) as pilot:
                for _ in wander(engine, seed):
                    app.look()
                    await pilot.pause()
                    text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
                    _compare(text, engine, f"seed {seed}, pause {pauses}")
                    pauses += 1

    with settling():
        asyncio.run(main())
    return pauses


def _compare(text: str, engine: Engine, where: str) -> None:
    text = text[text.index("╭─ outcomes") :]
    shown = {kind: _number(rf" {kind} +([\d,]+) ", text) for kind in KINDS}
    assert shown == {kind: engine.counts.kinds[kind] for kind in KINDS}, where
    said = engine.hubspot.account.counters()
    assert _number(r"holds +([\d,]+) occurrences?", text) == said.accepted - said.forgotten, where
    assert _number(r"([\d,]+) contacts? +│", text) == len(engine.hubspot.account.contacts()), where
    assert sum(shown.values()) == _number(r"([\d,]+) events?, ", text), where
    # What went out by the screen's word is in the account, unless HubSpot knew its uuid before.
    out = shown["flushed"] + shown["sent"]
    assert out <= said.accepted + said.duplicates + said.dropped, where


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    assert found is not None, f"{pattern} is not on the screen:\n{text}"
    return int(found.group(1).replace(",", ""))
