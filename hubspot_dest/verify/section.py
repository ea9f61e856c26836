"""The interface of a question of `verify`, and the input of all questions."""

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
    """The input of `verify`.

    Attributes:
        name: the configuration as given: `flow.json#shop.hubspot`.
        file: the file of the configuration.
        lint: the lint result of the file.
        config: the configuration; None if it cannot be loaded.
        problems: the reasons why it cannot be loaded, as sentences.
        contracts: the contracts that apply to the flow; None if the file is not a flow.
        examples: the flow's step examples.
        destination_path: the path of the destination in a flow file; empty for a single destination's file.
        account: the schema of the account.
        account_name: the name of the account, a file or a portal; empty if it is unknown.
        consent: the collector's consent, in addition to that of the flow.
        parity: whether to behave as walkerOS does.
        walkeros: the version of walkerOS for `parity`.
        fail_on: the least severity that blocks.
        fail_under: the coverage in percent below which the result is a NO-GO; None for no minimum.
        pace: the rate of the stream in front of the workers; None if no stream was surveyed.

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
    """A question, which receives every event and every outcome once, and is answered at the end."""

    def add_event(self, event: Any, line: int) -> None:
        """Receive an event as it is in EVENTS."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Receive the predicted outcome of an event, with its plan, trace and findings.

        Args:
            outcome: the outcome of an event, or of a batch.
            line: the line of the event; None for a batch.

        """

    def close(self) -> SectionResult:
        """Return the answer; this is called once, after the last event."""


_NOTHING: Final[frozenset[Severity]] = frozenset()


def blocking_severities(fail_on: FailOn) -> Collection[Severity]:
    """Return the severities that make the result a NO-GO."""
    return _NOTHING if fail_on == "never" else SEVERITIES[: SEVERITIES.index(fail_on) + 1]
