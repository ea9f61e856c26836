"""Whether the events keep the contracts of the flow."""

from __future__ import annotations

from typing import Any, Final

from hubspot_dest.contracts.checker import ContractChecker, MissingLibraryError
from hubspot_dest.contracts.flow_contracts import FlowContracts
from hubspot_dest.events.collector import Collector
from hubspot_dest.events.event import InvalidEventError
from hubspot_dest.mapping.jsvalues import JsTypeError
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
        self._contracts = contracts
        self._collector = collector
        self._events = events
        self._groups = FindingGroups("contracts", blocking_severities(subject.fail_on))
        self._checker: ContractChecker | None = None
        self._lacking = ""
        try:
            self._checker = contracts.checker()
        except MissingLibraryError as error:
            self._lacking = str(error)

    def add_event(self, event: Any, line: int) -> None:
        """Hold one event against the contracts."""
        if self._checker is None:
            return
        try:
            complete = self._collector.complete(event)
        except (InvalidEventError, JsTypeError, RecursionError):
            return  # the section about events reports it
        for finding in self._checker.check(complete):
            self._groups.add(self._contracts.located(finding, self._events, line), line, finding.path)

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore what becomes of events: a contract is about what is sent to the destination."""

    def close(self) -> SectionResult:
        """Return the answer; unanswered without events, or without the library."""
        names = self._contracts.names
        if self._checker is None:
            return SectionResult("contracts", _QUESTION, "unanswered", self._lacking)
        checked = self._checker.checked
        if not checked:
            said = (
                f"no event was held against the contract {names}: hubspot-dest verify CONFIG EVENTS does it"
            )
            return SectionResult("contracts", _QUESTION, "unanswered", said)
        found = self._groups.findings
        broken = sum(one.count for one in found)
        events = f"{checked} event{'' if checked == 1 else 's'}"
        said = f"{events}: {broken} violations of {names}" if broken else f"{events} keep {names}"
        return SectionResult(
            "contracts",
            _QUESTION,
            "failed" if self._groups.blocked else "passed",
            said,
            found,
            counts={"events": checked, "violations": broken},
        )
