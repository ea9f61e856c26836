"""The question whether HubSpot accepts every event and nothing is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
from hubspot_dest.amounts import amount, verb
from hubspot_dest.config.model import Config
from hubspot_dest.outcome import EVENT_KINDS, Outcome
from hubspot_dest.report.json_report import plain
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.mapping_paths import ConfigPath, path_text
from hubspot_dest.verdict.missing_emails import MissingEmails
from hubspot_dest.verdict.rule_views import ConfigView
from hubspot_dest.verify.catalogue import verify_finding
from hubspot_dest.verify.finding_groups import FindingGroups
from hubspot_dest.verify.result import PayloadSample, SectionResult, SectionStatus
from hubspot_dest.verify.section import VerifySubject, blocking_severities

__all__ = ["EVENTS_QUESTION", "EventsSection"]

EVENTS_QUESTION: Final = "Does HubSpot accept every event without losing any?"
_MOST_SAMPLES: Final = 200
_DIGITS: Final = re.compile(r"\d+")  # messages of the same cause differ in lines and columns


class EventsSection:
    """Count outcomes and findings, and keep a sample of each event name, outcome and rule.

    Args:
        subject: the input of `verify`.
        config: the configuration.
        judge: the judge of the plans, for its findings about all events together.
        events: the name of the source of the events; empty without events.

    Attributes:
        kinds: outcome to number of events.
        granted: the consents that the collector itself has; set before `close`.

    """

    def __init__(self, subject: VerifySubject, config: Config, judge: Judge, events: str) -> None:
        self._subject = subject
        self._config = config
        self._judge = judge
        self._events = events
        self._groups = FindingGroups("events", blocking_severities(subject.fail_on))
        self._samples: dict[tuple[str, str, str], PayloadSample] = {}
        self._emails = MissingEmails(config.raw)
        self._views = ConfigView(config.raw)
        self._contacts = 0
        self._contact_at: ConfigPath = ("settings", "identify")
        self._read = 0
        self._bad = 0
        self._waiting = 0
        self._refusals = 0
        self.kinds: Counter[str] = Counter()
        self.granted: Collection[str] = ()

    def add_event(self, event: Any, line: int) -> None:  # noqa: ARG002 - of the Protocol
        """Count an event."""
        self._read += 1

    def add_bad_line(self, message: str, hint: str, line: int) -> None:
        """Report a line that is not an event."""
        self._bad += 1
        finding = verify_finding("event_unreadable", message, fix=hint, file=self._events, line=line)
        self._groups.add(finding, line, _DIGITS.sub("#", message))

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Count an outcome and its findings."""
        if outcome.events:
            return  # a batch, whose events have been counted individually
        self.kinds[outcome.kind] += 1
        self._emails.add(outcome)
        self._waiting += outcome.kind == "denied" and outcome.reason != "consent_refused"
        self._refusals += outcome.kind == "denied" and outcome.reason == "consent_refused"
        plan = outcome.plan
        if plan is not None and plan.contact is not None:
            if not self._contacts:
                self._contact_at = self._views.rule(plan.rule_key, plan.rule_index).identify_at
            self._contacts += 1
        for finding in outcome.findings:
            # Without a path in the configuration, every name is a separate cause.
            name = finding.sentence if finding.code.startswith("event_name") else ""
            cause = () if finding.config_path else (finding.path, name)
            self._groups.add(
                finding if finding.config_path else replace(finding, file=self._events, line=line),
                line,
                *cause,
            )
        if outcome.kind == "failed":
            self._add_failure(outcome, line)
        elif outcome.issues:
            self._add_issues(outcome, line)
        self._add_sample(outcome, line)

    @property
    def samples(self) -> tuple[PayloadSample, ...]:
        """One sample of each event name, outcome and rule, at most 200."""
        return tuple(self._samples.values())

    def close(self) -> SectionResult:
        """Return the answer; unanswered without events."""
        if not self._events:
            return SectionResult(
                "events",
                EVENTS_QUESTION,
                "unanswered",
                "there are no events: pass EVENTS to hubspot-dest verify",
            )
        for finding in self._judge.summary(self.granted):
            self._groups.add(finding)
        if self._contacts and self._subject.parity:
            self._add_unknown_contacts()
        status: SectionStatus = "failed" if self._groups.blocked else "passed"
        if not self._bad and not self._reached and status == "passed":
            status = "unanswered"
        return SectionResult(
            "events",
            EVENTS_QUESTION,
            status,
            self._answer(),
            self._groups.findings,
            self._notes(),
            {"events": self._read, "badLines": self._bad, **self.kinds},
            self._cause() if status == "unanswered" else "",
            self._reservation() if status == "passed" else "",
        )

    def _reservation(self) -> str:
        """Return why HubSpot may nevertheless refuse or lose events; empty if it does not."""
        parts = []
        if self._contacts and self._subject.parity:
            parts.append("walkerOS loses the events of contacts that HubSpot does not have yet")
        if self._subject.account is UNKNOWN_ACCOUNT:
            parts.append("as far as is known: the account was not given")
        return "; ".join(parts)

    def _add_unknown_contacts(self) -> None:
        """Report that walkerOS loses the events of new contacts, at the place of the contact's mapping."""
        at = self._contact_at
        source = self._config.source
        place: dict[str, Any] = {"config_path": path_text(at)}
        if source is not None:
            place |= {"file": source.file, "line": source.line(at)}
        sentence = (
            f"{amount(self._contacts, 'event')} {verb(self._contacts, 'update')} a contact: for contacts that HubSpot "
            "does not have yet, it answers 404, and walkerOS loses the event"
        )
        self._groups.add(verify_finding("contact_unknown", sentence, **place))

    def _cause(self) -> str:
        """Return why nothing is sent of any event, and what to do."""
        parts = [f"nothing is sent of {amount(self._read, 'event')}"]
        kinds = [f"{self.kinds[kind]} {kind}" for kind in EVENT_KINDS if self.kinds[kind]]
        parts[0] += f": {', '.join(kinds)}" if kinds else ""
        if self._waiting:
            parts.append(f"{self._consent_option()} grants what waits for consent")
        parts += self._emails.sentences()
        return "; ".join(parts)

    def _consent_option(self) -> str:
        names = sorted(self._judge.consents)
        return f"--consent {names[0]}" if len(names) == 1 else "--consent NAME"

    @property
    def _reached(self) -> int:
        """The number of events for which something is sent."""
        return sum(self.kinds[kind] for kind in ("sent", "queued", "identified", "refused"))

    def _answer(self) -> str:
        kinds = (
            ", ".join(f"{self.kinds[kind]} {kind}" for kind in EVENT_KINDS if self.kinds[kind]) or "nothing"
        )
        bad = f", {amount(self._bad, 'line')} without an event" if self._bad else ""
        answer = f"{self._read} event{'' if self._read == 1 else 's'}: {kinds}{bad}"
        if not self._reached and not self._bad:
            return f"{answer}; none of them is sent, so nothing is proved"
        return answer

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self._contacts and not self._subject.parity:
            notes.append(
                "contacts that HubSpot does not have yet are created; walkerOS would lose their events (404)"
            )
        if self._config.batch and self.kinds["refused"]:
            notes.append("events are sent in batches: HubSpot may refuse a whole batch for one refused event")
        if self._waiting:
            wait = f"{amount(self._waiting, 'event')} {verb(self._waiting, 'wait')}"
            notes.append(f"{wait} for consent; {self._consent_option()} grants it")
        if self._refusals:
            refuse = f"{amount(self._refusals, 'event')} {verb(self._refusals, 'refuse')}"
            notes.append(
                f"{refuse} consent and {verb(self._refusals, 'are')} not sent, regardless of --consent"
            )
        notes += self._emails.sentences()
        if self._subject.account is UNKNOWN_ACCOUNT:
            notes.append("the account is unknown, so missing definitions and properties were not checked")
        if dropped := self._groups.dropped:
            further = f"{amount(dropped, 'further finding')} {verb(dropped, 'have')}"
            notes.append(f"{further} causes that are not listed")
        return tuple(notes)

    def _add_failure(self, outcome: Outcome, line: int | None) -> None:
        reason = outcome.error.describe() if outcome.error is not None else outcome.sentence
        sentence = f"{outcome.name or 'the event'}: {outcome.reason}: {reason}"
        finding = verify_finding("event_failed", sentence, **self._place(outcome, line))
        self._groups.add(finding, line, outcome.reason, outcome.name)

    def _add_issues(self, outcome: Outcome, line: int | None) -> None:
        for issue in outcome.issues:
            if issue.level == "ERROR":
                finding = verify_finding("function_failed", issue.text, **self._place(outcome, line))
                self._groups.add(finding, line, issue.message, str(issue.detail.get("place", "")))

    def _place(self, outcome: Outcome, line: int | None) -> dict[str, Any]:
        """Return the place of an outcome's rule, or that of the event if no rule matched."""
        plan = outcome.plan
        at: ConfigPath = ()
        if plan is not None and plan.rule_key:
            at = ("mapping", *plan.rule_key.split(" ", 1))
        if plan is not None and plan.rule_index is not None:
            at = (*at, plan.rule_index)
        source = self._config.source
        if source is None or not at:
            return {"file": self._events, "line": line}
        return {"config_path": path_text(at), "file": source.file, "line": source.line(at)}

    def _add_sample(self, outcome: Outcome, line: int | None) -> None:
        key = (outcome.name, outcome.kind, outcome.rule_label)
        known = self._samples.get(key)
        if known is not None:
            self._samples[key] = replace(known, count=known.count + 1)
        elif len(self._samples) < _MOST_SAMPLES:
            self._samples[key] = PayloadSample(
                outcome.name,
                outcome.kind,
                outcome.sentence,
                line,
                outcome.rule_label,
                tuple(plain(call) for call in _calls_of(outcome)),
            )


def _calls_of(outcome: Outcome) -> tuple[Any, ...]:
    """Return the calls of an outcome; for a queued one, those that will be made."""
    if outcome.kind == "queued" and outcome.plan is not None:
        return tuple(outcome.plan.calls)
    return (*outcome.batched, *outcome.calls)  # what it shares with others, then its own
