"""Broken JSON and YAML: the line that is named is the one that has to be corrected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubspot_dest.account.account_file import AccountFileError, read_account_file
from hubspot_dest.config.loading import (
    ConfigFileError,
    DocumentError,
    load_config,
    parse_document,
    read_document,
)
from hubspot_dest.intake.reader import BadLine, read_events
from hubspot_dest.lint.linter import lint_text


@dataclass(frozen=True)
class Broken:
    id: str
    name: str
    text: str
    line: int
    message: str


CASES = [
    Broken("brace", "a.yaml", "a: 1\nb: { c: { d: e\nf:\n  g: 1\n", 2, "the { that is opened here"),
    Broken("bracket", "a.yaml", "a: 1\nb: [1, 2\nc: 3\nd: 4\n", 2, "the [ that is opened here"),
    Broken("bracket at the end", "a.yaml", "a: 1\nb: [1, 2\n\n\n", 2, "before the end of the file"),
    Broken("nested bracket", "a.yaml", "a:\n  b: [1, 2\n  c: {d: e}\n", 2, "the [ that is opened here"),
    Broken("comma in braces", "a.yaml", "a: {\n  b: 1\n  c: 2\n}\n", 2, "a comma is missing"),
    Broken("double quote", "a.yaml", 'a: 1\nb: "x\nc: 3\nd: 4\n', 2, "the quote that is opened here"),
    Broken("single quote", "a.yaml", "a: 1\nb: 'x\nc: 3\nd: 4\n", 2, "the quote that is opened here"),
    Broken(
        "quote up to the next", "a.yaml", 'a: 1\nb: "x\nc: "y"\nd: 4\n', 2, "the quote that is opened here"
    ),
    Broken("colon", "a.yaml", "a: 1\nb 2\nc: 3\n", 2, "a colon is missing"),
    Broken("tab", "a.yaml", "a: 1\n\tb: 2\nc: 3\n", 2, "replace the tab with spaces"),
    Broken("indentation", "a.yaml", "a: 1\n  b: 2\nc: 3\n", 2, "indented more than the line above"),
    Broken(
        "json brace",
        "a.json",
        '{\n  "a": {"b": {"c": 1\n  },\n  "d": {}\n}\n',
        2,
        "the { that is opened here",
    ),
    Broken("json bracket", "a.json", '{\n  "a": [1, 2\n}\n', 2, "the [ that is opened here"),
    Broken("json end", "a.json", '{\n  "a": {\n    "b": 1\n', 2, "the { that is opened here"),
    Broken("json quote", "a.json", '{\n  "a": "x,\n  "b": 1\n}\n', 2, 'the " that is opened here'),
    Broken("json quote of a key", "a.json", '{\n  "a: 1,\n  "b": 1\n}\n', 2, 'the " that is opened here'),
    Broken("json escape", "a.json", '{\n  "a": "C:\\",\n  "b": 1\n}\n', 2, 'the " that is opened here'),
    Broken("json comma", "a.json", '{\n  "a": 1\n  "b": 1\n}\n', 2, "a comma is missing"),
    Broken("json last comma", "a.json", '{\n  "a": 1,\n\n}\n', 2, "this comma is one too many"),
    Broken("json colon", "a.json", '{\n  "a"\n  1\n}\n', 2, "a colon is missing"),
    Broken("json comment", "a.json", '{\n  // why\n  "a": 1\n}\n', 2, "JSON has no comments"),
    Broken("json single quote", "a.json", "{\n  \"a\": 'x'\n}\n", 2, "double quotes"),
    Broken("json literal", "a.json", '{\n  "a": True\n}\n', 2, "write true"),
    Broken("json brace too many", "a.json", '{\n  "a": 1}}\n\n', 2, "one too many"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_line_of_the_fault_is_named_and_not_the_line_where_it_was_noticed(case: Broken) -> None:
    with pytest.raises(DocumentError) as caught:
        parse_document(case.name, case.text)
    assert (caught.value.line, case.message in str(caught.value)) == (case.line, True), caught.value


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_configurations_flows_accounts_and_lint_name_the_same_line(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"file{suffix}"
    text = '{\n  "flows": {"a": [1, 2\n  },\n  "settings": {}\n}\n'
    if suffix == ".yaml":
        text = "version: 4\nflows: {a: [1, 2\nsettings:\n  a: b\n"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigFileError, match=r"line 2, column \d+: invalid .* opened here"):
        load_config(file)
    with pytest.raises(AccountFileError, match=r"line 2: invalid .* opened here"):
        read_account_file(file)
    (finding,) = lint_text(str(file), text).findings
    assert finding.line == 2


def test_a_document_of_events_over_several_lines_names_the_line_of_the_fault(tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text('[\n  {"name": "page view",\n   "data": {"a": [1, 2}\n  }\n]\n', encoding="utf-8")
    (bad,) = read_events(str(file))
    assert isinstance(bad, BadLine)
    assert (bad.number, "the [ that is opened here" in bad.message) == (3, True)


def line_of(name: str, text: str) -> int:
    try:
        parse_document(name, text)
    except DocumentError as error:
        return error.line
    return 1


def test_whatever_is_cut_off_or_changed_has_a_place_inside_the_text() -> None:
    whole = json.dumps({"a": [1, {"b": "c"}], "d": {"e": [True, None]}}, indent=2)
    for cut in range(len(whole)):
        for text in (whole[:cut], whole[:cut] + whole[cut + 1 :], f"{whole[:cut]}{{{whole[cut:]}"):
            for name in ("a.json", "a.yaml"):
                assert 1 <= line_of(name, text) <= text.count("\n") + 2


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("settings:\n  a: 1\n b: 2\n", 3, "correct its indentation"),
        ("mapping:\n  - a\n  b: 2\n", 3, "correct its indentation"),
        ("settings:\n  a: 1\n   b: 2\n", 3, "indented more than the line above it"),
        ("settings:\n  a: x\n\tb: y\n", 3, "replace the tab with spaces"),
        ("a:\n\t- b\n", 2, "replace the tab with spaces"),
        ("a: b: c\n", 1, "a colon and a space must be in quotes"),
        ("a: @b\n", 1, "begins with @ must be in quotes"),
    ],
)
def test_yaml_faults_are_in_the_words_of_a_files_author(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigFileError, match=rf"line {line}, column \d+: invalid YAML: .*{message}"):
        read_document(path)
    sentence = lint_text("a.yaml", text).findings[0].sentence
    assert sentence.startswith("column ")  # the finding has the line
    assert message in sentence
