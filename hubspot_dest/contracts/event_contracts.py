"""Check events, completed as by walkerOS' collector, against the contracts of a flow."""

from __future__ import annotations

from typing import Any

from hubspot_dest.checks.finding import Finding
from hubspot_dest.contracts.checker import ContractChecker
from hubspot_dest.contracts.flow_contracts import FlowContracts
from hubspot_dest.events.collector import Collector, InvalidEventError
from hubspot_dest.mapping.jsvalues import JsTypeError

__all__ = ["EventContracts"]


class EventContracts:
    """Check the events of one source.

    Args:
        contracts: the contracts that apply; at least one.
        collector: completes the events; its state is not changed.
        source: the name of the source.

    Raises:
        MissingLibraryError: the jsonschema library is not installed.

    """

    def __init__(self, contracts: FlowContracts, collector: Collector, source: str) -> None:
        self._contracts = contracts
        self._collector = collector
        self._source = source
        self._checker: ContractChecker = contracts.checker()

    @property
    def checked(self) -> int:
        """The number of events checked."""
        return self._checker.checked

    @property
    def names(self) -> str:
        """The names of the contracts."""
        return self._contracts.names

    def check(self, event: Any, line: int) -> tuple[Finding, ...]:
        """Return the violations of an event with its line; an invalid event has none.

        Args:
            event: the event as received.
            line: the line of the event in the source, counted from 1.

        """
        try:
            complete = self._collector.complete(event)
        except (InvalidEventError, JsTypeError, RecursionError):
            return ()  # the event's outcome reports the failure
        findings = self._checker.check(complete)
        return tuple(self._contracts.located(finding, self._source, line) for finding in findings)
