"""Every recorded behaviour of walkerOS 4.4, and the list of those that are known to differ."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from simulator.conformance.runner import FileResult, run_file

HERE = Path(__file__).parent
DEPARTURES = HERE.parent.parent / "docs" / "departures.md"
FILES = sorted(path.name for path in HERE.glob("*.jsonl"))
COUNTS = {"destination.jsonl": 441, "mapping.jsonl": 530, "mapping_real_world.jsonl": 183}


@cache
def result(name: str) -> FileResult:
    return run_file(HERE / name)


def listed() -> set[str]:
    """Return the ids that the page of departures names."""
    return set(re.findall(r"`((?:pub|mpub|real)_\w[^`]*)`", DEPARTURES.read_text(encoding="utf-8")))


def test_no_vector_is_left_out() -> None:
    assert {name: len(result(name).verdicts) for name in FILES} == COUNTS


@pytest.mark.parametrize("name", FILES)
def test_whoever_relies_on_parity_gets_what_walkeros_does(name: str) -> None:
    unexplained = [verdict for verdict in result(name).differing if verdict.id not in listed()]
    assert [(verdict.id, verdict.differences[:3]) for verdict in unexplained] == []


def test_the_page_of_departures_names_no_vector_that_agrees() -> None:
    differing = {verdict.id for name in FILES for verdict in result(name).differing}
    assert listed() == differing
    assert len(differing) <= 12


def test_the_mapping_language_differs_in_artefacts_of_javascript_only() -> None:
    tags = {
        verdict.tags for name in FILES if name.startswith("mapping") for verdict in result(name).differing
    }
    assert tags == {("js_quirk",)}
