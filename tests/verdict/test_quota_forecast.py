"""Forecasts of HubSpot's quotas, and the pace that they rest on."""

from __future__ import annotations

import pytest

from hubspot_dest.checks.limits import CONTACT_CALLS_A_DAY, OCCURRENCES_A_MONTH
from hubspot_dest.verdict.event_pace import EventPace
from hubspot_dest.verdict.quota_forecast import Pace, forecast, forecast_catching_up

HOUR_MS = 3_600_000
BEGUN_MS = 1_780_000_000_000


def verdicts(pace: Pace, **more: int) -> dict[str, str]:
    found = (*forecast_catching_up(pace), *forecast(pace, **more))
    return {quota_forecast.subject: quota_forecast.verdict for quota_forecast in found}


def test_a_small_shop_is_within_every_quota() -> None:
    found = verdicts(Pace(100, 1.0, 1.0, 0.1, 12, 100))
    assert set(found.values()) <= {"ok", "note"}


def test_a_pace_beyond_the_month_says_when_the_quota_is_used_up() -> None:
    rate = OCCURRENCES_A_MONTH / (15 * 86_400)
    (monthly,) = [
        quota_forecast
        for quota_forecast in forecast(Pace(0, rate, 1.0, 0.0, 1, 10))
        if "month" in quota_forecast.subject
    ]
    assert monthly.verdict == "wrong"
    assert "after 15 days" in monthly.sentence


@pytest.mark.parametrize(
    ("part", "verdict"), [(0.79, "ok"), (0.81, "warning"), (1.0, "warning"), (1.01, "wrong")]
)
def test_a_month_that_is_nearly_used_up_is_a_warning_before_it_is_wrong(part: float, verdict: str) -> None:
    rate = OCCURRENCES_A_MONTH / (30 * 86_400)
    assert verdicts(Pace(0, rate * part, 1.0, 0.0, 1, 10))["occurrences a month"] == verdict


def test_what_waits_counts_for_the_month() -> None:
    waiting = Pace(OCCURRENCES_A_MONTH, 0.001, 1.0, 0.0, 1, 10)
    assert verdicts(waiting)["occurrences a month"] == "wrong"


def test_contact_calls_are_held_against_the_accounts_own_limit() -> None:
    pace = Pace(0, 200_000 / 86_400, 0.0, 1.0, 1, 10)  # 200,000 upserts a day
    assert verdicts(pace)["contact calls a day"] == "ok"
    assert verdicts(pace, calls_a_day=CONTACT_CALLS_A_DAY["starter"])["contact calls a day"] == "ok"
    assert verdicts(pace, calls_a_day=210_000)["contact calls a day"] == "warning"
    assert (
        verdicts(pace, calls_a_day=1_000)["contact calls a day"] == "wrong"
    )  # batches of 100 are too many, too


def test_contact_upserts_beyond_the_rate_mean_falling_behind() -> None:
    assert verdicts(Pace(0, 5000.0, 0.0, 1.0, 1, 10))["catching up"] == "wrong"


def test_a_stream_without_a_pace_says_so() -> None:
    assert verdicts(Pace(5, None, 1.0, 1.0, 1, 5)) == {"pace": "note", "definitions": "ok"}


def test_more_event_names_than_definitions_are_wrong() -> None:
    assert verdicts(Pace(5, 1.0, 1.0, 1.0, 501, 501))["definitions"] == "wrong"


# ---- the pace of events


def pace_of(*timestamps: object) -> EventPace:
    pace = EventPace()
    for timestamp in timestamps:
        pace.add(timestamp)
    return pace


def test_the_pace_is_that_of_the_events_own_time() -> None:
    span = pace_of(*(BEGUN_MS + number * HOUR_MS for number in range(25))).span
    assert span is not None
    assert span.seconds == 24 * 3600
    assert span.per_second == pytest.approx(25 / 86_400)


def test_less_than_an_hour_is_no_pace() -> None:
    span = pace_of(BEGUN_MS, BEGUN_MS + HOUR_MS - 1).span
    assert span is not None
    assert span.per_second is None


def test_without_a_timestamp_there_is_no_pace() -> None:
    assert pace_of(None, "soon", 0, float("nan"), -5, 1e300, {}).span is None


@pytest.mark.parametrize("wrong", [1, 253_402_300_799_000])  # 1970, and the year 9999
def test_a_wrong_clock_does_not_stretch_the_time_and_hide_a_quota(wrong: int) -> None:
    span = pace_of(wrong, *(BEGUN_MS + number * HOUR_MS for number in range(25))).span
    assert span is not None
    assert span.apart == 1
    assert span.seconds == 24 * 3600


def test_events_without_a_timestamp_count_at_the_pace_of_the_others() -> None:
    timed = [BEGUN_MS + number * HOUR_MS for number in range(25)]
    span = pace_of(*timed, *([None] * 25)).span
    assert span is not None
    assert span.per_second == pytest.approx(50 / 86_400)
