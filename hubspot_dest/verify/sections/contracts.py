"""The question whether the events fulfil the contracts of the flow."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.amounts import amount, verb
from hubspot_dest.contracts.checker import MissingLibraryError
from hubspot_dest.contracts.event_contracts import EventContracts
from hubspot_dest.contracts.flow_contracts import FlowContracts
from hubspot_dest.events.collector import Collector
from hubspot_dest.outcome import Outcome
from hubspot_dest.verify.finding_groups import FindingGroups
from hubspot_dest.verify.result import SectionResult
from hubspot_dest.verify.section import VerifySubject, blocking_severities

__all__ = ["ContractsSection"]

_QUESTION: Final = "Do the events fulfil the contract of the flow?"


class ContractsSection:
    """Check every event, completed by the collector, against the contracts.

    Args:
        subject: the input of `verify`, with a configuration.
        contracts: the contracts that apply; at least one.
        collector: completes the events.
        events: the name of the source of the events; empty without events.

    """

    def __init__(
        self, subject: VerifySubject, contracts: FlowContracts, collector: Collector, events: str
    ) -> None:
        self._names = contracts.names
        self._groups = FindingGroups("contracts", blocking_severities(subject.fail_on))
        self._contracts: EventContracts | None = None
        self._missing_library = ""
        try:
            self._contracts = EventContracts(contracts, collector, events)
        except MissingLibraryError as error:
            self._missing_library = str(error)

    def add_event(self, event: Any, line: int) -> None:
        """Check an event against the contracts."""
        for finding in () if self._contracts is None else self._contracts.check(event, line):
            self._groups.add(finding, line, finding.path)

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore outcomes: a contract is about events before they are mapped."""

    def close(self) -> SectionResult:
        """Return the answer; unanswered without events, or without the library."""
        names = self._names
        if self._contracts is None:
            return SectionResult("contracts", _QUESTION, "unanswered", self._missing_library)
        checked = self._contracts.checked
        if not checked:
            answer = f"no event was checked against the contract {names}: pass EVENTS to hubspot-dest verify"
            return SectionResult("contracts", _QUESTION, "unanswered", answer)
        findings = self._groups.findings
        broken = sum(verify_finding.count for verify_finding in findings)
        events = amount(checked, "event")
        answer = f"{events} {verb(checked, 'fulfil')} {names}"
        if broken:
            answer = f"{events}: {amount(broken, 'violation')} of {names}"
        return SectionResult(
            "contracts",
            _QUESTION,
            "failed" if self._groups.blocked else "passed",
            answer,
            findings,
            counts={"events": checked, "violations": broken},
        )
