"""What an engineer asks of the screen, and would be misled by: the answers are those of the engine."""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.cells import cell_len

from hubspot_dest.config.model import Config
from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.tui.config_watch import ConfigWatch
from simulator.tui.exports import json_rows
from simulator.tui.theme import PALETTES
from simulator.tui.widgets.lines import LineList, TextLine, text_of
from simulator.tui.widgets.row_detail import detail_lines
from tests.simulator.tui.conftest import Opened, Screenful


async def drive(opened: Opened, script: Callable[[Screenful], Awaitable[None]], **options: Any) -> None:
    async with opened(**options) as screenful:
        await script(screenful)


async def test_details_go_back_to_their_first_line_and_stay_where_they_are_clicked(
    engine: Engine, opened: Opened
) -> None:
    engine.run(60)

    async def script(screen: Screenful) -> None:
        detail = screen.app.live.detail
        detail.focus()
        await screen.press("end")
        assert detail.scroll_offset.y > 0
        await screen.press("home")
        assert detail.scroll_offset.y == 0
        await screen.press("down", "down")
        assert detail.scroll_offset.y == 2
        await screen.pilot.click(detail, offset=(5, 10))
        await screen.settle()
        assert detail.scroll_offset.y == 2, "a click does not scroll"

    await drive(opened, script, height=34)


async def test_the_scrollbar_of_the_details_goes_where_it_is_dragged(engine: Engine, opened: Opened) -> None:
    engine.run(60)

    async def script(screen: Screenful) -> None:
        detail = screen.app.live.detail
        detail.focus()
        bar = (detail.gutter.left + detail.room, detail.gutter.top)
        bottom = detail.gutter.top + detail.size.height - 1
        await screen.pilot.mouse_down(detail, offset=(bar[0], bottom))
        await screen.pilot.mouse_up(detail, offset=(bar[0], bottom))
        await screen.settle()
        assert detail.scroll_offset.y == detail.max_scroll_y
        await screen.pilot.mouse_down(detail, offset=bar)
        await screen.pilot.mouse_up(detail, offset=bar)
        await screen.settle()
        assert detail.scroll_offset.y == 0

    await drive(opened, script, height=34)


async def test_a_search_finds_rules_properties_and_examples_or_says_that_there_is_nothing_to_search(
    engine: Engine, opened: Opened
) -> None:
    engine.run(300)

    async def script(screen: Screenful) -> None:
        await screen.press("4")
        assert "page view" in screen.text()
        await screen.press("slash", *"data.total", "enter")
        text = screen.text()
        assert "search: data.total" in text
        assert "order complete" in text
        assert "page view" not in text.split("the rule")[0], "other rules are out of the way"
        await screen.press("slash", *"nowhere", "enter")
        assert "no rule matches" in screen.text()
        await screen.press("escape", "2", "slash", *"wildcard", "enter")
        assert "wildcard ignored" in screen.text()
        assert "object id association" not in screen.text()
        await screen.press("5", "slash")
        assert "has no search" in screen.said()
        assert len(screen.app.screen_stack) == 1

    await drive(opened, script)


async def test_an_example_that_fails_is_not_counted_against_the_documented_ones(
    opened: Opened, tmp_path: Path
) -> None:
    flow = (Path(__file__).parents[3] / "examples" / "flow.json").read_text()
    path = tmp_path / "flow.json"
    path.write_text(flow.replace('"revenue": "99.5",', '"revenue": "99.5", "coupon": "SAVE10",'))

    async def script(screen: Screenful) -> None:
        await screen.press("2")
        await screen.until(lambda: len(screen.app.checks.checked) == 11)
        await screen.tick()
        assert "8 of 8 pass" in screen.text()
        assert "2 of 3 pass" in screen.text()
        await screen.press(*["down"] * 8)
        text = screen.text()
        assert "expected calls" in text
        assert '"SAVE10"' in text
        assert "│ nothing" in text, "what did not come is not text"

    await drive(opened, script, watch=ConfigWatch(path))


async def test_an_example_without_an_expectation_is_listed_and_a_difference_is_told_once(
    opened: Opened, tmp_path: Path
) -> None:
    flow = json.loads((Path(__file__).parents[3] / "examples" / "flow.json").read_text())
    entry = flow["flows"]["shop"]["destinations"]["hubspot"]
    entry["config"]["mapping"]["order"]["complete"]["settings"]["properties"]["map"]["revenue"] = "data.totl"
    del entry["examples"]["noise"]["out"]
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(flow))

    async def script(screen: Screenful) -> None:
        await screen.press("2")
        await screen.until(lambda: len(screen.app.checks.own) == 3)
        await screen.tick()
        assert "1 of 2 pass" in screen.text()
        await screen.press("G")
        assert screen.text().count("no expectation") + screen.text().count("No expectation") == 2
        await screen.press("up", "up")
        assert "✘ 1 difference" in screen.text()

    await drive(opened, script, watch=ConfigWatch(path))


def details(config: dict[str, Any], event: dict[str, Any], width: int, *, parity: bool = False) -> str:
    with Engine(Config.strict(config), parity=parity, source=lambda _: iter([event])) as engine:
        engine.run(1)
        row = engine.ring.get(0)
        assert row is not None
        lines = detail_lines(engine, row, PALETTES["harbour"], width)
        return text_of([TextLine(line.pieces) for line in lines if cell_len(text_of([line])) <= width])


