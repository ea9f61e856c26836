"""What a room sees of an outage: events wait, are tried again and recover, with what walkerOS loses beside them."""

from __future__ import annotations

import re

import pytest

from simulator.engine.engine import Engine
from simulator.engine.story import story_config
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.app import SimulatorApp
from tests.simulator.tui.conftest import Opened, Screenful


async def test_an_outage_is_shown_with_the_next_try_and_then_as_recovered(
    engine: Engine, opened: Opened
) -> None:
    async with opened() as screen:
        engine.run(60)
        engine.throw(parse_fault("503:for=20s"))
        engine.run(40)
        await screen.settle()
        assert engine.next_try is not None
        text = screen.text()
        assert "next attempt in" in text
        assert "↻ retrying" in text
        assert re.search(r"[1-9]\d* attempts? failed", text), "what failed were attempts"
        assert re.search(r"✘ failed +0 ", text), "no event failed"
        assert engine.counts.kinds["failed"] == 0
        await screen.press("F")
        await screen.until(lambda: engine.queued == 0)
        await screen.tick()
        assert "✔ recovered" in screen.text()
        assert f"{engine.counts.recovered} recovered" in screen.text()
        assert engine.reconcile().agree


async def test_details_say_how_often_an_event_was_tried_and_that_walkeros_loses_it(
    engine: Engine, opened: Opened
) -> None:
    async with opened() as screen:
        engine.throw(parse_fault("503:for=20s"))
        engine.run(60)
        screen.app.navigation.search_for("is:retrying")
        await screen.settle()
        text = screen.text()
        assert "walkerOS loses this event" in text
        assert "failed; the next at" in text
        assert "503" in text
        engine.flush().result()
        screen.app.navigation.search_for("is:recovered")
        await screen.settle()
        assert "failed, then delivered" in screen.text()


async def test_an_event_that_walkeros_loses_is_told_apart_from_one_call_more(
    engine: Engine, opened: Opened
) -> None:
    async with opened() as screen:
        engine.run(200)
        await screen.settle()
        lost = [row for row in engine.ring.rows() if row.loses]
        extra = [row for row in engine.ring.rows() if row.extra_call]
        assert lost
        assert extra
        assert not {row.number for row in lost} & {row.number for row in extra}
        screen.app.navigation.search_for("is:lost")
        assert screen.app.live.stream.count() == len(lost) == engine.counts.lost_upstream
        screen.app.navigation.search_for("is:extra")
        assert screen.app.live.stream.count() == len(extra) == engine.counts.extra_upstream
        await screen.settle()
        assert "walkerOS makes one call more" in screen.text()
        assert f"walkerOS loses {len(lost)}" in screen.text()


async def test_a_pause_says_why_and_until_when(engine: Engine, opened: Opened) -> None:
    async with opened() as screen:
        engine.throw(parse_fault("401"))
        engine.run(40)
        await screen.settle()
        text = screen.text()
        assert "delivery paused" in text
        assert "paused: next attempt in" in text
        await screen.press("5")
        assert "INVALID_AUTHENTICATION" in screen.text()
        engine.clear_faults()
        await screen.press("1", "F")
        await screen.until(lambda: engine.queued == 0)
        assert "paused: next attempt" not in screen.text()


async def test_a_batch_with_a_bad_event_is_sent_in_parts_and_only_that_event_fails(
    engine: Engine, opened: Opened
) -> None:
    long = {"name": "page view", "data": {"title": "x" * 5000}, "user": {"email": "ada@example.org"}}
    good = [
        {
            "name": "page view",
            "id": f"g{n}",
            "user": {"email": "ada@example.org"},
            "consent": {"marketing": True},
        }
        for n in range(11)
    ]
    bad = {**long, "id": "bad", "consent": {"marketing": True}}

    with Engine(
        story_config(), simulated=True, source=lambda _: iter([*good[:5], bad, *good[5:]]), rate=0
    ) as shop:
        shop.run(12)
        app = SimulatorApp(shop, title="shop.yaml", ticking=False)
        async with app.run_test(size=(160, 50)) as pilot:
            screen = Screenful(app, pilot)
            await screen.press("F")
            await screen.until(lambda: shop.queued == 0)
            await screen.tick()
            assert shop.counts.kinds["failed"] == 1
            assert shop.counts.kinds["flushed"] == 11
            assert "refused, is sent in parts" in screen.text()
            app.navigation.search_for("is:bisected outcome:failed")
            assert app.live.stream.count() == 1
            assert shop.reconcile().agree


async def test_the_warnings_of_a_configuration_are_in_the_header_and_w_shows_them(opened: Opened) -> None:
    async with opened(warnings=("settings.batchsize is unknown: did you mean batchSize?",)) as screen:
        assert "1 warning: w" in screen.text()
        await screen.press("w")
        assert "did you mean batchSize?" in screen.text()
    async with opened() as screen:
        await screen.press("w")
        assert "no warnings" in screen.said()


@pytest.mark.parametrize("engine", [{"strict": True}], indirect=True)
async def test_strict_mode_offers_to_define_what_hubspot_refuses(engine: Engine, opened: Opened) -> None:
    async with opened() as screen:
        engine.run(60)
        engine.flush().result()
        await screen.settle()
        failed = engine.counts.kinds["failed"]
        assert failed
        assert "strict: D defines all" in screen.text()
        await screen.press("D")
        await screen.until(lambda: "new definitions and properties" in screen.said())
        await screen.press("R")
        await screen.until(lambda: engine.counts.kinds["failed"] == 0)
        engine.flush().result()
        assert engine.counts.kinds["failed"] == 0
        await screen.press("D")
        await screen.until(lambda: "HubSpot knows every event" in screen.said())


async def test_a_small_screen_says_in_its_header_when_the_sender_tries_again(
    engine: Engine, opened: Opened
) -> None:
    async with opened(width=80, height=24) as screen:
        engine.throw(parse_fault("503:for=20s"))
        engine.run(60)
        await screen.settle()
        assert re.search(r"↻ retrying: next in \d+ s", screen.text())
