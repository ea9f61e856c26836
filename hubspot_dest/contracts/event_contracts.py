"""Hold events against the contracts of a flow, each as walkerOS' collector completes it."""

from __future__ import annotations

from typing import Any

from hubspot_dest.checks.finding import Finding
from hubspot_dest.contracts.checker import ContractChecker
from hubspot_dest.contracts.flow_contracts import FlowContracts
from hubspot_dest.events.collector import Collector, InvalidEventError
from hubspot_dest.mapping.jsvalues import JsTypeError

__all__ = ["EventContracts"]


class EventContracts:
    """Checks events of one source.

    Args:
        contracts: the contracts that apply; at least one.
        collector: completes the events; only its state is looked at.
        source: the name of the events' source.

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
        """How many events were held against a contract."""
        return self._checker.checked

    @property
    def names(self) -> str:
        """The names of the contracts."""
        return self._contracts.names

    def check(self, event: Any, line: int) -> tuple[Finding, ...]:
        """Return the violations of one event, at its line; none for what is not an event at all.

        Args:
            event: as it is in the source.
            line: its line there.

        """
        try:
            complete = self._collector.complete(event)
        except (InvalidEventError, JsTypeError, RecursionError):
            return ()  # the event fails, and its outcome says why
        found = self._checker.check(complete)
        return tuple(self._contracts.located(finding, self._source, line) for finding in found)
