"""The question whether the account has the event definitions and properties that are needed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.definitions.needs import DefinitionNeeds
from hubspot_dest.definitions.plan import DefinitionsPlan, PlannedEvent, PlannedProperty, State
from hubspot_dest.definitions.plan_text import plan_sentence
from hubspot_dest.definitions.planner import plan_definitions
from hubspot_dest.outcome import Outcome
from hubspot_dest.verify.catalogue import verify_finding
from hubspot_dest.verify.finding_groups import FindingGroups
from hubspot_dest.verify.result import SectionResult, SectionStatus
from hubspot_dest.verify.section import VerifySubject, blocking_severities

__all__ = ["DefinitionsSection"]

_QUESTION: Final = "Does the account have the event definitions and properties?"
_CODES: Final[Mapping[State, str]] = MappingProxyType(
    {
        "missing": "definition_missing",
        "conflict": "definition_conflict",
        "impossible": "definition_impossible",
    }
)
# HubSpot's reaction to an unknown or mistyped property of an event is not known.
_OF_EVENTS: Final[Mapping[State, str]] = MappingProxyType(
    {
        **_CODES,
        "missing": "definition_property_missing",
        "conflict": "definition_property_conflict",
    }
)


class DefinitionsSection:
    """Plan what the account must have, and compare it with the account.

    Args:
        subject: the input of `verify`.
        config: the configuration.

    Attributes:
        plan: what the account must have; None before `close`.

    """

    def __init__(self, subject: VerifySubject, config: Config) -> None:
        self._subject = subject
        self._config = config
        self._needs = DefinitionNeeds(config.raw, subject.account)
        self.plan: DefinitionsPlan | None = None

    def add_event(self, event: Any, line: int) -> None:
        """Ignore events; their needs follow from their plans."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:  # noqa: ARG002 - of the Protocol
        """Add the needs of an event."""
        if outcome.plan is not None:
            self._needs.add_plan(outcome.plan)

    def close(self) -> SectionResult:
        """Return the answer; unanswered if the account is unknown."""
        subject = self._subject
        if not self._needs.from_events:
            self._needs.add_configuration()
        self.plan = plan = plan_definitions(
            self._needs,
            self._config.raw,
            source=self._config.source,
            account=subject.account,
            account_name=subject.account_name,
        )
        groups = FindingGroups("definitions", blocking_severities(subject.fail_on))
        for event in plan.events:
            self._add(groups, event.full_name, event)
            # A missing definition will be created with its properties.
            for prop in event.properties if event.state == "present" else ():
                self._add(groups, f"{event.full_name}.{prop.name}", prop, _OF_EVENTS)
        for prop in plan.contact_properties:
            self._add(groups, f"the contact property {prop.name}", prop)
        status: SectionStatus = "failed" if groups.blocked else "passed"
        answer = plan_sentence(plan)
        if status == "passed" and (not plan.account or plan.count("needed")):
            status = "unanswered"
            if not plan.account:
                answer += "; the account is unknown: use --account FILE or --live"
        return SectionResult(
            "definitions",
            _QUESTION,
            status,
            answer,
            groups.findings,
            tuple(f"unknown: {text}" for text in plan.unknown),
            {
                "events": len(plan.events),
                "properties": sum(1 for _ in plan.properties()),
                "missing": plan.count("missing"),
                "conflict": plan.count("conflict"),
                "impossible": plan.count("impossible"),
            },
        )

    def _add(
        self,
        groups: FindingGroups,
        name: str,
        planned: PlannedEvent | PlannedProperty,
        codes: Mapping[State, str] = _CODES,
    ) -> None:
        code = codes.get(planned.state)
        if code is None:
            return
        sentence = planned.sentence or f"{self._subject.account_name} has no {name}"
        place = {"config_path": planned.config_path, "file": planned.file, "line": planned.line}
        groups.add(verify_finding(code, sentence, fix=planned.fix, path=name, **place))
