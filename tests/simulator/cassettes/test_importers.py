"""Traffic recorded elsewhere becomes a cassette, without its secrets, and a hostile file does no harm."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from vcr.serialize import serialize
from vcr.serializers import yamlserializer

from simulator.cassettes.cassette import Cassette, CassetteError
from simulator.cassettes.importers import imported
from simulator.cassettes.redaction.scrubber import scrubbed
from tests import warm

SEND = "https://api.hubapi.com/events/v3/send"
BODY = json.dumps({"eventName": "pe12345678_a", "email": "grace@navy.example.net", "properties": {}})
TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"


def sim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return warm.run(command, capture_output=True, text=True, timeout=120, check=False)


def har(url: str = SEND, **response: Any) -> str:
    headers = [
        {"name": "Authorization", "value": f"Bearer {TOKEN}"},
        {"name": "Cookie", "value": "sid=xyzzy"},
    ]
    entry = {
        "startedDateTime": "2026-03-04T05:06:07Z",
        "request": {"method": "POST", "url": url, "headers": headers, "postData": {"text": BODY}},
        "response": {"status": 204, "headers": [], "content": {}, **response},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [entry]}})


def test_a_har_file_becomes_a_cassette_without_token_cookie_or_person(tmp_path: Path) -> None:
    file, tape = tmp_path / "browser.har", tmp_path / "tape.json"
    file.write_text(har(), encoding="utf-8")
    done = sim("import", str(file), "-o", str(tape))
    assert done.returncode == 0, done.stderr
    text = tape.read_text(encoding="utf-8")
    for secret in (TOKEN, "xyzzy", "grace@"):
        assert secret not in text
    assert Cassette.load(tape).meta.recorded == "2026-03-04"
    assert sim("compare", str(tape)).returncode == 0
    assert sim("scrub", "--check", str(tape)).returncode == 0
    done = sim("replay", str(tape))
    assert done.returncode == 2
    assert "no events" in done.stderr


def test_a_base64_body_of_a_har_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.har"
    content = {"text": base64.b64encode(b'{"id":"1"}').decode(), "encoding": "base64"}
    file.write_text(har(status=200, content=content), encoding="utf-8")
    assert imported(file).cassette.interactions[0].answer == '{"id":"1"}'


def test_what_vcrpy_wrote_is_read_with_a_person_in_a_packed_answer_replaced(tmp_path: Path) -> None:
    from vcr.request import Request

    packed = gzip.compress(json.dumps({"properties": {"email": "grace@navy.example.net"}}).encode())
    response = {
        "status": {"code": 200, "message": "OK"},
        "headers": {"Content-Encoding": ["gzip"], "Set-Cookie": ["sid=xyzzy"]},
        "body": {"string": packed},
    }
    request = Request("POST", SEND, BODY, {"authorization": f"Bearer {TOKEN}"})
    file = tmp_path / "a.yaml"
    file.write_text(
        serialize({"requests": [request], "responses": [response]}, yamlserializer), encoding="utf-8"
    )
    made = scrubbed(imported(file).cassette)
    assert json.loads(made.interactions[0].answer)["properties"]["email"] == "person1@example.com"
    assert made.interactions[0].json["email"] == "person1@example.com"
    for secret in (TOKEN, "xyzzy", "grace@"):
        assert secret not in made.text()


def test_a_yaml_file_cannot_run_code(tmp_path: Path) -> None:
    file, mark = tmp_path / "evil.yaml", tmp_path / "ran"
    file.write_text(f"!!python/object/apply:os.system ['touch {mark}']\n", encoding="utf-8")
    with pytest.raises(CassetteError, match="neither"):
        imported(file)
    assert not mark.exists()


def test_a_small_packed_body_that_grows_huge_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * (65 * 1024 * 1024))
    answer = {"status": {"code": 200}, "headers": {"content-encoding": ["gzip"]}, "body": {"string": bomb}}
    entry = {"request": {"method": "GET", "uri": SEND, "headers": {}}, "response": answer}
    file = tmp_path / "bomb.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "interactions": [entry]}), encoding="utf-8")
    with pytest.raises(CassetteError, match="cannot be unpacked"):
        imported(file)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "neither a HAR file nor a vcrpy cassette"),
        ("{", "neither JSON nor plain YAML"),
        ('{"log": {}}', "entries"),
        ("[" * 5000, "neither"),
        (har("https://shop.example/collect"), "no request to HubSpot among its 1"),
        (har("https://hubapi.com.evil.example/"), "no request to HubSpot"),
        ("version: 7\ninteractions: []\n", "version 7"),
    ],
)
def test_a_file_that_cannot_be_imported_is_one_message_and_writes_nothing(
    tmp_path: Path, content: str, says: str
) -> None:
    file, tape = tmp_path / "foreign", tmp_path / "tape.json"
    file.write_text(content, encoding="utf-8")
    tape.write_text("mine", encoding="utf-8")
    done = sim("import", str(file), "-o", str(tape))
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert tape.read_text(encoding="utf-8") == "mine"
