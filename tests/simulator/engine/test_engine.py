"""The one object behind screen, headless run and tests: what it promises its users."""

from __future__ import annotations

import copy
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hubspot_dest.config.model import Config
from simulator.engine.engine import Engine
from simulator.engine.story import story_config, story_path
from simulator.hubspot.faults.syntax import parse_fault
from simulator.tui.widgets.row_detail import calls_of


def changed(**settings: object) -> Config:
    import yaml

    raw = yaml.safe_load(story_path().read_text())
    raw["settings"].update(settings)
    return Config.strict(raw)


def test_the_same_seed_gives_the_same_run() -> None:
    looks = []
    for _ in range(2):
        with Engine(story_config(), simulated=True, seed=5) as engine:
            engine.run(400)
            looks.append([(row.kind, row.name, row.event) for row in engine.ring.rows()])
    assert looks[0] == looks[1]


def test_the_token_of_a_configuration_never_leaves() -> None:
    config = changed(accessToken="pat-eu1-11111111-2222-3333-4444-555555555555")
    with Engine(config, seed=1) as engine:
        engine.run(100)
        assert engine.counts.requests > 0
        for entry in engine.hubspot.journal.entries():
            assert b"pat-eu1" not in b"".join(value for _, value in entry.headers)


def test_a_stream_of_hours_fills_no_memory_with_bodies_that_nobody_will_leaf_through() -> None:
    event = {"name": "page view", "user": {"email": "ada@example.org"}, "consent": {"marketing": True}}
    large = {**event, "data": {"title": "x" * 400_000}}
    config = changed(batch=False)
    with Engine(config, seed=1, source=lambda _: iter([large] * 50)) as engine:
        engine.run(50)
        kept = sum(len(entry.body) for entry in engine.hubspot.journal.entries())
        assert 0 < kept <= 16 * 1024 * 1024
        assert engine.hubspot.journal.dropped > 0


def test_what_waits_in_the_batch_goes_out_at_the_end_and_is_counted() -> None:
    engine = Engine(story_config(), simulated=True, seed=1).start()
    while not engine.queued:
        engine.run(10)
    waits = engine.queued
    closing = engine.close()
    assert (closing.flushed, closing.left) == (waits, 0)


def test_what_hubspot_does_not_take_at_the_end_is_reported_with_its_number() -> None:
    engine = Engine(story_config(), simulated=True, seed=1).start()
    while not engine.queued:
        engine.run(10)
    waits = engine.queued
    engine.throw(parse_fault("503"))
    closing = engine.close()
    assert (closing.flushed, closing.left) == (0, waits)
    assert "503" in closing.error


def test_a_new_configuration_tells_what_it_changes_and_keeps_the_count() -> None:
    with Engine(story_config(), simulated=True, seed=1) as engine:
        engine.run(300)
        config = changed(eventNamePrefix="pe12345678_new_")
        reloaded = engine.reload(config).result()
        assert reloaded.changes
        found = reloaded.changes[-1].differences[0]
        assert "pe12345678_new_" in str(found.actual)
        assert engine.reload(config).result().changes == ()
        engine.run(100)
        assert engine.reconcile().agree


def test_a_kept_event_is_run_again_at_every_save_until_it_goes_out() -> None:
    with Engine(story_config(), simulated=True, seed=1) as engine:
        engine.run(100)
        row = next(row for row in engine.ring.rows() if row.reason == "no_identity")
        row.pinned = True
        kinds = []
        for config in (changed(), changed(objectId="user.device")):
            assert engine.reload(config).result().again == 1
            kinds.append(row.kind)
        assert kinds == ["skipped", "queued"]
        assert engine.reload(changed()).result().again == 0


def test_a_contact_that_is_no_longer_written_is_counted_as_lost() -> None:
    with Engine(story_config(), simulated=True, seed=1) as engine:
        engine.run(200)
        typo = {"map": {"email": "user.mail", "properties": {"map": {"company": "user.company"}}}}
        changes = engine.reload(changed(identify=typo)).result().changes
        lost = [change for change in changes if change.kind == "lose"]
        assert lost
        assert [each.path for each in lost[0].differences if each.path.startswith("contact")] == ["contact"]


def test_what_was_granted_on_the_screen_is_planned_as_it_was_sent() -> None:
    with Engine(story_config(), simulated=True, seed=7) as engine:
        engine.run(200)
        denied = next(row for row in engine.ring.rows() if row.kind == "denied" and "@" in row.person)
        engine.grant(denied.person, True).result()
        assert denied.kind != "denied"
        changes = engine.reload(changed(eventNamePrefix="pe12345678_other_")).result().changes
        if denied.kind in ("sent", "queued", "flushed"):
            assert denied.number in {change.number for change in changes}
        assert "consent" not in (denied.plain_event() or {}) or denied.seen_event() != denied.plain_event()
        assert calls_of(engine, denied)


