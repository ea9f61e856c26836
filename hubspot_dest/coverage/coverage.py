"""Measure the coverage of a configuration by a stream of events, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from hubspot_dest.account.schema import AccountLimits
from hubspot_dest.coverage.api_usage import ApiUsage, LimitShare
from hubspot_dest.coverage.distinct_counter import DistinctCounter
from hubspot_dest.coverage.nearest_rule import nearest_rules
from hubspot_dest.coverage.rule_coverage import OTHERS, PropertyHits, RuleCoverage, RuleHits
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import WALKEROS_4_7, Dialect
from hubspot_dest.mapping.jsvalues import LAST_PLAIN_MS, iso_string
from hubspot_dest.outcome import Outcome
from hubspot_dest.planning.plan import Plan
from hubspot_dest.verdict.mapping_paths import path_text

__all__ = ["Coverage", "CoverageSummary", "NotSent", "UnmatchedEvent"]

_NAMES: Final = 10_000
_REASONS: Final = 500
_NOT_SENT: Final = frozenset({"denied", "ignored", "skipped", "failed", "refused"})


@dataclass(frozen=True, slots=True)
class UnmatchedEvent:
    """Events with the same name that no rule matched.

    Attributes:
        name: the name of the events; `(others)` for all names beyond the first 500.
        count: the number of events.
        nearest: the key of the rule with the most similar name; empty if there is none.
        apart: `capital letters` or `spaces` if that is the only difference, else empty.

    """

    name: str
    count: int
    nearest: str = ""
    apart: str = ""


@dataclass(slots=True)
class NotSent:
    """A reason why events were not sent.

    Attributes:
        kind: the outcome: `skipped`, `refused` …
        reason: the code of the reason.
        sentence: the sentence of the first such event.
        count: the number of events.
        line: the line of the first such event; None if unknown.

    """

    kind: str
    reason: str
    sentence: str
    count: int = 0
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CoverageSummary:
    """What a stream of events exercised.

    Attributes:
        events: the number of events.
        outcomes: outcome to number of events; their sum is `events`.
        not_mapped: the number of events for which no rule was looked up, since they wait for consent or failed before.
        rules: all rules, in the order of the configuration.
        identify: the contact that every event may write.
        defaults: the default properties.
        policy: the edits of the policy.
        unmatched: events without a rule, most frequent first.
        not_sent: the reasons why events were not sent, most frequent first.
        contacts: the number of different contacts in the calls; None if it was not counted.
        contacts_estimated: whether that number is an estimate, with a standard error of 0.8 %.
        contact_calls: the number of calls that write contacts.
        event_calls: the number of calls that send events.
        limits: the used share of each of HubSpot's limits, at the rate of the events' timestamps.

    """

    events: int
    outcomes: Mapping[str, int]
    not_mapped: int
    rules: tuple[RuleHits, ...]
    identify: RuleHits
    defaults: tuple[PropertyHits, ...]
    policy: tuple[PropertyHits, ...]
    unmatched: tuple[UnmatchedEvent, ...]
    not_sent: tuple[NotSent, ...]
    contacts: int | None
    contacts_estimated: bool
    contact_calls: int
    event_calls: int
    limits: tuple[LimitShare, ...]

    @classmethod
    def of_rules(
        cls, rules: RuleCoverage, *, outcomes: Mapping[str, int], contact_calls: int, event_calls: int
    ) -> Self:
        """Return a summary for rules that were counted elsewhere, without contacts and limits.

        Args:
            rules: the counted rules.
            outcomes: outcome to number of events.
            contact_calls: the number of calls that wrote contacts.
            event_calls: the number of calls that sent events.

        """
        events = sum(outcomes.values())
        mapped = sum(rule.hits for rule in rules.all()) + rules.unmatched.total()
        return cls(
            events=events,
            outcomes=outcomes,
            not_mapped=max(0, events - mapped),
            rules=tuple(rules.all()),
            identify=rules.identify,
            defaults=tuple(rules.defaults.values()),
            policy=tuple(rules.policy.values()),
            unmatched=tuple(_unmatched(rules)),
            not_sent=(),
            contacts=None,
            contacts_estimated=False,
            contact_calls=contact_calls,
            event_calls=event_calls,
            limits=(),
        )

    @property
    def matched_events(self) -> int:
        """The number of events that a rule matched."""
        return sum(rule.hits for rule in self.rules)

    @property
    def unmatched_events(self) -> int:
        """The number of events that no rule matched."""
        return sum(event.count for event in self.unmatched)

    @property
    def targets(self) -> tuple[int, int]:
        """The number of rules and properties that were exercised, and the number of all.

        A rule is exercised if it matched an event, a property if its source had a value other than the default. The
        properties of a rule that ignores its events do not count.
        """
        reached = [rule.hits > 0 for rule in self.rules]
        for rule in (*self.rules, self.identify):
            if not rule.ignores:
                named = (*rule.properties.values(), *rule.contact.values())
                reached += [property_hits.resolved > 0 for property_hits in named]
        return sum(reached), len(reached)

    @property
    def percent(self) -> float | None:
        """The exercised share of rules and properties, 0 to 100 with one decimal; None if there are neither."""
        reached, total = self.targets
        if not total:
            return None
        # Rounded half up, but 100 only if everything is exercised.
        tenths = (2000 * reached + total) // (2 * total)
        return (tenths if reached == total else min(tenths, 999)) / 10

    def as_dict(self) -> dict[str, Any]:
        """Return the summary as written by `--json`."""
        reached, total = self.targets
        return {
            "percent": self.percent,
            "covered": reached,
            "targets": total,
            "events": self.events,
            "outcomes": dict(self.outcomes),
            "withRule": self.matched_events,
            "withoutRule": self.unmatched_events,
            "notMapped": self.not_mapped,
            "rules": [_rule_record(rule) for rule in self.rules],
            "identify": _rule_record(self.identify) if self.identify.contact or self.identify.hits else None,
            "defaultProperties": [_property_record(default) for default in self.defaults],
            "policy": [_property_record(property_hits) for property_hits in self.policy],
            "eventsWithoutRule": [
                {
                    "event": event.name,
                    "count": event.count,
                    "nearest": event.nearest or None,
                    "apart": event.apart or None,
                }
                for event in self.unmatched
            ],
            "notSent": [
                {
                    "outcome": not_sent.kind,
                    "reason": not_sent.reason,
                    "count": not_sent.count,
                    "firstLine": not_sent.line,
                    "sentence": not_sent.sentence,
                }
                for not_sent in self.not_sent
            ],
            "contacts": {"count": self.contacts, "estimated": self.contacts_estimated},
            "calls": {"contacts": self.contact_calls, "events": self.event_calls},
            "limits": [limit.as_dict() for limit in self.limits],
        }


class Coverage:
    """Count what the outcomes of a run exercise, in memory that does not grow with the events.

    Args:
        raw: the destination's configuration, as configured.
        collector: the collector's state, which values may depend on.
        limits: the account's limits, if known.
        dialect: the version of the mapping language.

    """

    def __init__(
        self,
        raw: Mapping[str, Any],
        *,
        collector: CollectorView | None = None,
        limits: AccountLimits | None = None,
        dialect: Dialect = WALKEROS_4_7,
    ) -> None:
        self._rules = RuleCoverage(collector, dialect=dialect)
        self._rules.follow(raw)
        self._usage = ApiUsage(limits)
        self._contacts = DistinctCounter()
        self._names: set[str] = set()
        self._outcomes: Counter[str] = Counter()
        self._not_sent: dict[tuple[str, str], NotSent] = {}
        self._last_ms: Any = None
        self._last_moment = ""

    def count(self, outcome: Outcome, line: int | None = None) -> None:
        """Count the outcome of an event, or of a batch.

        Args:
            outcome: the actual or predicted outcome.
            line: the line of the event in its file; None for a batch.

        """
        plan = outcome.plan
        self._usage.add(outcome, "" if plan is None else self._moment(plan))
        if outcome.events:
            return  # a batch; its events have outcomes of their own
        self._outcomes[outcome.kind] += 1
        self._rules.count(outcome, line)
        if outcome.kind in _NOT_SENT:
            key = (outcome.kind, outcome.reason)
            reason = self._not_sent.get(key)
            if reason is None and len(self._not_sent) < _REASONS:
                reason = self._not_sent[key] = NotSent(*key, outcome.sentence, line=line)
            if reason is not None:
                reason.count += 1
        if plan is None:
            return
        if plan.occurrence is not None:
            if len(self._names) < _NAMES:
                self._names.add(plan.occurrence["eventName"])
            if plan.verdict == "ready":
                self._touch(plan.email, plan.object_id)
        if plan.contact is not None and plan.contact.properties is not None:
            self._touch(plan.contact.email, None)

    def summary(self) -> CoverageSummary:
        """Return what the events have exercised so far."""
        rules = self._rules
        events = self._outcomes.total()
        mapped = sum(rule.hits for rule in rules.all()) + rules.unmatched.total()
        return CoverageSummary(
            events=events,
            outcomes=dict(self._outcomes.most_common()),
            not_mapped=events - mapped,
            rules=tuple(rules.all()),
            identify=rules.identify,
            defaults=tuple(rules.defaults.values()),
            policy=tuple(rules.policy.values()),
            unmatched=tuple(_unmatched(rules)),
            not_sent=tuple(
                sorted(
                    self._not_sent.values(),
                    key=lambda not_sent: (-not_sent.count, not_sent.kind, not_sent.reason),
                )
            ),
            contacts=self._contacts.count,
            contacts_estimated=self._contacts.estimated,
            contact_calls=self._usage.contact_calls,
            event_calls=self._usage.event_calls,
            limits=self._usage.shares(len(self._names)),
        )

    def _touch(self, email: str | None, object_id: str | None) -> None:
        if email is not None:
            self._contacts.add(email.lower())
        elif object_id is not None:
            self._contacts.add(f"objectId {object_id}")

    def _moment(self, plan: Plan) -> str:
        occurrence = plan.occurrence
        if occurrence is not None:
            moment = occurrence["occurredAt"]
            return moment if type(moment) is str else ""
        when = plan.event.get("timestamp")
        if type(when) is not int or not 0 < when < LAST_PLAIN_MS:
            return ""
        if when != self._last_ms:
            self._last_ms, self._last_moment = when, iso_string(when)
        return self._last_moment


def _unmatched(rules: RuleCoverage) -> Iterator[UnmatchedEvent]:
    keys = [rule.key for rule in rules.all()]
    for name, count in rules.unmatched.most_common():
        near = nearest_rules(name, keys) if name != OTHERS else []
        yield UnmatchedEvent(name, count, near[0].key, near[0].apart) if near else UnmatchedEvent(name, count)


def _rule_record(rule: RuleHits) -> dict[str, Any]:
    return {
        "rule": rule.label,
        "place": path_text(rule.place),
        "hits": rule.hits,
        "outcomes": dict(rule.outcomes),
        "notes": list(rule.notes),
        "properties": [_property_record(prop) for prop in rule.properties.values()],
        "contact": [_property_record(property_hits) for property_hits in rule.contact.values()],
    }


def _property_record(property_hits: PropertyHits) -> dict[str, Any]:
    return {
        "name": property_hits.name,
        "source": property_hits.source,
        "place": path_text(property_hits.place),
        "asked": property_hits.asked,
        "resolved": property_hits.resolved,
        "defaulted": property_hits.defaulted,
        "missing": property_hits.missing,
        "examples": list(property_hits.examples),
        "firstMissingLine": property_hits.missing_line,
    }
