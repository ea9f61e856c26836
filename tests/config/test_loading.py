"""Configuration files: a mistake is found by its line, and the token never shows."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.config.loading import (
    ConfigFileError,
    DocumentError,
    load_config,
    parse_document,
    read_document,
)

TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"
YAML = f"""\
settings:
  accessToken: {TOKEN}
  eventNamePrefix: pe1_
mapping:
  order:
    complete:
      settings: {{ eventName: x }}
"""


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)


def load(tmp_path: Path, content: str, name: str = "shop.yaml") -> list[str]:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    try:
        lines = load_config(path)[1]
    except ConfigFileError as error:
        lines = error.lines
    assert not any(TOKEN in line for line in lines)
    return [line.replace(f"{tmp_path}/", "") for line in lines]


@pytest.mark.parametrize(
    ("content", "name", "lines"),
    [
        (YAML, "shop.yaml", []),
        (
            YAML.replace("eventName:", "evntName:"),
            "shop.yaml",
            ["shop.yaml, line 7: mapping.order.complete.settings.evntName"],
        ),
        (YAML.replace("pe1_", "[1"), "shop.yaml", ["shop.yaml, line 3, column 20: invalid YAML"]),
        (
            '{"settings": {\n "batchSize": 900}}',
            "a.json",
            ["a.json, line 2: settings.batchSize: must be a whole number"],
        ),
        ('{"settings": {,}}', "a.json", ["a.json, line 1, column 15: invalid JSON"]),
        ('{"settings": {}, "settings": {}}', "a.json", ["a.json, line 1: the key 'settings' occurs twice"]),
        (
            YAML + "  product: {}\n  order: {}\n",
            "shop.yaml",
            ["shop.yaml, line 9: the key 'order' occurs twice in the same map, first in line 5"],
        ),
        ("{settings: {}, settings: {}}", "a.yaml", ["a.yaml, line 1: the key 'settings' occurs twice"]),
        (
            '{"settings": {"eventNamePrefix": "p"}}',
            "a.json",
            ["a.json, line 1: settings.accessToken: the access token is missing"],
        ),
        ('{"settings": {"accessToken": "p"}}', "a.json", ["a.json, line 1: settings.eventNamePrefix"]),
        (
            '{"version": 4, "flows": {}}',
            "flow.json",
            ["flow.json, line 1: flows: flows must be a map of at least one flow"],
        ),
        ("[]", "a.json", ["a.json, line 1: configuration: a configuration must be a map"]),
        ("", "a.yaml", ["a.yaml: configuration: a configuration must be a map, not null"]),
        ("!!python/object/apply:os.system ['true']", "a.yaml", ["a.yaml, line 1, column 1: invalid YAML"]),
    ],
)
def test_what_is_wrong_is_found_by_its_line(
    tmp_path: Path, content: str, name: str, lines: list[str]
) -> None:
    found = load(tmp_path, content, name)
    assert len(found) == len(lines)
    for line, expected in zip(found, lines, strict=True):
        assert line.startswith(expected)


def test_a_destination_entry_of_a_flow_is_unwrapped_with_a_note(tmp_path: Path) -> None:
    content = '{"package": "x", "config": {"settings": {"accessToken": "t", "eventNamePrefix": "p"}}}'
    (note,) = load(tmp_path, content, "entry.json")
    assert "using its config" in note


def test_the_token_of_the_environment_takes_precedence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shop.yaml"
    path.write_text(YAML, encoding="utf-8")
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "from-the-environment")
    assert load_config(path)[0].token.get_secret_value() == "from-the-environment"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{" * 100_000])
def test_garbage_is_no_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(ConfigFileError):
        load_config(path)


def test_a_file_that_is_not_there_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(ConfigFileError, match=str(path)):
            load_config(path)


# ---- files that grow without bound

LEVELS = [f"a0: &a0 [{', '.join(['x'] * 9)}]"] + [
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 9)
]
MERGES = ["a0: &a0 {x0: 1, y0: 2}"] + [
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}], x{level}: 1}}" for level in range(1, 9)
]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        ("\n".join(LEVELS), "a.yaml", "line 6, column "),
        ("\n".join(MERGES), "a.yaml", "line 6, column "),
        ("settings: &s\n  x: *s\n", "a.yaml", "line 2, column 6: invalid YAML: the alias *s is part of the value"),
        ("a: 1\nb: " + "[" * 5000 + "]" * 5000, "a.yaml", "invalid YAML: nested more than 100"),
        ("a:\n" + "".join("-" * 1 + " " for _ in range(3000)), "a.yaml", "nested more than 100 levels deep"),
        ('{"a": 1,\n "b": ' + "[" * 100_000, "a.json", "line 2: nested more than 100 levels deep"),
        ('{"a":' * 300 + "1" + "}" * 300, "a", "line 1: nested more than 100 levels deep"),
        ('{"a": ' + "1" * 5000 + "}", "a.json", "invalid JSON"),
        ("a: \x07", "a.yaml", "line 1: invalid YAML: the character '\\x07' is not allowed"),
        ("a: 1\nb: !!binary aGk=\n", "a.yaml", "line 2, column 4: invalid YAML: a value of type"),
        ("a: 1\n? [x]\n: 2\n", "a.yaml", "line 2, column 3: invalid YAML: a key must be text"),
        ("a: 1\nb: !!int x\n", "a.yaml", "line 2, column 4: invalid YAML"),
    ],
    ids=["aliases", "merge keys", "cycle", "deep flow", "deep block", "deep JSON", "deep JSON objects", "digits",
         "control character", "binary", "key", "number"],
)  # fmt: skip
def test_a_file_that_would_grow_without_bound_is_refused_at_its_line_and_at_once(
    tmp_path: Path, content: str, name: str, says: str
) -> None:
    before = time.process_time()
    (line,) = load(tmp_path, content, name)
    assert says in line
    assert time.process_time() - before < 5


def test_aliases_of_a_usual_size_are_fine(tmp_path: Path) -> None:
    shared = "x: &x {a: 1}\n" + "".join(f"y{number}: *x\n" for number in range(1000))
    path = tmp_path / "a.yaml"
    path.write_text(shared, encoding="utf-8")
    assert read_document(path)["y999"] == {"a": 1}


def test_brackets_in_a_text_are_no_depth(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": "' + '\\"[' * 1000 + '", "b": [[1]]}', encoding="utf-8")
    assert read_document(path)["b"] == [[1]]


def test_keys_and_dates_are_the_text_that_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("1: a\non: b\nnull: c\n2024-01-01: 2024-02-02\n", encoding="utf-8")
    assert read_document(path) == {"1": "a", "on": "b", "null": "c", "2024-01-01": "2024-02-02"}


def test_references_of_a_flow_that_grow_without_bound_are_refused(tmp_path: Path) -> None:
    variables: dict[str, Any] = {"v0": ["x"] * 9}
    for level in range(1, 9):
        variables[f"v{level}"] = [f"$var.v{level - 1}"] * 9
    step = {"package": "@walkeros/server-destination-hubspot", "config": {"settings": {"x": "$var.v8"}}}
    flow = {"version": 4, "flows": {"a": {"variables": variables, "destinations": {"h": step}}}}
    (line,) = load(tmp_path, json.dumps(flow), "flow.json")
    assert "the references expand to more than 100,000 values" in line
    texts = {"v0": "x" * 1000, **{f"v{n}": f"$var.v{n - 1} $var.v{n - 1}" for n in range(1, 40)}}
    step["config"] = {"settings": {"x": "$var.v39"}}
    flow["flows"] = {"a": {"variables": texts, "destinations": {"h": step}}}
    (line,) = load(tmp_path, json.dumps(flow), "flow.json")
    assert "characters of text" in line


@pytest.mark.parametrize(
    "secret", ["*hunter2pw", "&hunter2pw &hunter2pw x", "!hunter2pw x", "!hunter2pw!x y"]
)
def test_an_unquoted_secret_that_yaml_reads_as_a_name_is_not_shown(secret: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_document("config.yaml", f"settings:\n  accessToken: {secret}\n")
    assert "hunter2pw" not in str(refused.value)
    assert refused.value.line == 2


@pytest.mark.parametrize(("name", "text"), [("a.yaml", "a: {}"), ("a.json", '{{"a": {}}}')])
def test_a_number_with_too_many_digits_is_a_sentence_of_ours(name: str, text: str) -> None:
    with pytest.raises(DocumentError, match="too many digits") as refused:
        parse_document(name, text.format("9" * 5_000))
    assert "sys." not in str(refused.value)
