"""A tour says what it does, waits for what it shows, and says what is wrong with itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from simulator.engine.engine import Engine
from simulator.engine.rows import Row
from simulator.hubspot.faults_syntax import parse_fault
from simulator.tui.tour import TourError, default_tour, read_tour
from tests.simulator.tui.conftest import Opened


def test_the_tour_that_ships_comes_to_its_end_and_shows_what_it_promises(
    engine: Engine, opened: Opened
) -> None:
    async def main() -> None:
        async with opened(tour=default_tour()) as screen:
            engine.set_batch(12).result()
            app, speech = screen.app, screen.app.speech
            said: list[int] = []
            shown: dict[str, Row] = {}
            for _ in range(40_000):
                if not speech.on or (speech.step is not None and speech.step.wait.key):
                    break
                if not said or said[-1] != speech.number:
                    said.append(speech.number)
                engine.run(1)
                app.live.stream.sync()
                speech.tick(0.2)
                if speech.step is not None and speech.step.wait.row and speech.said_of is not None:
                    shown[speech.step.title] = speech.said_of
            assert said == list(range(len(default_tour().steps) - 1))
            await screen.tick()
            assert "Your turn" in screen.text()
            await screen.press("right")
            assert not speech.on
            assert engine.books().agree
            # What is said of a row is true of it.
            assert shown["Nobody yet"].person.startswith("device")
            assert shown["Nobody yet"].kind == "skipped"
            assert [one.status for one in shown["A person"].exchanges][:2] == [404, 201]
            assert shown["The batch is full"].is_batch

    asyncio.run(main())


def test_a_tour_is_led_by_key_and_left(engine: Engine, opened: Opened) -> None:
    async def main() -> None:
        async with opened(tour=default_tour(), width=80, height=24) as screen:
            assert "guided" in screen.text() or "Welcome" in screen.text()
            await screen.press("p", "right", "right", "left")
            assert screen.app.speech.number == 1
            screen.app.speech.tick(1000)
            screen.app.speech.tick(1000)
            assert screen.app.speech.number == 1
            await screen.press("escape")
            assert not screen.app.speech.on
            await screen.press("T")
            assert screen.app.speech.number == 0

    asyncio.run(main())


def test_going_back_throws_no_fault_again_and_leaving_clears_it(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "tour.yaml"
    file.write_text(
        "title: x\nsteps: [{say: one}, {say: two, do: ['throw 503', view faults]}, "
        "{say: three, do: [clear, view live]}, {say: four}]"
    )

    async def main() -> None:
        async with opened(tour=read_tour(file)) as screen:
            await screen.press("p", "right")
            assert len(engine.faults()) == 1
            await screen.press("right", "left")
            assert screen.app.speech.number == 1
            assert screen.app.header.view == "faults"
            assert engine.faults() == ()
            engine.throw(parse_fault("503"))
            await screen.press("escape")
            assert engine.faults() == ()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: [", "broken YAML"),
        ("title: x\nsteps: []", "at least one step"),
        ("title: x\nsteps: [{say: hi, wait: {rows: a}}]", "rows"),
        ("title: x\nsteps: [{say: hi, do: [dance]}]", "step 1: 'dance' cannot be done"),
        ("title: x\nsteps: [{say: hi, do: [view nowhere]}]", "there is no view 'nowhere'"),
        ("title: x\nsteps: [{say: hi, do: ['throw 999']}]", "there is no fault '999'"),
        ("title: x\nsteps: [{say: hi, do: [rate fast]}]", "step 1"),
        ("title: x\nsteps: [{say: hi, do: [batch inf]}]", "a whole number from 0 to 500, not 'inf'"),
        ("title: x\nsteps: [{say: hi, do: [step nan]}]", "a whole number from 1"),
        ("title: x\nsteps: [{say: hi, do: [rate -1]}]", "a number from 0"),
        ("title: x\nsteps: [{say: hi, point: moon}]", "point at stream"),
        ("title: x\nsteps: [{say: hi, wait: {row: 'outcom:x'}}]", "did you mean outcome:?"),
    ],
)
def test_a_tour_that_cannot_be_played_says_where_and_why(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "tour.yaml"
    file.write_text(text)
    with pytest.raises(TourError) as caught:
        read_tour(file)
    assert told in str(caught.value)
    assert str(file) in str(caught.value)
