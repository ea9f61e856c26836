"""The retry table, line by line, as docs/delivery.md prints it."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from hubspot_dest.delivery.client.errors import DeliveryError, error_from_answer
from hubspot_dest.delivery.dispatch.retry import (
    Bisect,
    Circumstances,
    Dead,
    Decision,
    Pause,
    Retry,
    RetryPolicy,
    decide,
)
from hubspot_dest.delivery.dispatch.throttle import Breaker

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC).timestamp()


def judged(error: DeliveryError, *, zone: str = "UTC", **more: Any) -> Decision:
    case = {"what": "events", "size": 1, "failures": 1, "blamed": 0, "age_seconds": 1.0, "now": NOON, **more}
    return decide(error, Circumstances(**case), RetryPolicy(portal_zone=zone), random.Random(7))


def answered(status: int, body: bytes = b"{}", **headers: str) -> DeliveryError:
    return error_from_answer(status, body, {name.replace("_", "-"): text for name, text in headers.items()})


@pytest.mark.parametrize("status", [400, 409, 413, 414, 422])
def test_what_hubspot_refuses_is_never_sent_again_but_parted_from_the_good(status: int) -> None:
    assert judged(answered(status)) == Dead("refused")
    assert judged(answered(status), size=2) == Bisect()


@pytest.mark.parametrize("status", [301, 302, 404, 405, 407])
def test_an_answer_that_is_not_hubspots_stops_delivery_and_costs_no_event(status: int) -> None:
    decision = judged(answered(status, b"<html>not here</html>"), size=500)
    assert isinstance(decision, Pause)
    assert decision.needs_hand
    assert (decision.scope, decision.reason) == ("all", "address")


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_does_not_open_stops_delivery_and_costs_no_event(status: int) -> None:
    decision = judged(answered(status), size=500)
    assert isinstance(decision, Pause)
    assert decision.needs_hand
    assert (decision.scope, decision.reason) == ("all", "unauthorized")


@pytest.mark.parametrize("status", [408, 423, 500, 502, 503, 504, 521, 524])
def test_hubspots_trouble_is_waited_out(status: int) -> None:
    assert isinstance(judged(answered(status, b"<html>")), Retry)
    assert isinstance(judged(answered(status), size=500), Retry)


@pytest.mark.parametrize("kind", ["unreachable", "timeout", "unreadable"])
def test_no_answer_and_no_readable_answer_are_tried_again(kind: Any) -> None:
    assert isinstance(judged(DeliveryError(kind, "?")), Retry)


def test_a_lock_is_left_alone_for_two_seconds() -> None:
    decision = judged(answered(423))
    assert isinstance(decision, Retry)
    assert 2 <= decision.after <= 2.5
    assert not decision.outage


def test_waits_grow_with_full_jitter_up_to_a_cap() -> None:
    for failures, most in ((1, 0.5), (2, 1.0), (5, 8.0), (8, 60.0), (1000, 60.0)):
        dice = random.Random(failures)
        case = Circumstances("events", 1, failures, 0, 1.0, NOON)
        waits = [decide(answered(503), case, RetryPolicy(), dice) for _ in range(300)]
        seconds = [wait.after for wait in waits if isinstance(wait, Retry)]
        assert len(seconds) == 300
        assert 0 <= min(seconds) < most * 0.05
        assert most * 0.95 < max(seconds) <= most


def test_retry_after_is_obeyed() -> None:
    decision = judged(answered(503, Retry_After="37"))
    assert isinstance(decision, Retry)
    assert decision.after == 37
    assert isinstance(pause := judged(answered(477, Retry_After="86400")), Pause)
    assert (pause.seconds, pause.scope, pause.reason) == (86_400, "all", "moving")


def limited(policy: str, **headers: str) -> DeliveryError:
    return answered(429, f'{{"policyName":"{policy}"}}'.encode(), **headers)


def test_the_ten_second_limit_stops_contacts_only() -> None:
    pause = judged(limited("TEN_SECONDLY_ROLLING"), what="contacts", size=100)
    assert isinstance(pause, Pause)
    assert 5 <= pause.seconds <= 10
    assert (pause.scope, pause.reason) == ("contacts", "ten_secondly")


def test_the_secondly_limit_is_a_second() -> None:
    pause = judged(limited("SECONDLY"))
    assert isinstance(pause, Pause)
    assert 1 <= pause.seconds <= 1.1
    assert pause.scope == "events"


@pytest.mark.parametrize(("zone", "hours"), [("UTC", 12), ("Europe/Berlin", 10), ("America/Los_Angeles", 19)])
def test_the_daily_limit_ends_at_the_accounts_own_midnight(zone: str, hours: int) -> None:
    pause = judged(limited("DAILY"), what="contacts", zone=zone)
    assert isinstance(pause, Pause)
    assert hours * 3600 <= pause.seconds <= hours * 3600 + 1
    assert pause.reason == "daily"


def test_a_limit_that_names_its_own_wait_is_believed() -> None:
    for policy in ("TEN_SECONDLY_ROLLING", "DAILY", "SECONDLY", "SOMETHING_NEW"):
        pause = judged(limited(policy, Retry_After="3"))
        assert isinstance(pause, Pause)
        assert 3 <= pause.seconds <= 3.1


def test_an_unknown_limit_is_waited_out_longer_and_longer() -> None:
    assert isinstance(pause := judged(limited("SOMETHING_NEW")), Pause)
    assert 1 <= pause.seconds <= 61


def test_an_intent_is_given_up_only_when_others_got_through_or_after_days() -> None:
    assert isinstance(judged(answered(503), failures=1000, blamed=7), Retry)
    assert judged(answered(503), failures=1000, blamed=8) == Dead("attempts")
    assert judged(answered(503), age_seconds=3 * 86_400.0) == Dead("age")
    assert isinstance(judged(answered(503), size=2, age_seconds=3 * 86_400.0), Retry)


def test_a_batch_that_others_overtake_is_parted() -> None:
    assert judged(answered(503), size=2, failures=2, blamed=1) == Bisect()
    assert isinstance(judged(answered(503), size=2, failures=9, blamed=0), Retry)
    assert judged(answered(500), size=2, failures=2) == Bisect()


def test_what_cannot_be_written_as_json_is_given_up_alone() -> None:
    assert judged(DeliveryError("impossible", "no JSON")) == Dead("impossible")
    assert judged(DeliveryError("impossible", "no JSON"), size=3) == Bisect()


def test_an_outage_is_looked_at_by_one_request_at_a_time_and_ends_with_the_first_answer() -> None:
    breaker = Breaker(random.Random(1), failures=3, first_seconds=1.0, cap_seconds=8.0)
    for _ in range(3):
        assert breaker.delay(0.0) == 0.0
        breaker.failed(0.0)
    assert breaker.open
    now = 0.0
    waits = []
    for _ in range(6):
        wait = breaker.delay(now)
        assert wait is not None
        waits.append(wait)
        now += wait
        assert breaker.delay(now) == 0.0
        breaker.sending()
        assert breaker.delay(now) is None
        breaker.failed(now)
    assert max(waits) <= 8.0
    assert waits[-1] >= 4.0
    breaker.succeeded()
    assert breaker.delay(now) == 0.0
