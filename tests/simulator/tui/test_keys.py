"""Every key does what the help says, and every view opens at every size."""

from __future__ import annotations

import itertools
import json
import shlex
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.hubspot.faults.fault_board import Fault
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.app import SimulatorApp
from simulator.tui.config_watch import ConfigWatch
from simulator.tui.widgets.lines import LineList
from simulator.tui.widgets.modals import HelpScreen, Question
from tests.simulator.tui.conftest import Opened, Screenful, direct


async def drive(opened: Opened, script: Callable[[Screenful], Awaitable[None]], **options: Any) -> None:
    async with opened(**options) as screenful:
        await script(screenful)


@pytest.mark.parametrize(("width", "height"), [(80, 24), (110, 34), (160, 50), (250, 80), (40, 12)])
async def test_every_view_opens_at_every_size(
    engine: Engine, opened: Opened, width: int, height: int
) -> None:
    engine.run(60)

    async def script(screen: Screenful) -> None:
        for key in "12345":
            await screen.press(key)
            assert len(screen.text().splitlines()) == height

    await drive(opened, script, width=width, height=height)


async def test_the_words_for_every_outcome_stand_on_the_live_view(engine: Engine, opened: Opened) -> None:
    engine.run(300)

    async def script(screen: Screenful) -> None:
        text = screen.text()
        for word in ("flushed", "queued", "identified", "skipped", "ignored", "denied", "failed"):
            assert word in text
        assert "where every value came from" in text or "the event" in text

    await drive(opened, script)


