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
# Behind a number that cannot be 1, or that is formatted elsewhere: a limit, a constant, or a total of many.
NEVER_ONE = re.compile(
    r"MAX_|A_MONTH|_MOST|_FIELDS|max_batch|event_names|run\.met|tried|callsaved|_calls_a_day|CALLS|LIMIT|quota",
    re.I,
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
    assert [verb(1, one) for one in ("are", "were", "wait", "go")] == ["is", "was", "waits", "goes"]
    assert [verb(2, one) for one in ("are", "wait")] == ["are", "wait"]


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
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {{{ast.unparse(value.value)}}}{text.value[:40]}"


def test_no_sentence_says_1_events() -> None:
    files = [*(ROOT / "hubspot_dest").rglob("*.py"), *(ROOT / "simulator").rglob("*.py")]
    assert len(files) > 200
    found = [place for path in files for place in numbered_plurals(path)]
    assert found == []
