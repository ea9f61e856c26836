"""Requests that other clients and public reports are known by get the answers that those saw."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot

ROWS = [
    json.loads(line)
    for name in ("hubspot.jsonl", "more.jsonl")
    for line in Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def server() -> Iterator[FakeHubSpot]:
    with FakeHubSpot() as running:
        yield running


def ask(server: FakeHubSpot, token: str, step: dict[str, Any]) -> tuple[int, str]:
    body = None if "body" not in step else json.dumps(step["body"]).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(server.base_url + step["path"], body, headers, method=step["method"])
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_the_last_answer_is_the_one_that_is_known(server: FakeHubSpot, row: dict[str, Any]) -> None:
    token = server.new_account(portal_id=12345678, switches=row.get("switches", {}))
    answers = [ask(server, token, step) for step in row["steps"]]
    assert [text for status, text in answers[:-1] if status >= 400] == []
    status, text = answers[-1]
    expected = row["expect"]
    assert status in expected.get("or", [expected["status"]]), text
    if "total" in expected:
        assert json.loads(text)["total"] == expected["total"]
    if "contains" in expected:
        assert expected["contains"] in text
    if "absent" in expected:
        assert expected["absent"] not in text
    if "ids" in expected:
        assert [result["id"] for result in json.loads(text)["results"]] == expected["ids"]
