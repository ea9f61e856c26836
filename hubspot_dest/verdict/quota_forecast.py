"""Forecast HubSpot's quotas from a pace and from what waits. Pure (HubSpot wire facts, sections 1.5 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hubspot_dest.checks.limits import (
    CONTACT_CALLS_A_DAY,
    MAX_CONTACT_BATCH,
    MAX_DEFINITIONS,
    OCCURRENCES_A_MONTH,
)

__all__ = ["ForecastVerdict", "Pace", "QuotaForecast", "forecast", "forecast_catching_up"]

ForecastVerdict = Literal["ok", "warning", "wrong", "note"]

_DAY: Final = 86_400.0
_MONTH: Final = 30 * _DAY
_NEAR: Final = 0.8
_UPSERTS_PER_SECOND: Final = (
    19.0 * 0.8 * MAX_CONTACT_BATCH
)  # 190 calls in ten seconds, 80 % of them sustained


@dataclass(frozen=True, slots=True)
class Pace:
    """What a stream, or a file of events, brings.

    Attributes:
        lag: events that wait.
        per_second: events per second; None if it cannot be computed.
        occurrences: how many occurrences one event makes, 0 to 1, by a sample.
        upserts: how many contact upserts one event makes at most, by a sample.
        event_names: how many different events the sample has.
        sampled: how many events the sample has.
        seconds: in which time they came, which `per_second` rests on.

    """

    lag: int
    per_second: float | None
    occurrences: float
    upserts: float
    event_names: int
    sampled: int
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class QuotaForecast:
    """One quota: whether it suffices.

    Attributes:
        subject: what it is about: `occurrences a month`.
        verdict: `ok`; `warning`: nearly used up; `wrong`: exceeded; `note`: no quota, or nothing is known.
        sentence: how much is used, and how much there is.
        hint: what to do; may be empty.
        code: of the check that it breaks; empty for what is no quota.
        used: how much is used, where that is a number.

    """

    subject: str
    verdict: ForecastVerdict
    sentence: str
    hint: str = ""
    code: str = ""
    used: int = 0


def forecast(pace: Pace, calls_a_day: int = CONTACT_CALLS_A_DAY["enterprise"]) -> list[QuotaForecast]:
    """Return what to expect of each quota; without a pace, of the definitions alone.

    Args:
        pace: what comes.
        calls_a_day: what the account may call a day; sending events does not count.

    """
    found = [_definitions(pace)]
    if pace.per_second is not None:
        found.append(_monthly(pace, pace.per_second))
        found.append(_daily(pace, pace.per_second, calls_a_day))
    return found


def _definitions(pace: Pace) -> QuotaForecast:
    sentence = (
        f"{pace.event_names:,} different events among {pace.sampled:,}; an account has {MAX_DEFINITIONS} "
        "definitions at most"
    )
    verdict: ForecastVerdict = "wrong" if pace.event_names > MAX_DEFINITIONS else "ok"
    return QuotaForecast("definitions", verdict, sentence, code="quota_definitions", used=pace.event_names)


def _monthly(pace: Pace, rate: float) -> QuotaForecast:
    count = round(rate * pace.occurrences * _MONTH) + round(pace.lag * pace.occurrences)
    waits = ", what waits included" if pace.lag else ""
    sentence = f"{count:,} occurrences in 30 days at this pace{waits}; {OCCURRENCES_A_MONTH:,} are allowed"
    verdict: ForecastVerdict = "ok"
    if count > OCCURRENCES_A_MONTH:
        verdict = "wrong"
        days = OCCURRENCES_A_MONTH / max(1.0, rate * pace.occurrences * _DAY)
        sentence += f", and used up after {days:.3g} days"
    elif count > OCCURRENCES_A_MONTH * _NEAR:
        verdict = "warning"
    hint = "" if verdict == "ok" else "send fewer events: a rule with ignore, or a condition"
    return QuotaForecast("occurrences a month", verdict, sentence, hint, "quota_occurrences", count)


def _daily(pace: Pace, rate: float, calls_a_day: int) -> QuotaForecast:
    upserts = rate * pace.upserts * _DAY
    fewest = round(upserts / MAX_CONTACT_BATCH)
    sentence = (
        f"{round(upserts):,} contact upserts a day at most, {fewest:,} calls if each takes {MAX_CONTACT_BATCH}; "
        f"{calls_a_day:,} calls are allowed"
    )
    verdict: ForecastVerdict = "ok"
    if fewest > calls_a_day:
        verdict = "wrong"
    elif upserts > calls_a_day * _NEAR:
        verdict = "warning"
    hint = "" if verdict == "ok" else "map fewer contact properties that change with every event"
    return QuotaForecast(
        "contact calls a day", verdict, sentence, hint, "quota_contact_calls", round(upserts)
    )


def forecast_catching_up(pace: Pace) -> list[QuotaForecast]:
    """Return what a group of workers has to expect: the pace itself, and when nothing waits any more."""
    if pace.per_second is None:
        sentence = f"{pace.lag:,} messages wait; the stream is too short to tell how many come a second"
        return [QuotaForecast("pace", "note", sentence)]
    rate = pace.per_second
    return [
        QuotaForecast("pace", "note", f"{rate:.3g} messages a second, and {pace.lag:,} wait"),
        _catching_up(pace, rate),
    ]


def _catching_up(pace: Pace, rate: float) -> QuotaForecast:
    coming = rate * pace.upserts
    if coming >= _UPSERTS_PER_SECOND:
        sentence = (
            f"{coming:,.0f} contact upserts a second come, {_UPSERTS_PER_SECOND:,.0f} are possible: "
            "the group falls behind, however many workers it has"
        )
        return QuotaForecast("catching up", "wrong", sentence, "map fewer contact properties that change")
    if not pace.lag:
        return QuotaForecast("catching up", "ok", "nothing waits")
    if pace.upserts <= 0:
        return QuotaForecast("catching up", "ok", "no contact limit slows it down")
    seconds = pace.lag * pace.upserts / (_UPSERTS_PER_SECOND - coming)
    return QuotaForecast(
        "catching up", "ok", f"{seconds:,.0f} s at the permitted rate, if every upsert is needed"
    )