async def test_space_pauses_and_goes_on(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        assert "paused" in screen.text()
        await screen.press("space")
        assert not engine.paused
        await screen.press("space")
        assert engine.paused

    await drive(opened, script)


async def test_a_full_stop_takes_one_event(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("full_stop")
        await screen.until(lambda: engine.counts.taken == 1)
        await screen.press("full_stop", "full_stop")
        await screen.until(lambda: engine.counts.taken == 3)

    await drive(opened, script)


async def test_plus_and_minus_change_the_rate(engine: Engine, opened: Opened) -> None:
    engine.set_rate(4)

    async def script(screen: Screenful) -> None:
        await screen.press("plus")
        assert engine.rate.per_second == 8
        await screen.press("minus", "minus")
        assert engine.rate.per_second == 2

    await drive(opened, script)


async def test_a_filter_shows_what_it_takes_and_says_what_is_wrong(engine: Engine, opened: Opened) -> None:
    engine.run(200)

    async def script(screen: Screenful) -> None:
        await screen.press("slash")
        assert isinstance(screen.app.screen, Question)
        await screen.press(*"outcome:skiped")
        assert "did you mean skipped?" in screen.text()
        await screen.press("enter")
        assert isinstance(screen.app.screen, Question)
        await screen.press("backspace", "backspace", *"ped", "enter")
        rows = screen.app.live.stream.shown()
        assert rows
        assert {row.kind for row in rows} == {"skipped"}
        assert screen.app.live.stream.count() == len(rows)
        await screen.press("escape")
        assert screen.app.live.stream.count() == len(engine.ring)

    await drive(opened, script)


async def test_rows_that_change_enter_and_leave_a_filtered_stream(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("slash", *"outcome:queued", "enter")
        for _ in range(30):
            engine.run(7)
            await screen.tick(1)
            stream = screen.app.live.stream
            assert stream.count() == engine.queued == len(stream.shown())

    await drive(opened, script)


async def test_the_stream_stays_where_it_was_read_while_events_come(engine: Engine, opened: Opened) -> None:
    engine.run(100)

    async def script(screen: Screenful) -> None:
        await screen.tick()
        await screen.press("up", "up", "up")
        chosen = screen.app.live.stream.chosen
        engine.run(300)
        await screen.tick()
        assert screen.app.live.stream.chosen == chosen
        await screen.press("f")
        assert screen.app.live.stream.chosen == engine.ring.next - 1
        await screen.press("home")
        assert screen.app.live.stream.chosen == engine.ring.first
        await screen.press("pagedown", "end")
        assert screen.app.live.stream.follow

    await drive(opened, script)


@direct
async def test_n_goes_to_the_failures(engine: Engine, opened: Opened) -> None:
    engine.run(50)
    engine.throw(*_faults("503:count=3"))
    engine.run(100)

    async def script(screen: Screenful) -> None:
        await screen.press("3", "N")
        row = screen.app.live.stream.row
        assert row is not None
        assert row.kind == "failed"
        assert "503" in screen.text()

    await drive(opened, script)


async def test_batches_are_switched_sized_and_flushed(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        batches = []
        for _ in range(2):
            await screen.press("b")
            batches.append(engine.config.batch)
        assert batches == [False, True]
        await screen.press("B", "backspace", "backspace", *"200", "enter")
        assert engine.config.batch_size == 200
        engine.run(150)
        assert engine.queued > 0
        await screen.press("F")
        assert engine.queued == 0
        assert engine.reconcile().agree

    await drive(opened, script)


async def test_consent_of_a_person_lets_their_events_go(engine: Engine, opened: Opened) -> None:
    engine.run(200)
    denied = next(row for row in engine.ring.rows() if row.kind == "denied" and "@" in row.person)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        stream.follow = False
        stream.go(stream.index(denied.number))
        await screen.press("c")
        assert denied.kind != "denied"
        assert "granted on this screen" in screen.text()
        assert engine.reconcile().agree
        await screen.press("c")
        assert engine.consents[denied.person] is False
        assert "refused on this screen" in screen.text(), "nobody has to remember whom they refused for"

    await drive(opened, script)


async def test_a_person_s_consent_can_be_left_to_the_events_again(engine: Engine, opened: Opened) -> None:
    engine.run(200)
    denied = next(row for row in engine.ring.rows() if row.kind == "denied" and "@" in row.person)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        stream.follow = False
        stream.go(stream.index(denied.number))
        said = []
        for _ in range(3):
            await screen.press("c")
            said.append(engine.consents.get(denied.person))
        assert said == [True, False, None]

    await drive(opened, script)


@direct
async def test_a_flush_that_hubspot_refuses_is_not_called_a_flush(engine: Engine, opened: Opened) -> None:
    while engine.queued < 3:
        engine.run(1)
    waits = engine.queued
    engine.throw(*_faults("503"))

    async def script(screen: Screenful) -> None:
        await screen.press("F")
        await screen.until(lambda: "HubSpot took no event" in screen.said())
        assert f"{waits} events delivered" not in screen.said()
        await screen.press("b")
        await screen.until(lambda: f"HubSpot did not take {waits} events" in screen.said())

    await drive(opened, script)


async def test_keys_for_an_event_do_nothing_to_one_that_is_not_on_the_screen(
    engine: Engine, opened: Opened
) -> None:
    engine.run(200)
    denied = next(row for row in engine.ring.rows() if row.kind == "denied" and "@" in row.person)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        stream.follow = False
        stream.go(stream.index(denied.number))
        for view in "345":
            await screen.press(view, "c", "k", "y", "u", "r")
            assert "event of the Live view" in screen.said()
        assert engine.consents == {}
        assert not denied.pinned
        assert screen.app.clipboard == ""
        await screen.press("1")
        screen.app.navigation.search_for("outcome:sent")
        stream.chosen = denied.number
        await screen.press("c")
        assert engine.consents == {}, "it is filtered away"

    await drive(opened, script)


@direct
async def test_n_begins_again_at_the_first_failure_after_the_last(engine: Engine, opened: Opened) -> None:
    engine.throw(*_faults("503:count=2"))
    engine.run(300)
    failed = [row.number for row in engine.ring.rows() if row.kind == "failed"]

    async def script(screen: Screenful) -> None:
        await screen.press("n")
        assert screen.app.live.stream.chosen == failed[0]
        await screen.press("N")
        assert screen.app.live.stream.chosen == failed[-1]

    await drive(opened, script)


async def test_what_came_once_is_not_thrown_away_by_one_key(engine: Engine, opened: Opened) -> None:
    engine.run(20)

    async def script(screen: Screenful) -> None:
        await screen.press("z")
        assert "would be lost" in screen.text()
        await screen.press("enter", "escape")
        assert engine.counts.taken == 20
        await screen.press("s")
        assert "there is no seed" in screen.said()
        await screen.press("z", *"yes", "enter")
        await screen.until(lambda: engine.counts.taken == 0)

    await drive(opened, script, once=True, origin="http://127.0.0.1:8090/collect")


async def test_where_events_are_to_be_sent_stands_on_the_screen(tmp_path: Path) -> None:
    where = "http://127.0.0.1:8090/collect"

    with Engine(story_config(), simulated=True, source=lambda _: itertools.repeat(None), rate=0) as engine:
        app = SimulatorApp(engine, title="mine", ticking=False, folder=tmp_path, origin=where)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.press("space")
            text = screen.text()
            assert text.count(where) == 2
            assert "space starts the stream" not in text
            assert "seed" not in text.splitlines()[1]


@direct
async def test_what_failed_is_run_again(engine: Engine, opened: Opened) -> None:
    engine.set_batch(0).result()
    engine.throw(*_faults("503"))
    engine.run(100)
    failed = engine.counts.kinds["failed"]

    async def script(screen: Screenful) -> None:
        await screen.press("N", "x", "r")
        assert engine.counts.kinds["failed"] == failed - 1
        await screen.press("R")
        assert engine.counts.kinds["failed"] == 0
        assert engine.reconcile().agree

    await drive(opened, script)


async def test_calls_are_copied_as_json_and_as_curl_that_works_as_it_stands(
    engine: Engine, opened: Opened
) -> None:
    while not engine.queued:
        engine.run(1)

    async def script(screen: Screenful) -> None:
        row = screen.app.live.stream.row
        assert row is not None
        assert row.kind == "queued"
        await screen.press("y")
        assert json.loads(screen.app.clipboard)[-1][0] == "events.send.basicApi.send"
        await screen.press("u")
        before = len(engine.hubspot.account.occurrences)
        comment, *commands = screen.app.clipboard.split("\n\n")
        assert comment.startswith("#")
        assert "$HUBSPOT_ACCESS_TOKEN" in comment
        words = shlex.split(commands[-1].replace("\\\n", " "))
        method, url, data = words[3], words[4], words[words.index("-d") + 1]
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        asked = urllib.request.Request(url, data.encode(), headers, method=method)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.status == 204
        engine.hubspot.clock.skip(10)
        assert len(engine.hubspot.account.occurrences) == before + 1
        books = engine.reconcile()
        assert (books.by_hand, books.problems) == (1, [])

    await drive(opened, script)


async def test_screenshot_report_and_rows_are_written(engine: Engine, opened: Opened, tmp_path: Path) -> None:
    engine.run(40)

    async def script(screen: Screenful) -> None:
        await screen.press("e", "E")
        await screen.until(lambda: any(tmp_path.glob("*.html")))

    await drive(opened, script)
    assert next(tmp_path.glob("*.svg")).read_text().startswith("<svg")
    assert next(tmp_path.glob("*.html")).read_text().startswith("<!doctype html>")
    lines = next(tmp_path.glob("*.jsonl")).read_text().splitlines()
    assert len(lines) == len(engine.ring)
    assert "pat-na1-0000" not in "".join(lines)


async def test_a_seed_begins_anew_and_is_the_same_stream(engine: Engine, opened: Opened) -> None:
    engine.run(50)
    before = [row.event for row in engine.ring.rows() if row.event]

    async def script(screen: Screenful) -> None:
        await screen.press("z")
        assert len(engine.ring) == 0
        engine.run(50)
        assert [row.event for row in engine.ring.rows() if row.event] == before
        await screen.press("s", "backspace", *"42", "enter")
        assert engine.seed == 42
        assert engine.counts.taken == 0

    await drive(opened, script)


async def test_help_theme_and_details_answer(engine: Engine, opened: Opened) -> None:
    engine.run(5)

    async def script(screen: Screenful) -> None:
        await screen.press("question_mark")
        assert isinstance(screen.app.screen, HelpScreen)
        await screen.press("end")
        assert "outcome:failed" in screen.text()
        await screen.press("escape", "t")
        assert screen.app.theme == "paper"
        await screen.press("t", "t")
        assert screen.app.theme == "harbour"
        shown = [screen.app.live.detail.display]
        await screen.press("enter")
        shown.append(screen.app.live.detail.display)
        assert shown == [False, True]
        assert "taken" in screen.text()

    await drive(opened, script, width=80, height=24)


async def test_an_account_of_many_contacts_is_not_read_through_twice_a_second_but_answers_a_search_at_once(
    engine: Engine, opened: Opened
) -> None:
    async with opened() as screen:
        for number in range(12_000):
            engine.hubspot.account.add_contact({"email": f"p{number}@example.org"}, now=1.0)
        await screen.press("3")
        board = screen.app.views["hubspot"].main()
        assert isinstance(board, LineList)
        drawn = board.lines
        screen.app.view.tick(5)
        assert board.lines is drawn
        screen.app.view.tick(15)
        assert board.lines is not drawn
        await screen.press("slash", *"p11999", "enter")
        assert "p11999@example.org" in screen.text()


async def test_the_pages_of_hubspot_turn_and_are_searched(engine: Engine, opened: Opened) -> None:
    engine.run(300)

    async def script(screen: Screenful) -> None:
        await screen.press("3")
        assert "timeline" in screen.text()
        await screen.press("tab")
        assert "pe12345678_order" in screen.text()
        await screen.press("tab")
        assert "/events/v3/send/batch" in screen.text()
        await screen.press("slash", *"nothing like it", "enter")
        assert "no request matches" in screen.text()
        await screen.press("escape", "shift+tab", "shift+tab")
        assert "contacts" in screen.text()

    await drive(opened, script)


async def test_faults_are_thrown_and_cleared_from_the_screen(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("5", "enter")
        assert [fault.fault.label for fault in engine.faults()] == ["rate limit"]
        await screen.press("down", "enter")
        assert len(engine.faults()) == 2
        assert "struck 0 of 0" in screen.text()
        await screen.press("x")
        assert engine.faults() == ()

    await drive(opened, script)


async def test_the_documented_examples_pass_on_the_screen(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("2")
        await screen.until(lambda: len(screen.app.checks.checked) == 8)
        await screen.tick()
        assert "8 of 8 pass" in screen.text()
        assert "exactly as documented" in screen.text()

    await drive(opened, script)


async def test_the_step_examples_of_a_flow_are_checked_beside_the_documented_ones(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("2")
        await screen.until(lambda: len(screen.app.checks.checked) == 11)
        await screen.tick()
        assert "Your flow's step examples" in screen.text()
        assert "8 of 8 pass" in screen.text()
        assert "3 of 3 pass" in screen.text(), "one's own are counted apart"
        await screen.press("end")
        assert "Noise" in screen.text()

    flow = Path(__file__).parents[3] / "examples" / "flow.json"
    await drive(opened, script, watch=ConfigWatch(flow))


async def test_the_command_palette_offers_everything(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        names = {command.title for command in screen.app.get_system_commands(screen.app.screen)}
        assert {
            "View: Faults",
            "Send what waits now",
            "Copy the calls as curl",
            "Theme: contrast",
            "Help",
        } <= names
        await screen.pilot.press("ctrl+p", "pagedown", "pageup")  # at once: before the list is laid out
        await screen.settle()
        assert screen.app.is_running
        assert "Search for commands" in screen.text()

    await drive(opened, script)


def _faults(spec: str) -> tuple[Fault, ...]:
    return (parse_fault(spec),)


async def test_a_filter_that_takes_no_row_says_so_where_the_details_are_closed(
    engine: Engine, opened: Opened
) -> None:
    engine.run(60)

    async def script(screen: Screenful) -> None:
        screen.app.navigation.search_for("event:nothing")
        await screen.settle()
        assert "No row matches the filter. esc clears it." in screen.text()
        await screen.press("escape")
        assert "No row matches" not in screen.text()

    await drive(opened, script, width=80, height=24)


async def test_a_fault_has_the_same_name_wherever_it_is_told(engine: Engine, opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("5", "down", "enter")
        assert engine.faults()[0].fault.label == "unavailable"
        assert "⚡ unavailable" in screen.text()
        assert "⚡unavailable" in screen.text()
        assert "HubSpot is down for ten seconds (503:for=10s)" in screen.said()

    await drive(opened, script)
