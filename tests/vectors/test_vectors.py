"""Every recorded behaviour of walkerOS 4.4 and 4.7, and the list of those that are known to differ."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from hubspot_dest.mapping.dialect import WALKEROS_4_4, WALKEROS_4_7, Dialect
from simulator.conformance.runner import FileResult, run_file

HERE = Path(__file__).parent
DEPARTURES = HERE.parent.parent / "docs" / "departures.md"
FILES = sorted(path.name for path in HERE.glob("*.jsonl"))
COUNTS = {
    "destination.jsonl": 441,
    "mapping.jsonl": 530,
    "mapping_real_world.jsonl": 183,
    "since44.jsonl": 152,
}
NEWER = {"since44.jsonl"}
CONTRADICTED = "151 235 264 265 266 272 281 286 431 432 458 459 496 501 502 508"
"""The vectors of `mapping.jsonl`, recorded on 4.4, in which walkerOS 4.7 does something else."""


@cache
def result(name: str, dialect: Dialect | None = None) -> FileResult:
    return run_file(HERE / name, dialect=dialect or (WALKEROS_4_7 if name in NEWER else WALKEROS_4_4))


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


@pytest.mark.parametrize("name", sorted(NEWER))
def test_who_names_walkeros_4_7_gets_what_it_does_in_every_recorded_case(name: str) -> None:
    assert result(name).differing == []


def test_the_newer_language_differs_from_the_older_recordings_in_the_named_vectors_only() -> None:
    def numbers(dialect: Dialect) -> set[str]:
        found = [
            *result("mapping.jsonl", dialect).differing,
            *result("mapping_real_world.jsonl", dialect).differing,
        ]
        return {verdict.id.split("_")[1] for verdict in found}

    assert numbers(WALKEROS_4_7) - numbers(WALKEROS_4_4) == set(CONTRADICTED.split())


def test_the_older_language_does_not_pass_for_the_newer_one() -> None:
    assert len(result("since44.jsonl", WALKEROS_4_4).differing) == 77
