"""Numbers and their nouns agree, in what `amounts` returns and in every sentence of both packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_dest.amounts import amount, plural, verb

ROOT = Path(__file__).parents[1]
NOUNS = [
    "events",
    "contacts",
    "calls",
    "lines",
    "rules",
    "properties",
    "definitions",
    "findings",
    "requests",
    "letters",
    "batches",
    "occurrences",
    "inputs",
    "cassettes",
    "examples",
    "entries",
    "answers",
    "differences",
    "warnings",
    "checks",
    "steps",
]
# Behind a number that is a limit or a total of many, and where the noun does not belong to it.
NEVER_ONE = re.compile(
    r"MAX_|A_MONTH|MOST_|FIELDS|max_batch|event_names|run\.met|tried|calls_a_day|quota", re.I
)
RIGHT = frozenset(
    {
        "hubspot_dest/doctor/probes.py: {len(properties)} properties;",
        "hubspot_dest/checks/occurrences.py: {count} properties ",
        "hubspot_dest/lint/destination.py: {len(constant)} properties:",
        "hubspot_dest/verdict/quotas.py: {count} occurrences",
        "hubspot_dest/verdict/quotas.py: {count} contact cal",
        "hubspot_dest/cli/runs/preview.py: {safe_text(path)} events.json",
        "simulator/hubspot/endpoints/property_groups/handler.py: {group.name} has propert",
        "simulator/hubspot/endpoints/account_info/handler.py: {limit} calls used",
        "simulator/tui/views/checks.py: {_wanted(example)} calls ",
        "simulator/tui/widgets/header.py: {rate} events/s",
        "simulator/tui/widgets/changes_screen.py: {again} kept events",
        "simulator/commands/runs/run.py: {len(bad)} lines are n",
        "simulator/commands/runs/run.py: {total} events",
        "simulator/commands/runs/cover.py: {every} rules and p",
        "hubspot_dest/report/coverage_text.py: {every} rules and p",
    }
)


@pytest.mark.parametrize(
    ("count", "noun", "expected"),
    [
        (1, "event", "1 event"),
        (0, "event", "0 events"),
        (2, "contact property", "2 contact properties"),
        (1, "contact property", "1 contact property"),
        (3, "batch", "3 batches"),
        (2, "key", "2 keys"),
        (2, "person", "2 people"),
        (1.0, "second", "1.0 second"),
    ],
)
def test_only_one_of_something_is_singular(count: float, noun: str, expected: str) -> None:
    assert amount(count, noun) == expected
    assert plural(count, noun) in expected


def test_verbs_agree_as_well() -> None:
    assert [verb(1, text) for text in ("are", "were", "wait", "go")] == ["is", "was", "waits", "goes"]
    assert [verb(2, text) for text in ("are", "wait")] == ["are", "wait"]


def numbered_plurals(path: Path) -> Iterator[str]:
    """Yield where an f-string of a file puts a plural behind a number as fixed text."""
    source = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if not (isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant)):
                continue
            words = re.match(r" ((?:[a-z]+ ){0,1})([a-z]+)", str(text.value))
            if words is None or (words[2] not in NOUNS and words[1].strip() not in NOUNS):
                continue
            shown = ast.unparse(value)
            if not NEVER_ONE.search(shown) and "amount(" not in shown and "verb(" not in shown:
                yield f"{path.relative_to(ROOT)}: {{{ast.unparse(value.value)}}}{str(text.value)[:12]}"


# Their sentences do not go through `amounts` yet.
OPEN = (
    "streams",
    "cli/report_pages.py",
    "cli/runs/listen_sink.py",
    "cli/runs/outbox_streams.py",
    "engine/report_page.py",
)


@pytest.mark.deep
def test_no_sentence_says_1_events() -> None:
    files = [*(ROOT / "hubspot_dest").rglob("*.py"), *(ROOT / "simulator").rglob("*.py")]
    assert len(files) > 200
    found = [
        place
        for path in files
        if not any(f"/{part}" in path.as_posix() for part in OPEN)
        for place in numbered_plurals(path)
    ]
    assert sorted(set(found) - RIGHT) == []
