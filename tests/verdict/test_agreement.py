"""What preview calls refused, the simulated HubSpot refuses, for the same reason; and nothing else."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr

from hubspot_dest.account.account_file import parse_account
from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
from hubspot_dest.checks.catalogue import CATALOGUE
from hubspot_dest.config.connection import Connection
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.verdict.judge import Judge
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests.verdict.drawing import ACCOUNT, PORTAL, cases

NOW = 1_790_000_000_000
CERTAIN = {current_check.code for current_check in CATALOGUE.values() if current_check.severity == "refused"}
SCHEMA = parse_account(ACCOUNT)


@pytest.fixture(scope="module")
def hubspot() -> Iterator[FakeHubSpot]:
    with FakeHubSpot(HubSpot(portal_id=PORTAL), clock=lambda: NOW / 1000) as server:
        yield server


class _Agreement:
    """Holds preview's verdict against the server's answers, case by case."""

    def __init__(self, hubspot: FakeHubSpot) -> None:
        self._hubspot = hubspot
        self._client = HubSpotClient(
            SecretStr(hubspot.token), timeout_seconds=10, connection=Connection(base_url=hubspot.base_url)
        )
        self.drawn: Counter[str] = Counter()

    def check(self, config: dict[str, Any], event: dict[str, Any], *, strict: bool) -> None:
        """Raise AssertionError where the two disagree."""
        findings = self._predicted(config, event, strict=strict)
        refused = {finding.code for finding in findings if finding.severity == "refused"}
        self.drawn.update(finding.code for finding in findings)
        # The property `email` of a new contact is the address that identifies it; of a known one it is the mapping's.
        paths = {finding.path for finding in findings}
        known = "contact.properties.email" in paths and "contact.email" not in paths
        answers = self._answers(config, event, strict=strict, known=known)
        told = {code for _, _, checks in answers for code in checks} & CERTAIN
        assert told <= refused, "the server refuses what preview takes"
        for family, at in (("/events/", "occurrence"), ("/crm/", "contact")):
            predicted = {
                finding.code
                for finding in findings
                if finding.severity == "refused" and finding.path.startswith(at)
            }
            statuses = [(status, checks) for path, status, checks in answers if family in path]
            if predicted:
                assert statuses[-1][0] >= 400, f"preview refuses {predicted}, and the server takes it"
                assert statuses[-1][1], "the server names the check"

    def _predicted(self, config: dict[str, Any], event: dict[str, Any], *, strict: bool) -> Any:
        judge = Judge(config, account=SCHEMA if strict else UNKNOWN_ACCOUNT)
        offline = HubSpotDestination(config, client=NullClient(), judge=judge, now_ms=lambda: NOW)
        return offline.push(event).findings

    def _answers(
        self, config: dict[str, Any], event: dict[str, Any], *, strict: bool, known: bool
    ) -> list[tuple[str, int, tuple[str, ...]]]:
        self._hubspot.reset()
        account = self._hubspot.account
        account.behaviours = Behaviours(auto_define=not strict)
        if strict:
            account.adopt(SCHEMA)
        if known:
            account.add_contact({"email": event["user"]["email"]}, NOW / 1000)
        HubSpotDestination(config, client=self._client, now_ms=lambda: NOW).push(event)
        return [
            (entry.target.decode(), entry.answer.status, entry.answer.checks)
            for entry in self._hubspot.journal.entries()
        ]


def agree(hubspot: FakeHubSpot, examples: int) -> None:
    """Draw so many cases, and report how often each code came up."""
    agreement = _Agreement(hubspot)

    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def every_case(case: tuple[dict[str, Any], dict[str, Any], bool]) -> None:
        config, event, strict = case
        agreement.check(config, event, strict=strict)

    every_case()
    report = ", ".join(f"{code} {agreement.drawn[code]}" for code in sorted(CERTAIN))
    print(f"drawn in {examples} cases: {report}")  # noqa: T201 - shown with -s and on failure
    assert not [code for code in sorted(CERTAIN) if not agreement.drawn[code]], report


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", logger="hubspot_dest")  # every second case is refused on purpose


def test_what_preview_calls_refused_is_what_hubspot_refuses_for_the_same_reason(hubspot: FakeHubSpot) -> None:
    agree(hubspot, 200)


@pytest.mark.deep
def test_preview_and_hubspot_agree_over_thousands_of_cases(hubspot: FakeHubSpot) -> None:
    agree(hubspot, int(os.environ.get("AGREEMENT_CASES", "5000")))
