"""From a rule to its events and from an event to its rule: nobody has to type what stands on the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.config.model import Config
from simulator.engine.engine import Engine
from simulator.tui.app import SimulatorApp
from simulator.tui.theme import PALETTES
from simulator.tui.widgets.lines import text_of
from simulator.tui.widgets.row_detail import detail_lines
from tests.simulator.tui.conftest import Opened, Screenful

ADA = {"email": "ada@example.org"}
BIG = {"condition": "$code:(event) => event.data.total > 100", "settings": {"eventName": "big"}}
REST = {"settings": {"properties": {"map": {"revenue": "data.total", "coupon": "data.coupon"}}}}
CONFIG = {
    "settings": {"eventNamePrefix": "pe1_", "defaultProperties": {"source": "walkerOS", "revenue": 0}},
    "policy": {"custom.site": {"value": "shop"}, "custom.lost": "data.nowhere"},
    "mapping": {
        "page": {"view": {"settings": {"properties": {"map": {"title": "data.title"}}}}},
        "order": {"complete": [BIG, REST], "cancel": {"ignore": True}},
    },
}
EVENTS: list[dict[str, Any]] = [
    {"name": "page view", "user": ADA, "data": {"title": "Home"}},
    {"name": "order complete", "user": ADA, "data": {"total": 500}},
    {"name": "order complete", "user": ADA, "data": {"total": 5, "coupon": "X"}},
    {"name": "order complete", "user": ADA, "data": {"total": 6}},
    {"name": "Page view", "user": ADA, "data": {"title": "Home"}},
    {"name": "promo seen", "user": ADA},
]


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(Config.strict(CONFIG), source=lambda _: iter(EVENTS)) as engine:
        engine.run(len(EVENTS))
        yield engine


async def drive(opened: Opened, script: Callable[[Screenful], Awaitable[None]], **size: int) -> None:
    async with opened(**size) as screenful:
        await script(screenful)


async def stand_on(screen: Screenful, text: str) -> None:
    """Put the cursor of the mapping on the first line that has a text."""
    board = screen.app.mapping.rules
    at = next(
        index
        for index, line in enumerate(board.lines)
        if line.key is not None and text in "".join(piece for piece, _ in line.pieces)
    )
    board.go(at)
    await screen.settle()


def shown(app: SimulatorApp) -> list[int]:
    return [row.number for row in app.live.stream.shown()]


@pytest.mark.parametrize(
    ("line", "filter_text", "rows"),
    [
        ("order complete [1]", 'rule:="order complete [1]"', [1]),
        ("order complete [2]", 'rule:="order complete [2]"', [2, 3]),
        ("page view", 'rule:="page view"', [0]),
        ("coupon", 'rule:="order complete [2]" data.coupon:none', [3]),
        ("title", 'rule:="page view"', [0]),
        ("Page view", 'rule:none event:="Page view"', [4]),
        ("promo seen", 'rule:none event:="promo seen"', [5]),
    ],
)
async def test_enter_on_a_line_of_the_mapping_shows_its_events_and_esc_all_of_them_again(
    opened: Opened, line: str, filter_text: str, rows: list[int]
) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("4")
        await stand_on(screen, line)
        await screen.press("enter")
        assert screen.app.header.view == "live"
        assert screen.app.live.search == filter_text
        assert filter_text in screen.text(), "whoever wants another filter sees how this one is written"
        assert shown(screen.app) == rows
        await screen.press("slash", "enter")
        assert shown(screen.app) == rows, "the filter can be opened, and taken as it stands"
        await screen.press("escape")
        assert len(shown(screen.app)) == len(EVENTS)

    await drive(opened, script)


async def test_what_is_for_every_event_has_no_filter_and_says_so(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("4")
        await stand_on(screen, "custom.site")
        await screen.press("enter")
        assert screen.app.header.view == "mapping"
        assert "concerns every event" in screen.said()

    await drive(opened, script)


@pytest.mark.parametrize(
    ("row", "key"), [(1, "order complete [1]"), (2, "order complete [2]"), (5, "promo seen")]
)
@pytest.mark.parametrize("size", [(160, 50), (80, 24)])
async def test_m_goes_from_an_event_to_its_rule_even_if_a_search_hid_it(
    opened: Opened, row: int, key: str, size: tuple[int, int]
) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("4", "slash", *"title", "enter", "1")
        screen.app.live.stream.go(row)
        await screen.press("m")
        assert screen.app.header.view == "mapping"
        board = screen.app.mapping.rules
        assert key in "".join(piece for piece, _ in board.lines[board.cursor].pieces)
        assert key in screen.text()
        assert "title" not in screen.app.header.filter_text
        await screen.press("enter")
        assert row in shown(screen.app)

    await drive(opened, script, width=size[0], height=size[1])


async def test_m_without_an_event_says_how_to_choose_one(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("4", "m")
        assert "press 1, and select one" in screen.said()

    await drive(opened, script)


async def test_m_says_that_no_rule_was_looked_for_where_consent_is_missing(
    opened: Opened, tmp_path: Path
) -> None:
    config = Config.strict({**CONFIG, "consent": {"marketing": True}})

    with Engine(config, source=lambda _: iter(EVENTS)) as engine:
        engine.run(len(EVENTS))
        app = SimulatorApp(engine, title="shop.yaml", ticking=False, folder=tmp_path)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.tick()
            await screen.press("m")
            assert app.header.view == "live"
            assert "no rule was looked up" in screen.said()
            app.navigation.search_for("rule:none")
            assert shown(app) == [], "nobody knows whether a rule would have matched"


async def test_a_misspelt_event_is_told_its_rule_in_the_mapping(opened: Opened) -> None:
    async def script(screen: Screenful) -> None:
        await screen.press("4")
        await stand_on(screen, "Page view")
        assert "only capital letters apart" in screen.text()
        await stand_on(screen, "promo seen")
        assert "nearest by name" not in screen.text()

    await drive(opened, script)


async def test_the_policy_and_the_default_properties_stand_in_the_mapping_with_what_they_did(
    engine: Engine, opened: Opened
) -> None:
    hits = engine.event_log.coverage
    assert [(property_hits.resolved, property_hits.asked) for property_hits in hits.policy.values()] == [
        (6, 6),
        (0, 6),
    ]
    sent = sum(row.kind in ("sent", "queued", "flushed") for row in engine.ring.rows())
    assert [(default.resolved, default.asked) for default in hits.defaults.values()] == [
        (sent, sent),
        (sent - 2, sent),
    ]

    async def script(screen: Screenful) -> None:
        await screen.press("4")
        text = screen.text()
        assert "policy, for every event" in text
        assert "default properties" in text
        await stand_on(screen, "custom.lost")
        text = screen.text()
        assert "✘ never resolved" in next(line for line in text.splitlines() if "custom.lost  " in line[:40])
        assert "the policy" in text
        assert "custom.lost  data.nowhere" in text
        await screen.press("slash", *"custom.site", "enter")
        assert "custom.lost" not in screen.text().split("the policy")[0]

    await drive(opened, script)


def detail_of(engine: Engine, number: int, width: int = 100) -> list[str]:
    row = engine.ring.get(number)
    assert row is not None
    return text_of(detail_lines(engine, row, PALETTES["harbour"], width)).splitlines()


def test_the_details_say_what_every_rule_of_a_list_answered(engine: Engine) -> None:
    lines = detail_of(engine, 2)
    at = next(index for index, line in enumerate(lines) if "which rule" in line)
    assert lines[at + 1].split() == [
        "✘",
        "order",
        "complete",
        "[1]",
        "false",
        "(event)",
        "=>",
        "event.data.total",
        ">",
        "100",
    ]
    assert lines[at + 2].split() == ["✔", "order", "complete", "[2]", "no", "condition"]
    lines = detail_of(engine, 1)
    at = next(index for index, line in enumerate(lines) if "which rule" in line)
    assert "holds" in lines[at + 1]
    assert "never asked" in lines[at + 2]


def test_the_details_of_an_event_without_a_rule_name_the_one_that_it_meant(engine: Engine) -> None:
    said = "\n".join(detail_of(engine, 4))
    assert "page view  only capital letters apart" in said
    assert "nearest by name" not in "\n".join(detail_of(engine, 5))


def test_an_event_that_had_no_choice_of_rules_is_not_told_of_any(engine: Engine) -> None:
    assert "which rule" not in "\n".join(detail_of(engine, 0))


async def test_an_identify_that_is_a_function_stands_in_the_mapping_too(tmp_path: Path) -> None:
    contact = {"fn": "$code:(event) => ({ email: event.user.email, properties: { site: 'shop' } })"}
    config = Config.strict({**CONFIG, "settings": {"eventNamePrefix": "pe1_", "identify": contact}})

    with Engine(config, source=lambda _: iter(EVENTS)) as engine:
        engine.run(len(EVENTS))
        app = SimulatorApp(engine, title="shop.yaml", ticking=False, folder=tmp_path)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.press("4")
            line = next(text for text in screen.text().splitlines() if "identify" in text)
            assert "● identify" in line
            assert line.split("identify")[1].split()[0] == "6"


async def test_m_goes_to_the_rule_at_which_the_mapping_failed(tmp_path: Path) -> None:
    throws = {"condition": "$code:(event) => event.data.customer.type === 'b2b'"}
    config = Config.strict({**CONFIG, "mapping": {"order": {"complete": [BIG, throws, REST]}}})

    with Engine(config, parity=True, source=lambda _: iter(EVENTS)) as engine:
        engine.run(3)
        app = SimulatorApp(engine, title="shop.yaml", ticking=False, folder=tmp_path)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.tick()
            assert "it failed at the rule order complete [2]" in screen.text()
            await screen.press("m")
            board = app.mapping.rules
            assert "order complete [2]" in "".join(piece for piece, _ in board.lines[board.cursor].pieces)


async def test_a_search_stays_with_the_view_that_it_was_typed_for(engine: Engine, opened: Opened) -> None:
    async with opened() as screen:
        await screen.press("4", "slash", *"total:(")
        screen.app.open_view("live")  # an event was chosen there just before
        await screen.press("enter")
        assert screen.app.views["mapping"].search == "total:("
        assert screen.app.live.stream.filter is None
        assert screen.app._exception is None
