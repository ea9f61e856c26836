"""`hubspot-dest lint`: every mistake in one run, in the form that the reader takes, with an exit code to rely on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.lint.catalogue import LINT_CHECKS
from tests.cli.conftest import EXAMPLES, Run

FLOW = str(EXAMPLES / "flow.json")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return the example flow with a misspelt key, in a file of its own."""
    path = tmp_path / "flow.json"
    text = (EXAMPLES / "flow.json").read_text(encoding="utf-8")
    path.write_text(text.replace('"eventName": "purchase"', '"evntName": "purchase"'), encoding="utf-8")
    return path


def test_a_flow_without_mistakes_ends_with_0(run: Run) -> None:
    done = run("hubspot_dest", "lint", FLOW)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("fail_on", "code"), [("refused", 0), ("lost", 1), ("doubtful", 1), ("never", 0)])
def test_fail_on_decides_the_exit_code(run: Run, broken: Path, fail_on: str, code: int) -> None:
    assert run("hubspot_dest", "lint", str(broken), "--fail-on", fail_on).returncode == code


def test_a_finding_is_shown_at_its_line(run: Run, broken: Path) -> None:
    line = next(
        number for number, text in enumerate(broken.read_text("utf-8").splitlines(), 1) if "evntName" in text
    )
    done = run("hubspot_dest", "lint", str(broken))
    assert f"flow.json:{line}: lost unknown_key" in done.stdout


def test_json_sarif_and_junit_are_well_formed_and_name_the_code(run: Run, broken: Path) -> None:
    lines = run("hubspot_dest", "lint", str(broken), "--json").stdout.splitlines()
    assert "unknown_key" in [json.loads(line).get("code") for line in lines]
    assert json.loads(lines[-1])["findings"] == len(lines) - 1
    log = json.loads(run("hubspot_dest", "lint", str(broken), "--format", "sarif").stdout)
    assert log["version"] == "2.1.0"
    assert "unknown_key" in [result["ruleId"] for result in log["runs"][0]["results"]]
    suite = ElementTree.fromstring(run("hubspot_dest", "lint", str(broken), "--format", "junit").stdout)
    assert int(suite.attrib["failures"]) >= 1
    github = run("hubspot_dest", "lint", str(broken), "--format", "github").stdout
    assert github.startswith("::error file=")


@pytest.mark.parametrize("arguments", [["missing.json"], [], ["-"], ["."]])
def test_what_cannot_be_read_ends_with_2_and_no_traceback(run: Run, arguments: list[str]) -> None:
    done = run("hubspot_dest", "lint", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_destination_of_a_flow_is_named_behind_the_file(run: Run) -> None:
    assert run("hubspot_dest", "lint", f"{FLOW}#shop.hubspot").returncode == 0
    done = run("hubspot_dest", "lint", f"{FLOW}#shop.none")
    assert done.returncode == 1
    assert "flow_destination" in done.stdout


def test_fix_twice_writes_once(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "flow.json"
    shutil.copy(EXAMPLES / "flow.json", path)
    before = path.read_bytes()
    assert run("hubspot_dest", "lint", str(path), "--fix").returncode == 0
    assert path.read_bytes() == before


@pytest.mark.parametrize("code", [next(iter(LINT_CHECKS)), next(iter(CONTRACT_CHECKS)), "event_undefined"])
def test_explain_shows_the_page_of_a_code_of_every_catalogue(run: Run, code: str) -> None:
    done = run("hubspot_dest", "explain", code)
    assert done.returncode == 0
    assert done.stdout.startswith(f"{code}\n")
    assert "\nFix: " in done.stdout


def test_lint_explain_shows_a_page_and_refuses_an_unknown_code(run: Run) -> None:
    assert run("hubspot_dest", "lint", "--explain", "unknown_key").returncode == 0
    done = run("hubspot_dest", "lint", "--explain", "unknown_kye")
    assert done.returncode == 2
    assert "unknown_key" in done.stderr


def test_with_an_account_file_what_the_account_lacks_is_found_at_its_line(run: Run, tmp_path: Path) -> None:
    account = tmp_path / "account.json"
    account.write_text(
        json.dumps(
            {
                "version": 1,
                "portalId": 12345678,
                "eventDefinitions": [{"name": "page_view", "properties": []}],
                "contactProperties": [{"name": "plan", "type": "string"}],
            }
        ),
        encoding="utf-8",
    )
    shop = EXAMPLES / "shop.yaml"
    done = run("hubspot_dest", "lint", str(shop), "--account", str(account), "--json")
    assert done.returncode == 1, done.stderr
    *findings, summary = map(json.loads, done.stdout.splitlines())
    lines = shop.read_text("utf-8").splitlines()
    missing = {
        (finding["code"], lines[finding["line"] - 1].strip())
        for finding in findings
        if finding["code"] in ("event_undefined", "contact_property_unknown")
    }
    assert ("event_undefined", "eventName: purchase_completed") in missing
    assert any(code == "contact_property_unknown" and "last_login" in line for code, line in missing)
    assert summary["refused"] == sum(finding["severity"] == "refused" for finding in findings)
    assert run("hubspot_dest", "lint", str(shop), "--account", str(EXAMPLES / "account.json")).returncode == 0
