"""Whether the events keep the contracts of the flow."""

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

_QUESTION: Final = "Do the events keep the contract of the flow?"


class ContractsSection:
    """Holds every event against the contracts, as the collector completes it.

    Args:
        subject: what is verified; its configuration can be loaded.
        contracts: the contracts that apply; at least one.
        collector: completes the events.
        events: the name of the events' source; empty without one.

    """

    def __init__(
        self, subject: VerifySubject, contracts: FlowContracts, collector: Collector, events: str
    ) -> None:
        self._names = contracts.names
        self._groups = FindingGroups("contracts", blocking_severities(subject.fail_on))
        self._contracts: EventContracts | None = None
        self._lacking = ""
        try:
            self._contracts = EventContracts(contracts, collector, events)
        except MissingLibraryError as error:
            self._lacking = str(error)

    def add_event(self, event: Any, line: int) -> None:
        """Hold one event against the contracts."""
        for finding in () if self._contracts is None else self._contracts.check(event, line):
            self._groups.add(finding, line, finding.path)

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore what becomes of events: a contract is about what is sent to the destination."""

    def close(self) -> SectionResult:
        """Return the answer; unanswered without events, or without the library."""
        names = self._names
        if self._contracts is None:
            return SectionResult("contracts", _QUESTION, "unanswered", self._lacking)
        checked = self._contracts.checked
        if not checked:
            said = (
                f"no event was held against the contract {names}: hubspot-dest verify CONFIG EVENTS does it"
            )
            return SectionResult("contracts", _QUESTION, "unanswered", said)
        found = self._groups.findings
        broken = sum(verify_finding.count for verify_finding in found)
        events = amount(checked, "event")
        said = f"{events} {verb(checked, 'keep')} {names}"
        if broken:
            said = f"{events}: {amount(broken, 'violation')} of {names}"
        return SectionResult(
            "contracts",
            _QUESTION,
            "failed" if self._groups.blocked else "passed",
            said,
            found,
            counts={"events": checked, "violations": broken},
        )
