"""The budget: below every limit, in every stretch of time."""

from __future__ import annotations

import pytest

from hubspot_dest.delivery.dispatch.throttle import RateBudget

TIER = {"X-HubSpot-RateLimit-Max": "190", "X-HubSpot-RateLimit-Interval-Milliseconds": "10000"}


def times(budget: RateBudget, what: str, seconds: float) -> list[float]:
    """Return when requests went out that always had more to send."""
    now, sent = 1000.0, []
    while now < 1000 + seconds:
        wait = budget.delay(what, now)  # type: ignore[arg-type]
        if wait > 0:
            now += max(wait, 0.001)
            continue
        budget.take(what, now)  # type: ignore[arg-type]
        sent.append(now)
    return sent


def most_in(sent: list[float], seconds: float) -> int:
    return max(sum(1 for other in sent if number <= other < number + seconds) for number in sent)


@pytest.mark.parametrize(("headers", "limit"), [({}, 100), (TIER, 190)])
def test_no_ten_seconds_see_more_contact_calls_than_the_account_may(
    headers: dict[str, str], limit: int
) -> None:
    budget = RateBudget()
    budget.observe(headers, 999.0)
    sent = times(budget, "contacts", 60)
    assert most_in(sent, 10.0) <= limit
    assert len(sent) >= 0.75 * limit * 6


def test_events_do_not_spend_the_contacts_budget() -> None:
    budget = RateBudget()
    assert len(times(budget, "events", 2)) > 1500
    assert budget.delay("contacts", 1002.0) == 0.0


def test_no_second_sees_more_sends_than_hubspot_takes() -> None:
    assert most_in(times(RateBudget(), "events", 3)[::1], 1.0) <= 1250


def test_the_users_own_limit_counts_everything_together() -> None:
    budget = RateBudget(max_rps=5)
    sent = times(budget, "events", 5) + times(budget, "contacts", 5)
    assert len(sent) <= 5 * 5 + 5 + 5


def test_when_others_spend_the_budget_contacts_wait() -> None:
    budget = RateBudget()
    budget.observe({**TIER, "X-HubSpot-RateLimit-Remaining": "3"}, 1000.0)
    assert budget.delay("contacts", 1000.0) == pytest.approx(1.0)
    assert budget.delay("events", 1000.0) == 0.0


@pytest.mark.parametrize("odd", ["", "-1", "NaN", "9" * 50, "²"])
def test_headers_that_make_no_sense_change_nothing(odd: str) -> None:
    budget = RateBudget()
    budget.observe(dict.fromkeys([*TIER, "X-HubSpot-RateLimit-Remaining"], odd), 1000.0)
    assert budget.delay("contacts", 1000.0) == 0.0
