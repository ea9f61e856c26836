"""The dispatcher: nothing accepted is lost, nothing is counted twice, and every person's order stays."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.delivery.dispatch.retry import RetryPolicy
from hubspot_dest.delivery.dispatch.throttle import RateBudget
from hubspot_dest.delivery.dispatch.workers import Workers
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from tests.delivery.sending import TestClock, contact, event, requests, sending, uuids


def ids(*numbers: int) -> list[str]:
    return [occurrence_uuid(f"e{number}") for number in numbers]


def test_events_arrive_in_full_batches_across_people(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=500) as world:
        world.accept(*(event(f"e{n}", f"p{n % 70}@example.org") for n in range(1000)))
        world.run()
        assert world.outbox.pending == 0
    place = {uuid: number for number, uuid in enumerate(uuids(hubspot))}
    assert place.keys() == set(ids(*range(1000)))
    for person in range(70):
        mine = [place[uuid] for uuid in ids(*range(person, 1000, 70))]
        assert mine == sorted(mine), f"the events of p{person} overtook each other"
    assert requests(hubspot, "/events/v3/send/batch") == 2


def test_a_persons_events_never_overtake_their_contact(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=500) as world:
        world.accept(event("e0", "ada@example.org"), contact("ada@example.org", "e1", plan="pro"))
        world.accept(event("e1", "ada@example.org"), event("e2", "ada@example.org"))
        world.run()
    timeline = hubspot.account.timeline("ada@example.org")
    # The first event came before anybody knew the contact; it belongs to nobody, as HubSpot would have it.
    assert [item["id"] for item in timeline] == ids(1, 2)
    assert uuids(hubspot) == ids(0, 1, 2)


def test_one_persons_trouble_holds_up_nobody_else(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=1) as world:
        world.accept(event("e0", "ada+500@example.org"), event("e1", "ada+500@example.org"))
        world.accept(*(event(f"e{n}", "grace@example.org") for n in range(2, 12)))
        took = world.run(seconds=0.1)
        assert uuids(hubspot) == ids(*range(2, 12))
        assert took < 0.1


def test_one_troubled_person_in_a_batch_is_parted_from_the_others(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=500) as world:
        world.accept(
            *(event(f"e{n}", f"p{n}@example.org") for n in range(99)), event("e99", "ada+500@example.org")
        )
        world.run(seconds=60)
        assert sorted(uuids(hubspot)) == sorted(ids(*range(99)))


@pytest.mark.parametrize("bad", [1, 7, 250])
def test_a_poisoned_batch_delivers_every_good_event_and_names_every_bad_one(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock, bad: int
) -> None:
    poisoned = {round(n * 500 / bad) for n in range(bad)}
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=500) as world:
        world.accept(
            *(
                event(f"e{n}", f"p{n}@example.org", "nothing" if n in poisoned else "page_view")
                for n in range(500)
            )
        )
        world.run()
        dead = list(world.outbox.dead_letters())
    assert sorted(uuids(hubspot)) == sorted(ids(*(n for n in range(500) if n not in poisoned)))
    assert {letter.event_id for letter in dead} == {f"e{n}" for n in poisoned}
    assert all("pe12345678_nothing does not exist" in letter.error["message"] for letter in dead)
    assert requests(hubspot) - 1 <= 2 * bad * math.log2(500)


def test_a_single_bad_event_costs_at_most_two_log_requests_wherever_it_stands(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    dearest = 0
    for place in (*range(0, 500, 29), 1, 498, 499):
        hubspot.journal.clear()
        with sending(tmp_path / f"o{place}", hubspot, clock=clock, batch_size=500) as world:
            world.accept(
                *(
                    event(f"{place}-{n}", "a@example.org", "nothing" if n == place else "page_view")
                    for n in range(500)
                )
            )
            world.run()
            assert world.outbox.dead() == 1
        dearest = max(dearest, requests(hubspot) - 1)
    assert dearest <= 2 * math.log2(500)


def test_contacts_go_by_the_hundred_and_shuffled_answers_find_their_owners(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        people = [f"P{n}@Example.org" for n in range(150)]
        world.accept(*(contact(email, f"e{n}", plan=str(n)) for n, email in enumerate(people)))
        world.accept(contact("bad+invalid@", "bad", plan="x"))
        world.run()
        assert [letter.event_id for letter in world.outbox.dead_letters()] == ["bad"]
        assert sorted(world.of("delivered")) == sorted(f"e{n}" for n in range(150))
    assert requests(hubspot, "/crm/v3/objects/contacts") == 2
    plans = {item.properties["email"]: item.properties["plan"] for item in hubspot.account.contacts()}
    assert plans == {f"p{n}@example.org": str(n) for n in range(150)}


def test_what_follows_directly_for_the_same_contact_is_merged(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(
            contact("ada@example.org", "e1", plan="free"), contact("ada@example.org", "e2", plan="pro")
        )
        world.accept(contact("alan@example.org", "e3", plan="free"))
        world.run()
    assert requests(hubspot) == 1
    assert hubspot.account.contact("ada@example.org", by_email=True).properties["plan"] == "pro"


def test_a_2xx_that_forgets_a_contact_is_no_success(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    hubspot.faults.add(
        Fault(FaultKind.EMPTY_200, path="*/batch/upsert", stored=False, count=1), now=clock.wall()
    )
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(contact("ada@example.org", "e1"), contact("alan@example.org", "e2"))
        world.run()
        assert world.outbox.pending == 0
        assert "e1" in world.of("failed")
    assert len(hubspot.account.contacts()) == 2


def test_ten_secondly_limits_stop_contacts_and_not_events(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    hubspot.faults.add(Fault(FaultKind.RATE_LIMITED, path="/crm/*", count=3), now=clock.wall())
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(
            contact("ada@example.org", "c"), event("e1", "ada@example.org"), event("e2", "alan@example.org")
        )
        took = world.run(seconds=1)
        assert took <= 1
        assert uuids(hubspot) == ids(2)
        assert 15 <= world.run() <= 31
        assert uuids(hubspot) == ids(2, 1)
        assert not world.of("dead")


def test_the_daily_limit_is_waited_out_till_the_accounts_midnight(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    hubspot.faults.add(
        Fault(FaultKind.RATE_LIMITED, path="/crm/*", policy="DAILY", count=1), now=clock.wall()
    )
    policy = RetryPolicy(portal_zone="Asia/Tokyo")
    with sending(tmp_path / "o", hubspot, clock=clock, policy=policy) as world:
        world.accept(contact("ada@example.org", "c"), event("e1", "alan@example.org"))
        world.run()
        hour = (clock.wall() + 9 * 3600) % 86_400 / 3600
        assert hour < 0.01
        assert world.outbox.pending == 0


def test_a_wrong_token_stops_everything_and_costs_no_event(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    hubspot.faults.add(Fault(FaultKind.UNAUTHORIZED, count=5), now=clock.wall())
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(*(event(f"e{n}", f"p{n}@example.org") for n in range(20)))
        world.run(seconds=1)
        assert requests(hubspot) == 1
        assert world.dispatcher.halted is not None
        world.run()
        assert world.outbox.pending == 0
        assert [report.kind for report in world.reports if not report.intents] == ["paused", "resumed"]


def test_a_wrong_address_makes_no_dead_letters(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.dispatcher.calls._client.base_url += "/nowhere"  # type: ignore[attr-defined]
        world.accept(event("e1", "ada@example.org"), contact("ada@example.org"))
        world.run(seconds=600)
        assert world.outbox.dead() == 0
        assert world.outbox.pending == 2
        assert world.dispatcher.halted is not None


def test_a_contact_that_hubspot_refuses_does_not_cost_its_event(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(contact("ada@example.org", "c", nonsense="1"), event("e1", "ada@example.org"))
        world.run()
        [letter] = world.outbox.dead_letters()
    assert (letter.event_id, letter.reason, letter.error["status"]) == ("c", "refused", 400)
    assert uuids(hubspot) == ids(1)


def test_six_hours_of_outage_lose_nothing_and_keep_order_and_memory_small(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    down = Fault(FaultKind.UNAVAILABLE, for_seconds=6 * 3600)
    hubspot.faults.add(down, now=clock.wall())
    total = 10_800  # one every two seconds; the deep suite has 200 a second
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=500, buffer_size=1000) as world:
        for second in range(0, total, 60):
            world.accept(*(event(f"e{n}", f"p{n % 37}@example.org") for n in range(second, second + 60)))
            world.run(seconds=120)
            assert len(world.dispatcher._queue) <= 1060
        assert requests(hubspot) < 2000
        world.run()
        assert world.outbox.pending == 0
        assert not world.of("dead")
    stored = uuids(hubspot)
    assert len(stored) == total
    place = {uuid: number for number, uuid in enumerate(stored)}
    for person in range(37):
        mine = [place[occurrence_uuid(f"e{n}")] for n in range(person, total, 37)]
        assert mine == sorted(mine)


def test_the_rate_that_somebody_asked_for_is_kept(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, budget=RateBudget(max_rps=5)) as world:
        world.accept(*(event(f"e{n}", f"p{n}@example.org") for n in range(55)))
        assert 9.9 <= world.run() <= 11


def test_contact_calls_stay_below_the_accounts_limit_so_that_nothing_is_refused(
    tmp_path: Path, clock: TestClock
) -> None:
    from simulator.hubspot.service import HubSpot
    from simulator.hubspot.state.behaviours import Behaviours

    service = HubSpot(switches=Behaviours(enforce_rate_limits=True, auto_define=True), clock=clock.wall)
    with (
        FakeHubSpot(service, clock=clock.wall) as hubspot,
        sending(tmp_path / "o", hubspot, clock=clock) as world,
    ):
        world.dispatcher.calls._bulk = None  # one call a contact
        world.accept(*(contact(f"p{n}@example.org", plan="x") for n in range(300)))
        took = world.run()
        statuses = [entry.answer.status for entry in hubspot.journal.entries()]
        assert statuses.count(429) == 0
        assert took < 60
        assert len(hubspot.account.contacts()) == 300


def test_an_intent_that_always_fails_while_others_pass_is_given_up_with_its_reason(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(event("bad", "ada+503@example.org"))
        for n in range(100):
            world.accept(event(f"e{n}", "alan@example.org"))
            world.run(seconds=60)
            clock.skip(60)
        [letter] = world.outbox.dead_letters()
        assert (letter.event_id, letter.reason, letter.error["status"]) == ("bad", "attempts", 503)


def test_an_old_intent_that_alone_fails_is_given_up_after_days(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock) as world:
        world.accept(event("bad", "ada+503@example.org"))
        assert 3 * 86_400 <= world.run() < 3 * 86_400 + 120
        assert [letter.reason for letter in world.outbox.dead_letters()] == ["age"]


def test_a_batch_goes_out_when_it_is_old_enough(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=500, flush_seconds=2.0) as world:
        world.accept(event("e0", "ada@example.org"))
        assert world.dispatcher.step() == 2.0
        clock.skip(2.0)
        assert world.dispatcher.step() == 0.0
    assert uuids(hubspot) == ids(0)


def test_a_clock_that_jumps_back_loses_nothing(
    tmp_path: Path, hubspot: FakeHubSpot, clock: TestClock
) -> None:
    with sending(tmp_path / "o", hubspot, clock=clock, batch_size=10) as world:
        world.accept(*(event(f"e{n}", f"p{n}@example.org") for n in range(5)))
        clock.wall_offset -= 86_400 * 400
        world.accept(*(event(f"e{n}", f"p{n}@example.org") for n in range(5, 15)))
        world.run()
        assert world.outbox.pending == 0
    assert sorted(uuids(hubspot)) == sorted(ids(*range(15)))


def test_events_that_come_while_a_request_hangs_are_flushed_by_age_all_the_same(
    tmp_path: Path, hubspot: FakeHubSpot
) -> None:
    hubspot.faults.add(Fault(FaultKind.LATENCY, delay_ms=900, count=1), now=0.0)
    real = TestClock()
    with sending(tmp_path / "o", hubspot, clock=real, batch_size=500, flush_seconds=0.05) as world:
        world.dispatcher.monotonic = time.monotonic
        workers = Workers(world.dispatcher, 2)
        workers.start()
        world.accept(event("e0", "ada@example.org"))
        wait_until(lambda: requests_begun(hubspot) == 1)
        world.accept(event("e1", "grace@example.org"))
        wait_until(lambda: uuids(hubspot) == ids(1))  # before the hanging one is through
        assert workers.drain(deadline=10)
        assert workers.stop(5)
    assert uuids(hubspot) == ids(1, 0)


def requests_begun(hubspot: FakeHubSpot) -> int:
    return hubspot.faults.active()[0].struck


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)
