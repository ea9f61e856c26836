"""The catalogue of checks: stable codes, sound severities, a page for each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_type_hints

import pytest
from click.testing import CliRunner

from hubspot_dest.checks.catalogue import CATALOGUE, Check, finding_of
from hubspot_dest.checks.finding import Violation
from hubspot_dest.checks.page import all_pages
from hubspot_dest.cli.commands.explain import command
from simulator.hubspot.state.behaviours import Behaviours

ROOT = Path(__file__).parents[2]
SWITCHED = [current_check for current_check in CATALOGUE.values() if current_check.switch is not None]


def test_refused_rests_on_hubspots_own_word_or_answer() -> None:
    weak = [check.code for check in CATALOGUE.values() if check.severity == "refused" and check.evidence not in
            ("SPEC", "DOC", "CAP")]  # fmt: skip
    assert weak == []


def test_what_is_lost_says_by_whom() -> None:
    assert all((check.by is not None) == (check.severity == "lost") for check in CATALOGUE.values())


@pytest.mark.parametrize("check", SWITCHED, ids=lambda check: check.code)
def test_a_switch_exists_on_the_server_and_decides_the_severity(check: Check) -> None:
    assert check.switch is not None
    assert check.switch.name in get_type_hints(Behaviours)
    violation = Violation(check.code, "something")
    found = finding_of(violation)
    assert found.severity == "doubtful"
    assert check.switch.name in found.sentence
    refused = finding_of(violation, behaviours={check.switch.name: check.switch.refuses})
    assert refused.severity == "refused"
    other = finding_of(violation, behaviours={check.switch.name: "something else"})
    assert other.severity == "doubtful"


def test_every_code_has_a_page_made_from_the_same_source() -> None:
    page = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert page.rstrip("\n") == all_pages().rstrip("\n"), "hubspot-dest explain --all > docs/checks.md"
    for code in CATALOGUE:
        done = CliRunner().invoke(command, [code])
        assert done.exit_code == 0
        assert CATALOGUE[code].fix in done.stdout
        assert CATALOGUE[code].evidence in done.stdout


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    done = CliRunner().invoke(command, ["event_prefixes"])
    assert done.exit_code == 2
    assert "did you mean event_prefix?" in done.stderr


def test_every_code_that_the_source_uses_is_in_the_catalogue() -> None:
    used = set()
    for folder in ("checks", "verdict", "planning"):
        for path in (ROOT / "hubspot_dest" / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            used |= set(re.findall(r'(?:Violation|event_violation)\(\s*"([a-z_]+)"', text))
    assert used <= set(CATALOGUE)
    assert len(used) > 30
