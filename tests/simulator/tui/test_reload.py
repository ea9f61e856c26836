"""Saving the configuration shows what changes; a broken save changes nothing and says where it is broken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simulator.engine.engine import Engine
from simulator.engine.story import story_path
from simulator.examples.flow_examples import flow_examples
from simulator.hubspot.service import DEFAULT_TOKEN
from simulator.tui.config_watch import ConfigWatch
from simulator.tui.widgets.changes_screen import ChangesScreen
from simulator.tui.widgets.modals import Question
from tests.simulator.tui.conftest import Opened


def save(path: Path, text: str) -> None:
    path.write_text(text)
    # A file system's clock may be too coarse to see two saves in one test.
    stamp = path.stat().st_mtime_ns + save.count * 1_000_000  # type: ignore[attr-defined]
    save.count += 1  # type: ignore[attr-defined]
    os.utime(path, ns=(stamp, stamp))


save.count = 1  # type: ignore[attr-defined]


async def test_a_save_shows_every_change_and_a_broken_one_keeps_the_old(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    text = story_path().read_text()
    path.write_text(text)
    engine.run(200)

    async with opened(watch=ConfigWatch(path)) as screen:
        save(path, text.replace("eventName: order\n", "eventName: bought\n"))
        await screen.tick(1)
        await screen.until(lambda: isinstance(screen.app.screen, ChangesScreen))
        await screen.tick()
        assert "of the last" in screen.text()
        assert "pe12345678_bought" in screen.text()
        await screen.press("escape")
        rules = engine.config
        save(path, text.replace("mapping:", "mapping: ["))
        await screen.tick()
        assert "the old mapping stays active" in screen.text()
        assert "line" in screen.text()
        assert "paused" in screen.text(), "what the engine does is still told"
        await screen.press("d")
        assert "It is not used" in screen.text()
        await screen.press("escape")
        assert engine.config is rules
        save(path, text)
        await screen.tick(1)
        await screen.until(lambda: isinstance(screen.app.screen, ChangesScreen))
        assert screen.app.header.trouble == ""
        engine.run(50)
        assert engine.reconcile().agree
    assert DEFAULT_TOKEN in text


async def test_a_save_does_not_interrupt_who_is_typing_and_is_shown_later(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    text = story_path().read_text()
    path.write_text(text)
    engine.run(200)

    async with opened(watch=ConfigWatch(path)) as screen:
        await screen.press("d")
        assert "has not been saved since the start" in screen.said()
        await screen.press("slash", *"outcome:")
        save(path, text.replace("eventName: order\n", "eventName: bought\n"))
        await screen.tick(1)
        await screen.until(lambda: "d shows what changes" in screen.said())
        assert isinstance(screen.app.screen, Question)
        await screen.press("escape", "d")
        assert isinstance(screen.app.screen, ChangesScreen)
        assert "times, the last" in screen.text(), "the same change of many events is told once"


async def test_a_configuration_that_is_gone_is_told_and_its_return_too(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(story_path().read_text())

    async with opened(watch=ConfigWatch(path)) as screen:
        hidden = path.rename(tmp_path / "away")
        await screen.tick(4)
        assert "mine.yaml is gone; the old mapping stays active" in screen.text()
        hidden.rename(path)
        await screen.tick(2)
        assert "is gone" not in screen.text()


async def test_a_file_that_broke_and_then_went_away_is_gone_not_broken(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(story_path().read_text())

    async with opened(watch=ConfigWatch(path)) as screen:
        save(path, "mapping: [\n")
        await screen.tick(2)
        assert "d: all of it" in screen.text()
        path.unlink()
        await screen.tick(4)
        assert "is gone" in screen.text()
        assert "d: all of it" not in screen.text(), "there is no more to say"
        await screen.press("d")
        assert not isinstance(screen.app.screen, ChangesScreen)
        assert "once it is back" in screen.said()


async def test_an_event_that_goes_out_is_not_called_kept_and_a_kept_one_says_so(
    engine: Engine, opened: Opened
) -> None:
    engine.run(200)
    rows = {row.kind: row for row in engine.ring.rows() if not row.is_batch}

    async with opened() as screen:
        stream = screen.app.live.stream
        stream.follow = False
        stream.go(stream.index(rows["flushed"].number))
        await screen.press("k")
        assert not rows["flushed"].pinned
        assert "it was sent" in screen.said()
        stream.go(stream.index(rows["skipped"].number))
        await screen.press("k")
        assert rows["skipped"].pinned
        assert "until it is sent" in screen.text()


async def test_a_save_that_fails_a_step_example_says_so_wherever_one_looks(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", DEFAULT_TOKEN)  # as the command does
    path = tmp_path / "flow.json"
    flow = (Path(__file__).parents[3] / "examples" / "flow.json").read_text()
    path.write_text(flow)

    async with opened(watch=ConfigWatch(path)) as screen:
        save(path, flow.replace('"revenue": "data.total"', '"revenue": "data.totl"'))
        await screen.until(lambda: "1 of 3 step examples fails" in screen.said())
        assert screen.app.view is screen.app.live


async def test_examples_that_were_under_way_when_the_file_was_saved_are_run_again(
    opened: Opened, tmp_path: Path
) -> None:
    flow = Path(__file__).parents[3] / "examples" / "flow.json"
    other = tmp_path / "flow.json"
    other.write_text(flow.read_text().replace('"revenue": "data.total"', '"revenue": "data.totl"'))
    read = [flow_examples(other), flow_examples(flow)]

    async with opened() as screen:
        checks = screen.app.checks
        checks._own = read.pop
        checks.run()
        checks.run(saved=True)
        await screen.until(lambda: not checks.running)
        assert not read
        assert sum(not checked_example.passes for checked_example in checks.checked.values()) == 1
