"""A wrong file is called what it is; a right one is never called something else."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from hubspot_dest.storage.file_content import FileContent, content_of

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shop.yaml", FileContent.CONFIGURATION),
        ("flow.json", FileContent.FLOW),
        ("events.jsonl", FileContent.EVENTS),
        ("account.json", FileContent.ACCOUNT),
        (".", FileContent.FOLDER),
        ("nothing", FileContent.UNKNOWN),
    ],
)
def test_the_examples_are_what_they_are(name: str, expected: FileContent) -> None:
    assert content_of(EXAMPLES / name) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[{"name": "page view"}]', FileContent.EVENTS),
        (b'{"batch": [{"name": "page view"}]}', FileContent.EVENTS),
        (json.dumps({"name": "a b", "data": {"settings": {}, "mapping": {}}}).encode(), FileContent.EVENTS),
        (json.dumps({"name": "a b", "consent": {"marketing": True}}, indent=2).encode(), FileContent.EVENTS),
        (b'{"settings": {"eventNamePrefix": "pe1_"}, "batch": 5}', FileContent.CONFIGURATION),
        (b'{\n  "mapping": {"a": [\n', FileContent.CONFIGURATION),
        (b"# only a comment\nsettings:\n  eventNamePrefix: pe1_\n", FileContent.CONFIGURATION),
        (b"config: {settings: {}}\n", FileContent.CONFIGURATION),
        (b"version: 1\nportalId: 7\n", FileContent.ACCOUNT),
        (b"settings without a colon", FileContent.TEXT),
        (b" \n", FileContent.EMPTY),
        (b"\x00\x01\x02", FileContent.BINARY),
        (b"\x89PNG\r\n\x1a\n\x00", FileContent.BINARY),
        (b"[" + b'{"name":"page view","data":{}},' * 5000, FileContent.EVENTS),
    ],
)
def test_a_content_is_told_by_its_first_bytes_also_in_gzip(
    tmp_path: Path, content: bytes, expected: FileContent
) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    assert content_of(file) is expected
    file.write_bytes(gzip.compress(content))
    assert content_of(file) is expected
