"""Every outcome and reason that an output can print has an answer in `explain`; a new one without it fails here."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from hubspot_dest.checks.page import page_of, plain_text
from hubspot_dest.delivery.client.errors import DeliveryError, ErrorKind
from hubspot_dest.outcome import Kind, Outcome
from hubspot_dest.report.fixes import fix_for, fix_for_error
from hubspot_dest.report.reason_catalogue import OUTCOME_WORDS, word_page
from hubspot_dest.verify.catalogue import EVERY_CHECK
from tests import warm

ROOT = Path(__file__).parents[2]
# Where a reason is an argument: the position of the reason.
ARGUMENTS = {
    "outcome_of": 1, "Outcome": 1, "Dead": 0, "Pause": 2, "Denied": 0, "Letter": 2, "add_reason": 1,
    "BadMessage": 0, "failed": 2, "_rejected": 1,
}  # fmt: skip


def literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*literals(node.body), *literals(node.orelse))


def assigned(target: ast.expr, value: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one_target, one_value in zip(target.elts, value.elts, strict=False):
            yield from assigned(one_target, one_value)
    elif isinstance(target, ast.Subscript):
        yield from literals(value) if list(literals(target.slice)) == ["reason"] else ()
    elif getattr(target, "attr", getattr(target, "id", "")) == "reason":
        yield from literals(value)


def reasons(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield from assigned(target, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from assigned(node.target, node.value)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from literals(value) if key is not None and list(literals(key)) == ["reason"] else ()
        elif isinstance(node, ast.Call):
            name: Any = getattr(node.func, "attr", getattr(node.func, "id", ""))
            position = ARGUMENTS.get(name)
            if position is not None and len(node.args) > position:
                yield from literals(node.args[position])
            for keyword in node.keywords:
                if keyword.arg == "reason":
                    yield from literals(keyword.value)


def every_reason() -> set[str]:
    found: set[str] = set()
    for package in ("hubspot_dest", "simulator"):
        for path in (ROOT / package).rglob("*.py"):
            found.update(reasons(ast.parse(path.read_text(encoding="utf-8"))))
    return {word for word in found if word and " " not in word}


def test_every_reason_in_the_code_can_be_explained() -> None:
    found = every_reason()
    assert {"no_identity", "consent_refused", "ten_secondly", "no_json", "contact_failed"} <= found
    assert found - OUTCOME_WORDS.keys() - EVERY_CHECK.keys() == set()


@pytest.mark.parametrize(
    "word", [*get_args(Kind), *get_args(ErrorKind), "safe", "lost", "bad line", "doubtful"]
)
def test_every_outcome_and_every_failure_can_be_explained(word: str) -> None:
    page = word_page(OUTCOME_WORDS[word])
    assert page.startswith(f"### {word}\n")
    assert "**Fix**" in page


def test_the_table_of_a_run_and_explain_give_the_same_advice() -> None:
    for word, entry in OUTCOME_WORDS.items():
        if entry.kind == "reason":
            assert fix_for(Outcome("failed", word)) == entry.fix
    assert fix_for_error(DeliveryError("timeout", "no answer")) == OUTCOME_WORDS["timeout"].fix


def explain(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hubspot_dest", "explain", *arguments]
    done: subprocess.CompletedProcess[str] = warm.run(command, capture_output=True, text=True, check=False)
    return done


def test_explain_shows_no_marks_of_markdown_for_any_code_or_word() -> None:
    pages = [*map(page_of, EVERY_CHECK.values()), *map(word_page, OUTCOME_WORDS.values())]
    for page in map(plain_text, pages):
        assert not any(mark in page for mark in ("### ", "**", "`")), page
    shown = explain("event_name_characters").stdout
    assert "\nSeverity: refused: " in shown
    assert not any(mark in shown for mark in ("###", "**", "`"))
    assert explain("--all").stdout.count("\n### ") > 20, "docs/checks.md is made from it"


def test_explain_answers_for_a_word_as_it_is_printed_and_names_the_nearest_of_an_unknown_one() -> None:
    for given in ("no_identity", "skipped: no_identity", "No_Identity:"):
        done = explain(given)
        assert (done.returncode, done.stdout.startswith("no_identity\n")) == (0, True), done.stderr
    assert explain("email_invalid").stdout.startswith("email_invalid\n")
    assert "did you mean consent_refused?" in explain("consent_refusd").stderr
    assert "did you mean identified?" in explain("identifid").stderr
    unknown = explain("xyzzy")
    assert (unknown.returncode, "lists every code and every reason" in unknown.stderr) == (2, True)
    everything = explain().stdout
    assert all(word in everything for word in (*OUTCOME_WORDS, *EVERY_CHECK))