def test_a_save_keeps_the_batch_of_the_screen_unless_the_file_changed_it() -> None:
    with Engine(story_config(), simulated=True, seed=1) as engine:
        engine.set_batch(0).result()
        assert engine.reload(changed(eventNamePrefix="pe12345678_x_")).result().settings == ()
        assert not engine.config.batch
        told = engine.reload(changed(batchSize=5)).result().settings
        assert told == ("events are sent one by one → in batches of 5",)
        assert (engine.config.batch, engine.config.batch_size) == (True, 5)


def test_what_a_replaced_sender_could_not_send_is_told() -> None:
    with Engine(story_config(), outbox=False, simulated=True, seed=1) as engine:
        while engine.queued < 3:
            engine.run(1)
        waits = engine.queued
        engine.throw(parse_fault("503"))
        assert engine.flush().result() == 0
        assert engine.queued == waits
        assert engine.set_batch(0).result() == waits
        assert engine.counts.kinds["failed"] >= waits


def test_a_contact_call_that_the_memory_spared_is_counted_though_it_had_no_property() -> None:
    config = changed(identify={"map": {"email": "user.email", "properties": {"map": {"nick": "user.nick"}}}})
    with Engine(config, seed=1) as engine:
        engine.run(300)
        contacts = {
            row.person for row in engine.ring.rows() if "@" in row.person and row.kind in ("sent", "flushed")
        }
        assert contacts
        assert engine.counts.saved > 0


def test_a_property_is_never_resolved_only_where_it_was_asked_for() -> None:
    typo = {"map": {"email": "user.mail", "properties": {"map": {"source": {"value": "web"}}}}}
    with Engine(changed(identify=typo), seed=1) as engine:
        engine.run(200)
        identify = engine.event_log.coverage.identify
        assert identify.hits > 0
        assert identify.contact["email"].never
        assert not identify.contact["source"].never, "without an e-mail nothing else is asked for"


def test_single_steps_and_pauses_are_exact() -> None:
    with Engine(story_config(), simulated=True, seed=1, rate=0) as engine:
        engine.step(3)
        while engine.counts.taken < 3:
            time.sleep(0.001)
        engine.do(lambda: None)
        assert engine.counts.taken == 3
        engine.resume()
        while engine.counts.taken < 50:
            time.sleep(0.001)
        engine.pause()
        engine.do(lambda: None)
        taken = engine.counts.taken
        engine.do(lambda: None)
        assert engine.counts.taken == taken


def test_old_rows_go_and_their_details_can_be_planned_again() -> None:
    from simulator.tui.theme import PALETTES
    from simulator.tui.widgets.lines import text_of
    from simulator.tui.widgets.row_detail import detail_lines

    with Engine(story_config(), simulated=True, seed=1, capacity=6000) as engine:
        engine.run(7000)
        assert len(engine.ring) == 6000
        assert engine.ring.get(0) is None
        row = engine.ring.get(engine.ring.first)
        assert row is not None
        assert engine.ring.outcome(row.number) is None
        assert row.name in text_of(detail_lines(engine, row, PALETTES["harbour"], 60))
        assert engine.reconcile().agree


def test_a_source_that_ends_or_breaks_ends_the_stream_and_says_so() -> None:
    def broken(seed: int):  # type: ignore[no-untyped-def]
        yield {"name": "page view", "user": {"email": "a@example.org"}}
        raise OSError("the disk is gone")

    with Engine(story_config(), simulated=True, source=broken) as engine:
        engine.run(10)
        assert engine.exhausted
        assert "the disk is gone" in engine.trouble
        assert engine.counts.taken == 1


@pytest.mark.parametrize(
    "event",
    [
        None,
        17,
        "text",
        [],
        {},
        {"name": 1},
        {"name": "a"},
        {"name": "a b", "user": None},
        {"name": "a b", "consent": 3},
    ],
)
def test_odd_events_are_counted_like_all_others(event: object) -> None:
    def odd(seed: int):  # type: ignore[no-untyped-def]
        while True:
            yield copy.deepcopy(event) if event is not None else {"name": None}

    with Engine(story_config(), simulated=True, source=odd) as engine:
        engine.run(20)
        assert engine.reconcile().agree
        assert engine.counts.taken == 20


def test_a_story_of_our_own_is_where_it_says(tmp_path: Path) -> None:
    assert story_path().is_file()
    assert story_config().raw["settings"]["eventNamePrefix"] == "pe12345678_"


def of_a_flow(*rules: dict[str, object]) -> Config:
    """Return a configuration with a list of rules, whose flow begins with consent and a language."""
    raw = {
        **story_config().raw,
        "mapping": {"order": {"complete": list(rules)}},
        "consent": {"marketing": True},
    }
    return replace(Config.strict(raw), collector={"consent": {"marketing": True}, "globals": {"lang": "de"}})


