"""The verdict's cases: small configurations and events, and what `preview` must find in each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.checks.finding import SEVERITIES
from tests.verdict.previewing import preview

CASES = [
    json.loads(line)
    for name in ("cases.jsonl", "more_cases.jsonl")
    for line in (Path(__file__).parent / name).read_text("utf-8").split("\n")
    if line
]
KEYS = {"code", "severity", "sentence", "fix", "evidence", "path", "configPath", "file", "line"}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_preview_finds_what_is_wrong_and_nothing_else(case: dict[str, Any], tmp_path: Path) -> None:
    done = preview(tmp_path, case["config"], case["event"], account=case.get("account"))
    severities = {finding["severity"] for finding in done.findings}
    wanted = case["severity"]
    if wanted is None:
        assert not severities & {"refused", "lost"}
        assert not case.get("clean") or not done.findings
    else:
        assert severities & set(SEVERITIES[: SEVERITIES.index(wanted) + 1]), case["means"]
    assert done.exit_code == (1 if severities & {"refused", "lost"} else 0)
    assert all(set(finding) - {"by"} == KEYS for finding in done.findings)
    assert all(finding["sentence"] and finding["fix"] for finding in done.findings)
