"""Forecast the use of HubSpot's quotas from a stream's rate and lag. Pure (HubSpot wire facts, sections 1.5 and 6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from hubspot_dest.checks.limits import (
    CONTACT_CALLS_A_DAY,
    MAX_CONTACT_BATCH,
    MAX_DEFINITIONS,
    OCCURRENCES_A_MONTH,
)

__all__ = ["QuotaForecast", "Pace", "forecast"]

_DAY: Final = 86_400.0
_MONTH: Final = 30 * _DAY
_NEAR: Final = 0.8
_UPSERTS_PER_SECOND: Final = (
    19.0 * 0.8 * MAX_CONTACT_BATCH
)  # 190 calls in ten seconds, 80 % of them sustained


@dataclass(frozen=True, slots=True)
class Pace:
    """The rate of a stream.

    Attributes:
        lag: the number of waiting messages.
        per_second: messages per second; None if it cannot be computed.
        occurrences: occurrences per message, 0 to 1, estimated from a sample.
        upserts: the maximum of contact upserts per message, 0 to 1, estimated from a sample.
        event_names: the number of different event names in the sample.
        sampled: the number of messages in the sample.

    """

    lag: int
    per_second: float | None
    occurrences: float
    upserts: float
    event_names: int
    sampled: int


@dataclass(frozen=True, slots=True)
class QuotaForecast:
    """The forecast for a quota: its subject, whether it suffices, a sentence, and what to do."""

    subject: str
    verdict: Literal["ok", "warning", "wrong", "note"]
    sentence: str
    hint: str = ""


def forecast(pace: Pace, calls_a_day: int = CONTACT_CALLS_A_DAY["enterprise"]) -> list[QuotaForecast]:
    """Return the forecast for each quota.

    Args:
        pace: the rate of the stream.
        calls_a_day: the account's limit of calls per day; sending events does not count.

    """
    forecasts = [_definitions(pace)]
    if pace.per_second is None:
        sentence = f"{pace.lag:,} messages wait; the stream is too short to determine the rate"
        return [QuotaForecast("pace", "note", sentence), *forecasts]
    rate = pace.per_second
    forecasts.insert(0, QuotaForecast("pace", "note", f"{rate:.3g} messages a second, and {pace.lag:,} wait"))
    forecasts.append(_monthly(pace, rate))
    forecasts.append(_daily(pace, rate, calls_a_day))
    forecasts.append(_catching_up(pace, rate))
    return forecasts


def _definitions(pace: Pace) -> QuotaForecast:
    sentence = (
        f"{pace.event_names} different events in {pace.sampled} messages; an account may have {MAX_DEFINITIONS} "
        "definitions"
    )
    verdict: Literal["ok", "wrong"] = "wrong" if pace.event_names > MAX_DEFINITIONS else "ok"
    return QuotaForecast("definitions", verdict, sentence)


def _monthly(pace: Pace, rate: float) -> QuotaForecast:
    count = round(rate * pace.occurrences * _MONTH) + round(pace.lag * pace.occurrences)
    said = f"{count:,} occurrences in 30 days at this rate, including the waiting messages"
    if count <= OCCURRENCES_A_MONTH * _NEAR:
        return QuotaForecast("occurrences a month", "ok", f"{said}; {OCCURRENCES_A_MONTH:,} are allowed")
    day = OCCURRENCES_A_MONTH / max(1.0, rate * pace.occurrences * _DAY)
    hint = "send fewer events: a rule with ignore, or a condition"
    if count <= OCCURRENCES_A_MONTH:
        return QuotaForecast(
            "occurrences a month",
            "warning",
            f"{said}, close to the allowed {OCCURRENCES_A_MONTH:,}",
            hint,
        )
    sentence = f"{said}; {OCCURRENCES_A_MONTH:,} are allowed, which are used up after {day:.3g} days"
    return QuotaForecast("occurrences a month", "wrong", sentence, hint)


def _daily(pace: Pace, rate: float, calls_a_day: int) -> QuotaForecast:
    upserts = rate * pace.upserts * _DAY
    fewest = round(upserts / MAX_CONTACT_BATCH)
    said = (
        f"at most {round(upserts):,} contact upserts a day, or {fewest:,} calls of {MAX_CONTACT_BATCH} each; "
        f"{calls_a_day:,} calls are allowed"
    )
    hint = "map fewer contact properties that change with every event"
    if fewest > calls_a_day:
        return QuotaForecast("contact calls a day", "wrong", said, hint)
    if upserts > calls_a_day * _NEAR:
        return QuotaForecast("contact calls a day", "warning", said, hint)
    return QuotaForecast("contact calls a day", "ok", said)


def _catching_up(pace: Pace, rate: float) -> QuotaForecast:
    coming = rate * pace.upserts
    if coming >= _UPSERTS_PER_SECOND:
        sentence = (
            f"{coming:,.0f} contact upserts a second arrive, but {_UPSERTS_PER_SECOND:,.0f} are possible: "
            "the group falls behind, no matter how many workers it has"
        )
        return QuotaForecast("catching up", "wrong", sentence, "map fewer contact properties that change")
    if not pace.lag:
        return QuotaForecast("catching up", "ok", "nothing waits")
    if pace.upserts <= 0:
        return QuotaForecast("catching up", "ok", "there are no contact upserts to limit it")
    seconds = pace.lag * pace.upserts / (_UPSERTS_PER_SECOND - coming)
    return QuotaForecast(
        "catching up", "ok", f"{seconds:,.0f} s at the permitted rate, if every upsert is needed"
    )
