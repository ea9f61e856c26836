"""A tour says what it does, waits for what it shows, and says what is wrong with itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.engine.engine import Engine
from simulator.engine.rows import Row
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.tour import Tour, TourError, default_tour, read_tour
from tests.simulator.tui.conftest import Opened


async def test_the_tour_that_ships_comes_to_its_end_and_shows_what_it_promises(
    engine: Engine, opened: Opened
) -> None:
    async with opened(tour=default_tour()) as screen:
        engine.set_batch(12).result()
        app, speech = screen.app, screen.app.tour
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
            if speech.step is not None and speech.step.wait.row and speech.found is not None:
                shown[speech.step.title] = speech.found
        assert said == list(range(len(default_tour().steps) - 1))
        await screen.tick()
        assert "Your turn" in screen.text()
        await screen.press("right")
        assert not speech.on
        assert engine.reconcile().agree
        # What is said of a row is true of it.
        assert shown["An unknown visitor"].person.startswith("device")
        assert shown["An unknown visitor"].kind == "skipped"
        assert [exchange.status for exchange in shown["A person"].exchanges][:2] == [404, 201]
        assert shown["The batch is full"].is_batch


async def test_a_tour_is_led_by_key_and_left(engine: Engine, opened: Opened) -> None:
    async with opened(tour=default_tour(), width=80, height=24) as screen:
        assert "guided" in screen.text() or "Welcome" in screen.text()
        await screen.press("p", "right", "right", "left")
        assert screen.app.tour.number == 1
        screen.app.tour.tick(1000)
        screen.app.tour.tick(1000)
        assert screen.app.tour.number == 1
        await screen.press("escape")
        assert not screen.app.tour.on
        await screen.press("T")
        assert screen.app.tour.number == 0


async def test_going_back_throws_no_fault_again_and_leaving_clears_it(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    file = tmp_path / "tour.yaml"
    file.write_text(
        "title: x\nsteps: [{say: one}, {say: two, do: ['throw 503', view faults]}, "
        "{say: three, do: [clear, view live]}, {say: four}]"
    )

    async with opened(tour=read_tour(file)) as screen:
        await screen.press("p", "right")
        assert len(engine.faults()) == 1
        await screen.press("right", "left")
        assert screen.app.tour.number == 1
        assert screen.app.header.view == "faults"
        assert engine.faults() == ()
        engine.throw(parse_fault("503"))
        await screen.press("escape")
        assert engine.faults() == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: [", "invalid YAML"),
        ("title: x\nsteps: []", "at least one step"),
        ("title: [\nsteps: x", "invalid YAML, line 2, column 9: expected ',' or ']'"),
        (
            "title: x\nwhen: 2026-13-45\nsteps: [{say: a}]",
            "invalid YAML, line 2, column 7: month must be in 1..12",
        ),
        ("- a", "this needs a mapping with title, steps, seed, not a list"),
        ("title: x\nstep: [{say: hi}]", "there is no 'step'; there are title, steps, seed"),
        ("title: x\nsteps: [{title: hi}]", ", step 1: 'say' is missing"),
        ("title: x\nsteps: [{say: hi, do: pause}]", ", step 1, do: this needs a list, not a text"),
        (
            "title: x\nsteps: [{say: a}, {say: hi, do: [rate: 3]}]",
            ", step 2, do, number 1: this needs a text",
        ),
        (
            "title: x\nsteps: [{say: hi, wait: {rows: a}}]",
            "wait: there is no 'rows'; there are row, earlier, seconds, key",
        ),
        (
            "title: x\nsteps: [{say: hi, wait: {seconds: .nan}}]",
            "wait, seconds: this needs a number of seconds",
        ),
        (
            "title: x\nsteps: [{say: hi, wait: {within: -1}}]",
            "wait, within: this needs a number of seconds, not -1",
        ),
        ("title: x\nseed: 99999999999999999999\nsteps: [{say: hi}]", "seed needs a whole number from"),
        ("title: x\nsteps: [{say: hi, do: [select]}]", "'select' needs a filter"),
        ("title: x\nsteps: [{say: hi, do: [throw outrage]}]", "the stories are new-contact"),
        ("title: x\nsteps: [{say: hi, do: [dance]}]", "step 1: there is no command 'dance'"),
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
    assert "\n" not in str(caught.value)
    assert str(file) in str(caught.value)


def _tour(tmp_path: Path, steps: str, seed: int = 7) -> Tour:
    file = tmp_path / "tour.yaml"
    file.write_text(f"title: mine\nseed: {seed}\nsteps: {steps}")
    return read_tour(file)


async def test_a_title_and_what_is_said_are_taken_at_their_word(opened: Opened, tmp_path: Path) -> None:
    tour = _tour(tmp_path, r'[{title: "What [now]? [/b]", say: "A [bold]line [/] and \e[31mred\u202e"}]')

    async with opened(tour=tour) as screen:
        assert "What [now]? [/b]" in screen.text()
        assert "A [bold]line [/] and" in screen.text()
        assert "\x1b" not in screen.text()
        assert "\u202e" not in screen.text()


async def test_the_tour_stands_still_while_the_speaker_answers_a_question(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    tour = _tour(
        tmp_path, "[{say: one, do: [resume, rate 0.001], wait: {row: 'outcome:sent', within: 5}}, {say: two}]"
    )

    async with opened(tour=tour) as screen:
        speech = screen.app.tour
        await screen.press("space")
        speech.tick(60)
        speech.tick(60)
        await screen.tick()
        assert speech.number == 0
        assert "paused: space resumes" in screen.text()
        await screen.press("space", "question_mark")
        speech.tick(60)
        speech.tick(60)
        assert speech.number == 0
        await screen.press("escape")
        speech.tick(60)
        await screen.tick()
        assert "it did not happen" in screen.text()
        speech.tick(60)
        assert speech.number == 1


async def test_a_pause_that_the_tour_makes_itself_does_not_stop_it(opened: Opened, tmp_path: Path) -> None:
    tour = _tour(tmp_path, "[{say: one, do: [pause], wait: {seconds: 3}}, {say: two}]")

    async with opened(tour=tour) as screen:
        screen.app.tour.tick(4)
        assert screen.app.tour.number == 1


async def test_a_row_is_waited_for_in_the_stream_that_the_step_began_anew(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    tour = _tour(tmp_path, "[{say: one}, {say: two, do: [seed 3], wait: {row: 'outcome:skipped'}}]")

    engine.run(500)
    async with opened(tour=tour) as screen:
        await screen.press("right")
        engine.run(50)
        speech = screen.app.tour
        speech.tick(0.1)
        assert speech._met
        row = screen.app.live.stream.row
        assert row is not None
        assert row.kind == "skipped"


async def test_the_tour_that_is_begun_again_tells_its_story_to_a_hubspot_that_knows_nobody(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    async with opened(tour=_tour(tmp_path, "[{say: one}]")) as screen:
        engine.reset(9).result()
        engine.run(100)
        await screen.press("escape", "T")
        assert engine.counts.taken == 0
        assert engine.seed == 7
        assert engine.hubspot.account.contacts() == []


async def test_a_tour_over_events_that_are_not_its_own_throws_none_of_them_away(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    async with opened(tour=_tour(tmp_path, "[{say: one}]"), origin="events.jsonl") as screen:
        engine.run(100)
        await screen.press("escape", "T")
        assert engine.counts.taken == 100


async def test_grant_never_takes_consent_back(engine: Engine, opened: Opened, tmp_path: Path) -> None:
    tour = _tour(
        tmp_path,
        "[{say: one}, {say: two, do: ['select outcome:denied', grant]}, "
        "{say: three, do: ['select outcome:flushed not is:batch', grant]}]",
    )

    async with opened(tour=tour) as screen:
        engine.run(300)
        await screen.press("right")
        assert list(engine.consents.values()) == [True]
        engine.flush().result()
        await screen.press("right")
        assert list(engine.consents.values()) == [True]
        assert "does not wait for consent" in screen.said()


async def test_details_are_opened_where_they_were_closed(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    tour = _tour(
        tmp_path, "[{say: one}, {say: two, do: [details]}, {say: three}, {say: four, point: detail}]"
    )

    for width, height in ((160, 50), (80, 24)):
        async with opened(tour=tour, width=width, height=height) as screen:
            engine.run(20)
            await screen.tick()
            seen = []
            for key in ("enter" if width > 110 else "left", "right", "right", "enter", "right"):
                await screen.press(key)
                seen.append(screen.app.live.detail.display)
            assert seen == [False, True, width > 110, width < 110, True]


async def test_filter_is_of_the_stream_whichever_view_a_step_shows(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    tour = _tour(
        tmp_path, "[{say: one, do: [view hubspot, 'filter outcome:failed']}, {say: two, do: [filter]}]"
    )

    async with opened(tour=tour) as screen:
        engine.run(100)
        await screen.press("1")
        assert screen.app.live.stream.count() == 0
        assert "filter: outcome:failed" in screen.text()
        await screen.press("3", "right")
        await screen.press("1")
        assert screen.app.live.stream.count() > 90


async def test_a_tour_says_what_did_happen_in_figures_and_where_a_row_did_not_come(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    tour = _tour(
        tmp_path,
        "[{say: '{taken} taken, {person} and {unknown} {a.b}'}, "
        "{say: it came, missed: 'it did not come, {failed} failed', wait: {row: 'outcome:failed', within: 1}}]",
    )

    async with opened(tour=tour) as screen:
        engine.run(20)
        screen.app.tour.draw()
        await screen.tick()
        assert "20 taken, this visitor and {unknown} {a.b}" in screen.text()
        await screen.press("right")
        assert "it came" in screen.text()
        screen.app.tour.tick(2)
        await screen.tick()
        assert "it did not come, 0 failed" in screen.text()


async def test_a_small_screen_has_a_text_of_its_own(opened: Opened, tmp_path: Path) -> None:
    tour = _tour(tmp_path, "[{say: on the right, small: press enter}]")

    async with opened(tour=tour, width=80, height=24) as screen:
        assert "press enter" in screen.text()
    async with opened(tour=tour, width=160, height=50) as screen:
        assert "on the right" in screen.text()


async def test_a_step_claims_nothing_before_it_happened_and_its_figures_go_on(
    engine: Engine, opened: Opened, tmp_path: Path
) -> None:
    step = (
        "{say: '{delivered} arrived', awaiting: 'nothing arrived, {waiting} wait', wait: {row: 'status:204'}}"
    )
    async with opened(tour=_tour(tmp_path, f"[{{say: one}}, {step}]")) as screen:
        await screen.press("p", "right")
        assert "nothing arrived, 0 wait" in screen.text()
        engine.run(40)
        engine.flush().result()
        screen.app.live.stream.sync()
        screen.app.tour.tick(0.1)
        await screen.tick()
        delivered = engine.counts.kinds["flushed"] + engine.counts.kinds["sent"]
        assert f"{delivered} arrived" in screen.text()
        engine.run(40)
        engine.flush().result()
        screen.app.tour.tick(1.0)
        await screen.tick()
        more = engine.counts.kinds["flushed"] + engine.counts.kinds["sent"]
        assert more > delivered
        assert f"{more} arrived" in screen.text()


@pytest.mark.parametrize("late", [False, True])
async def test_the_step_recovered_says_how_many_whether_it_is_reached_at_once_or_late(
    engine: Engine, opened: Opened, late: bool
) -> None:
    tour = default_tour()
    titles = [step.title for step in tour.steps]

    async with opened(tour=tour) as screen:
        player = screen.app.tour
        await screen.press("p")
        engine.pause()
        engine.set_batch(12).result()
        engine.run(60)
        while player.number < titles.index("A bad morning"):
            player.turn(1)
        engine.pause()
        if late:
            engine.run(60)
            engine.flush().result()
            assert engine.counts.recovered
        player.turn(1)
        await screen.settle()
        if not late:
            assert "Recovered so far" not in screen.text()
            assert "waits in the outbox" in screen.text()
            engine.run(60)
            engine.flush().result()
        player.tick(0.1)
        await screen.tick()
        assert f"Recovered so far: {engine.counts.recovered};" in screen.text()
        assert engine.counts.recovered
