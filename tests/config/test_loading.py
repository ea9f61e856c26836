"""Configuration files: a mistake is found by its line, and the token never shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubspot_dest.config.loading import ConfigFileError, load_config

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
        (YAML.replace("pe1_", "[1"), "shop.yaml", ["shop.yaml, line 4, column 8: broken YAML"]),
        (
            '{"settings": {\n "batchSize": 900}}',
            "a.json",
            ["a.json, line 2: settings.batchSize: must be a whole number"],
        ),
        ('{"settings": {,}}', "a.json", ["a.json, line 1, column 15: broken JSON"]),
        ('{"settings": {}, "settings": {}}', "a.json", ["a.json: the key 'settings' stands twice"]),
        (
            YAML + "  product: {}\n  order: {}\n",
            "shop.yaml",
            ["shop.yaml, line 9: the key 'order' stands twice in one map, first in line 5"],
        ),
        ("{settings: {}, settings: {}}", "a.yaml", ["a.yaml, line 1: the key 'settings' stands twice"]),
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
        ("[]", "a.json", ["a.json, line 1: configuration: a configuration is a map"]),
        ("", "a.yaml", ["a.yaml: configuration: a configuration is a map, not null"]),
        ("!!python/object/apply:os.system ['true']", "a.yaml", ["a.yaml, line 1, column 1: broken YAML"]),
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
    assert "its config is used" in note


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
