"""Whether the account's quotas suffice for as many events as come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hubspot_dest.amounts import amount, verb
from hubspot_dest.checks.catalogue import finding_of
from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.checks.limits import CONTACT_CALLS_A_DAY
from hubspot_dest.checks.moments import EARLIEST_PLAUSIBLE_MS, latest_plausible_ms
from hubspot_dest.outcome import Outcome
from hubspot_dest.verdict.event_pace import EventPace, PaceSpan
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.quota_forecast import Pace, QuotaForecast, forecast
from hubspot_dest.verdict.quotas import Quotas
from hubspot_dest.verify.finding_groups import FindingGroups
from hubspot_dest.verify.result import SectionResult, SectionStatus
from hubspot_dest.verify.section import VerifySubject, blocking_severities

__all__ = ["QuotasSection"]

_QUESTION: Final = "Do the account's quotas suffice for that many events?"
_WEIGHT: Final = 100  # one of this many events is counted for quotas of millions
_MOST_HOURS: Final = 72
_SHORTEST_STREAM: Final = 60.0  # seconds; it holds all that comes, which a file may not
_UNKNOWN: Final = {
    "quota_occurrences": "what HubSpot does with occurrences beyond those of the month is not documented (GAP)",
}
_COUNTS: Final = {
    "quota_definitions": "definitions",
    "quota_occurrences": "occurrencesAMonth",
    "quota_contact_calls": "contactUpsertsADay",
}


class QuotasSection:
    """Counts what HubSpot limits by the month and the day, and forecasts a month from the pace of the events.

    Args:
        subject: what is verified; its pace, of a stream, goes before that of the events.
        judge: knows how many different events there were.
        events: the name of the events' source; empty without one.
        now_ms: the time of the run, in ms since 1970; later timestamps cannot be true.

    """

    def __init__(self, subject: VerifySubject, judge: Judge, events: str, now_ms: int) -> None:
        self._subject = subject
        self._judge = judge
        self._events = events
        self._quotas = Quotas(subject.account.limits)
        self._pace = EventPace(EARLIEST_PLAUSIBLE_MS, latest_plausible_ms(now_ms))
        self._groups = FindingGroups("quotas", blocking_severities(subject.fail_on))
        self._read = 0
        self._occurrences = 0
        self._contact_calls = 0

    def add_event(self, event: Any, line: int) -> None:  # noqa: ARG002 - of the Protocol
        """Note when an event came."""
        self._read += 1
        self._pace.add(event.get("timestamp") if isinstance(event, dict) else None)

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:  # noqa: ARG002 - of the Protocol
        """Count what is sent of an event."""
        plan = outcome.plan
        if outcome.events or plan is None:
            return  # a batch: its events were counted one by one
        if plan.occurrence is not None and outcome.kind not in ("denied", "failed"):
            self._occurrences += 1
            if not self._occurrences % _WEIGHT:
                self._quotas.add(outcome, _WEIGHT)
        if plan.contact is not None:
            # Events of a file share calls that they will not share as they come: each contact counts as a call.
            calls = sum(str(call[0]).startswith("crm.") for call in (*outcome.batched, *outcome.calls))
            self._contact_calls += calls
            self._quotas.add_calls(outcome, calls)

    def close(self) -> SectionResult:
        """Return the answer; unanswered where no pace is known."""
        span = self._pace.span
        pace = self._known_pace(span)
        limits = self._subject.account.limits
        known = None if limits is None else limits.calls_a_day
        forecasts = [] if pace is None else forecast(pace, known or CONTACT_CALLS_A_DAY["enterprise"])
        counted = self._quotas.findings(self._judge.event_names)
        for finding in counted:
            self._groups.add(finding)
        exceeded = {finding.code for finding in counted}
        for quota in forecasts:
            if quota.verdict == "wrong" and quota.code not in exceeded:
                exceeded.add(quota.code)
                self._groups.add(finding_of(Violation(quota.code, quota.sentence)))
        has_pace = pace is not None and pace.per_second is not None
        return SectionResult(
            "quotas",
            _QUESTION,
            self._status(has_pace=has_pace, exceeded=bool(exceeded)),
            self._answer(forecasts, span, counted) if has_pace or counted else self._why_unanswered(span),
            self._groups.findings,
            tuple(self._notes(forecasts, span, exceeded)),
            {_COUNTS[quota.code]: quota.used for quota in forecasts} if has_pace else {},
        )

    def _status(self, *, has_pace: bool, exceeded: bool) -> SectionStatus:
        if self._groups.blocked:
            return "failed"
        if exceeded:  # a file may hold other events than those of its time; a stream holds what comes
            return "failed" if self._subject.pace is not None else "doubtful"
        return "passed" if has_pace else "unanswered"

    def _known_pace(self, span: PaceSpan | None) -> Pace | None:
        """Return the pace of the stream, or that of the events; None without either."""
        names = self._judge.event_names
        if self._subject.pace is not None:
            given = self._subject.pace
            rate = given.per_second if given.seconds >= _SHORTEST_STREAM else None
            return replace(given, per_second=rate, event_names=max(given.event_names, names))
        if span is None or not self._read:
            return None
        return Pace(
            0,
            span.per_second,
            self._occurrences / self._read,
            self._contact_calls / self._read,
            names,
            self._read,
        )

    def _answer(
        self, forecasts: list[QuotaForecast], span: PaceSpan | None, counted: tuple[Finding, ...]
    ) -> str:
        beyond = [quota.subject for quota in forecasts if quota.verdict == "wrong"]
        near = [quota.subject for quota in forecasts if quota.verdict == "warning"]
        seconds = 0.0 if self._subject.pace is None else self._subject.pace.seconds
        if span is None or self._subject.pace is not None:
            basis = f"at the pace of the stream in {_duration(seconds)}"
        else:
            basis = f"if these are all events of {_duration(span.seconds)}"
        if beyond:
            return f"no: they do not suffice {basis}: {' and '.join(beyond)}"
        if counted:
            return f"no: {'; '.join(finding.sentence for finding in counted)}"
        if near:
            return f"they suffice {basis}, and are nearly used up: {' and '.join(near)}"
        return f"they suffice {basis}"

    def _why_unanswered(self, span: PaceSpan | None) -> str:
        if self._subject.pace is not None:
            return f"the stream spans {_duration(self._subject.pace.seconds)}; a forecast needs at least one minute"
        if not self._events:
            return "no events were given: use hubspot-dest verify CONFIG EVENTS, or --source SOURCE"
        if span is None:
            faults = self._pace.faults
            why = f"no event has a usable timestamp ({faults})" if faults else "no event has a timestamp"
            return f"{why}, so their rate is unknown; use --source SOURCE"
        return f"the events span {_duration(span.seconds)}; a forecast needs at least one hour (or --source SOURCE)"

    def _notes(self, forecasts: list[QuotaForecast], span: PaceSpan | None, exceeded: set[str]) -> list[str]:
        notes = [quota.sentence for quota in forecasts if len(forecasts) > 1]
        notes += [sentence for code, sentence in _UNKNOWN.items() if code in exceeded]
        if span is not None and self._subject.pace is None and len(forecasts) > 1:
            if span.apart:
                have = f"{amount(span.apart, 'event')} {verb(span.apart, 'have')}"
                notes.append(f"{have} a timestamp more than a week apart from the others: not counted")
            if span.misdated:
                notes.append(f"{self._pace.faults}: not counted")
            if span.untimed:
                have = f"{amount(span.untimed, 'event')} {verb(span.untimed, 'have')}"
                notes.append(f"{have} no timestamp: counted at the pace of the others")
        return notes


def _duration(seconds: float) -> str:
    """Return a time as people say it: `9 seconds`, `26 hours`, `12 days`."""
    if seconds < 120:
        return amount(round(seconds), "second")
    if seconds < 7200:
        return amount(round(seconds / 60), "minute")
    hours = round(seconds / 3600)
    return amount(hours, "hour") if hours <= _MOST_HOURS else amount(round(hours / 24), "day")