def orders(seed: int):  # type: ignore[no-untyped-def]
    while True:
        yield {"name": "order complete", "user": {"email": "ada@example.org"}}


def test_a_save_is_compared_under_the_consent_and_globals_that_the_flow_begins_with() -> None:
    with Engine(of_a_flow({"name": "order told"}), source=orders) as engine:
        engine.run(3)
        assert engine.counts.kinds["denied"] == 0
        changed = of_a_flow({"condition": "$code:(event) => event.globals.lang !== 'de'"})
        told = engine.reload(changed).result()
        assert [change.after for change in told.changes] == [
            "contact + pe12345678_order_complete with 1 property"
        ] * 3


def test_hits_are_counted_for_the_rule_that_the_sender_took_whatever_its_condition_looks_at() -> None:
    german = "$code:(event, context) => context.collector.globals.lang === 'de'"
    with Engine(of_a_flow({"condition": german}, {"name": "order untold"}), source=orders) as engine:
        engine.run(5)
        assert [rule.hits for rule in engine.event_log.coverage.all()] == [5, 0]
        row = engine.ring.get(0)
        assert row is not None
        assert row.rule == "order complete [1]"


def test_a_saved_mapping_is_judged_by_the_events_that_came_before_it() -> None:
    with Engine(story_config(), simulated=True, seed=1) as engine:
        engine.run(300)
        hits = {rule.label: rule.hits for rule in engine.event_log.coverage.all()}
        assert sum(hits.values()) > 0
        engine.reload(story_config()).result()
        assert {rule.label: rule.hits for rule in engine.event_log.coverage.all()} == hits
        assert engine.event_log.coverage.planned_again == len(
            [row for row in engine.ring.rows() if not row.is_batch]
        )


def test_switching_the_batch_is_no_other_mapping_and_counts_on() -> None:
    with Engine(story_config(), simulated=True, seed=1) as engine:
        engine.run(300)
        hits = {rule.label: rule.hits for rule in engine.event_log.coverage.all()}
        engine.set_batch(0).result()
        assert {rule.label: rule.hits for rule in engine.event_log.coverage.all()} == hits


def test_a_contact_call_that_the_memory_spared_is_not_among_what_hubspot_receives() -> None:
    with Engine(changed(batchSize=3), seed=1, simulated=True) as engine:
        engine.run(300)
        spared = [
            row
            for row in engine.ring.rows()
            if row.kind in ("queued", "flushed")
            and not any(exchange.call.startswith("crm.") for exchange in row.exchanges)
            and (outcome := engine.ring.outcome(row.number)) is not None
            and outcome.plan is not None
            and outcome.plan.contact is not None
        ]
        assert spared
        for row in spared:
            assert [call[0] for call in calls_of(engine, row)] == ["events.send.basicApi.send"]


LOSSY = {"settings": {"accessToken": "x", "eventNamePrefix": "pe1_", "batch": True, "batchSize": 7}}


@pytest.mark.parametrize(
    "fault", ["429:path=/events/*,every=3", "503:path=/events/*", "close-before:path=/events/*,every=2"]
)
def test_what_walkeros_loses_with_a_failed_batch_is_shown_as_lost_and_the_books_agree(fault: str) -> None:
    with Engine(Config.strict(LOSSY), seed=1, parity=True) as engine:
        engine.throw(parse_fault(fault))
        for _ in range(10):
            engine.run(30)
            assert engine.reconcile().problems == []
        engine.flush().result()
        counts, failed = (
            engine.counts,
            [row for row in engine.ring.rows() if row.kind == "failed" and not row.size],
        )
        lost = sum(row.size for row in engine.ring.rows() if row.kind == "failed" and row.size)
        assert lost > 0
        assert (len(failed), counts.lost_upstream, counts.kinds["queued"]) == (lost, lost, 0)
        assert {row.reason for row in failed} <= {"batch_lost", "flush_failed"}
        assert engine.reconcile().problems == []


def test_what_walkeros_loses_when_its_last_batch_fails_is_shown_as_lost() -> None:
    engine = Engine(Config.strict(LOSSY), seed=1, parity=True).start()
    while not engine.queued:
        engine.run(10)
    waits = engine.queued
    engine.throw(parse_fault("503"))
    closing = engine.close()
    assert (closing.flushed, closing.left) == (0, waits)
    assert (engine.counts.kinds["failed"], engine.counts.lost_upstream) == (waits, waits)
    assert engine.counts.kinds["queued"] == 0


def test_what_walkeros_gives_up_in_parity_is_counted_as_lost() -> None:
    with Engine(story_config(), seed=1, parity=True) as engine:
        engine.run(200)
        engine.flush().result()
        assert engine.counts.lost_upstream == engine.counts.kinds["failed"] > 0
