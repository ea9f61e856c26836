"""A question that `verify` asks: what it looks at, and how it answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT, AccountSchema
from hubspot_dest.checks.finding import SEVERITIES, Severity
from hubspot_dest.config.model import Config
from hubspot_dest.contracts.flow_contracts import FlowContracts
from hubspot_dest.flow.step_examples import StepExample
from hubspot_dest.lint.linter import LintResult
from hubspot_dest.outcome import Outcome
from hubspot_dest.verdict.finding_table import FailOn
from hubspot_dest.verdict.quota_forecast import Pace
from hubspot_dest.verify.result import SectionResult

__all__ = ["VerifySection", "VerifySubject", "blocking_severities"]


@dataclass(frozen=True, slots=True)
class VerifySubject:
    """What is verified.

    Attributes:
        name: the configuration as given: `flow.json#shop.hubspot`.
        file: the file of it.
        lint: what lint says of the file.
        config: the configuration; None where it cannot be loaded.
        problems: why it cannot be loaded, one sentence each.
        contracts: the contracts that apply to the flow; None for what is not a flow.
        examples: the flow's step examples.
        destination_path: where the destination is in a flow file; empty for a file that is one destination.
        account: what is known of the account.
        account_name: a file, or a portal; empty where nothing is known.
        consent: the collector's consent beside that of the flow.
        parity: behave as walkerOS does.
        walkeros: which version that means.
        fail_on: the least severity that blocks.
        fail_under: the coverage, in percent, below which it is a NO-GO; None for any.
        pace: what the stream in front of the workers brings; None where none was looked into.

    """

    name: str
    file: str
    lint: LintResult
    config: Config | None = None
    problems: tuple[str, ...] = ()
    contracts: FlowContracts | None = None
    examples: tuple[StepExample, ...] = ()
    destination_path: tuple[str | int, ...] = ()
    account: AccountSchema = UNKNOWN_ACCOUNT
    account_name: str = ""
    consent: Mapping[str, bool] = field(default_factory=dict)
    parity: bool = False
    walkeros: str = "4.4"
    fail_on: FailOn = "lost"
    fail_under: float | None = None
    pace: Pace | None = None


class VerifySection(Protocol):
    """One question. It sees every event once, as it comes and as it went, and answers at the end."""

    def add_event(self, event: Any, line: int) -> None:
        """Look at an event as it is in EVENTS."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Look at what becomes of an event: a prediction, with its plan, its trace and its findings.

        Args:
            outcome: of one event, or of a batch.
            line: the event's line; None for a batch.

        """

    def close(self) -> SectionResult:
        """Return the answer; called once, after the last event."""


_NOTHING: Final[frozenset[Severity]] = frozenset()


def blocking_severities(fail_on: FailOn) -> Collection[Severity]:
    """Return the severities that make a NO-GO."""
    return _NOTHING if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