def test_why_a_value_did_not_come_out_is_not_what_a_narrow_screen_cuts_off() -> None:
    phone = {"key": "user.phone_number_of_the_office", "consent": {"marketing": True}}
    config = {
        "settings": {"eventNamePrefix": "pe1_"},
        "mapping": {"page": {"view": {"settings": {"properties": {"map": {"a_long_property_name": phone}}}}}},
    }
    event = {"name": "page view", "user": {"email": "ada@example.org"}}
    assert "consent missing" in details(config, event, 60)
    assert "consent missing" in details(config, event, 200)


def test_an_event_that_failed_in_the_mapping_does_not_say_that_it_was_sent() -> None:
    throws = {"condition": "$code:() => { throw new Error('no total') }"}
    config = {"settings": {"eventNamePrefix": "pe1_"}, "mapping": {"order": {"complete": [throws]}}}
    text = details(config, {"name": "order complete", "user": {"email": "ada@example.org"}}, 80, parity=True)
    assert "sent under its own name" not in text
    assert "the mapping failed on this event" in text
    assert "it failed at the rule order complete [1]" in text
    assert "\nno total\n" in text, "what was thrown stands alone, without a word of ours before it"


async def test_an_empty_stream_says_why_where_there_is_no_room_for_details(
    engine: Engine, opened: Opened
) -> None:
    async def script(screen: Screenful) -> None:
        assert "space starts the stream" in screen.text()
        engine.run(20)
        await screen.tick()
        assert "space starts the stream" not in screen.text()
        await screen.press("slash", *"person:nobody-at-all", "enter")
        assert "No row matches the filter" in screen.text()

    await drive(opened, script, width=80, height=24)


async def test_beginning_anew_follows_what_comes_and_nothing_waits_for_events_that_are_there(
    engine: Engine, opened: Opened
) -> None:
    engine.run(100)

    async def script(screen: Screenful) -> None:
        await screen.press("home")
        assert screen.app.live.stream.chosen == 0
        await screen.press("z")
        await screen.until(lambda: engine.counts.taken == 0)
        await screen.tick()
        engine.run(100)
        await screen.tick()
        assert screen.app.live.stream.follow
        assert screen.app.live.stream.row is not None

    await drive(opened, script)


def exported(config: Config, seed: int, **options: Any) -> list[str]:
    with Engine(config, seed=seed, **options) as engine:
        engine.run(120)
        return list(json_rows(engine, engine.ring.rows()))


def test_two_exports_of_the_same_stream_are_the_same_and_diff_shows_what_a_mapping_changes() -> None:
    config = story_config()
    first = exported(config, 3)
    assert exported(config, 3) == first
    raw = copy.deepcopy(config.raw)
    views = raw["mapping"]["page"]["view"]["settings"]["properties"]["map"]
    views["page_title"] = {"value": "other"}
    views = dict(reversed(views.items()))
    raw["mapping"]["page"]["view"]["settings"]["properties"]["map"] = views
    second = exported(Config.strict(raw), 3)
    pairs = [(json.loads(old), json.loads(new)) for old, new in zip(first, second, strict=True) if old != new]
    assert {old["name"] for old, _ in pairs} == {"page view"}
    for old, new in pairs:
        assert old["calls"] != new["calls"]
        assert {**old, "calls": []} == {**new, "calls": []}


def test_an_export_has_the_calls_of_events_that_went_out_and_none_of_those_that_did_not() -> None:
    for item in map(json.loads, exported(story_config(), 3)):
        if (
            item["outcome"] in ("ignored", "denied")
            or item["reason"] == "no_identity"
            or item["event"] is None
        ):
            assert item["calls"] == []
        else:
            assert item["calls"], item


async def test_rows_that_come_while_nothing_is_chosen_are_not_waited_for(
    engine: Engine, opened: Opened
) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("f")
        engine.run(100)
        await screen.tick()
        assert "Nothing yet" not in screen.text()
        assert "No row is chosen" in screen.text()
        await screen.press("down")
        assert screen.app.live.stream.row is not None
        await screen.tick()
        assert "No row is chosen" not in screen.text()

    await drive(opened, script)


async def test_g_and_capital_g_go_to_the_ends_of_every_list_as_in_less_and_vim(
    engine: Engine, opened: Opened
) -> None:
    engine.run(200)

    async def script(screen: Screenful) -> None:
        stream = screen.app.live.stream
        await screen.press("g")
        assert stream.chosen == 0
        await screen.press("j", "j")
        assert stream.chosen == 2
        await screen.press("G")
        assert stream.follow
        assert stream.chosen == engine.ring.next - 1
        detail = screen.app.live.detail
        detail.focus()
        await screen.press("G")
        assert detail.scroll_offset.y == detail.max_scroll_y > 0
        await screen.press("g")
        assert detail.scroll_offset.y == 0
        for key, board in (("2", "#examples"), ("3", ".left"), ("4", "#rules"), ("5", ".left")):
            await screen.press(key, "G")
            lines = screen.app.query_one(f"#{screen.app.header.view} {board}", LineList)
            last = lines.cursor
            assert all(line.key is None for line in lines.lines[last + 1 :])
            await screen.press("g")
            assert all(line.key is None for line in lines.lines[: lines.cursor])

    await drive(opened, script, height=34)
