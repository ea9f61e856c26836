"""How many files somebody has to read to follow an event through the sender."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest import HubSpotDestination
from simulator.hubspot import FakeHubSpot
from tests.newcomers_walk import walking

ROOT = Path(__file__).parent.parent
PREFIX = "pe12345678_"
HANDED_DOWN = {
    "HubSpotDestination._notify": "the listener of the outbox sink",
    "SendRun.tell": "the listener of the destination",
    "SendRun._chunk": "the events that are to be pushed, read while they are taken",
    "SendRun._progress": "how far they were read, when the last of them is taken",
    "_now_ms": "the clock",
    "RuleCompiler.compile": "what compiles the settings of a rule: the mapping language knows nothing of HubSpot",
    "_prepare": "what makes the tables of a new outbox",
}


def event(number: int) -> dict[str, Any]:
    return {
        "name": "page view",
        "id": f"e{number}",
        "timestamp": 1_700_000_000_000 + number,
        "data": {"title": "Home"},
        "user": {"email": "ada@example.org"},
    }


@pytest.fixture
def config(hubspot: FakeHubSpot) -> dict[str, Any]:
    seed = {"definitions": [{"name": f"{PREFIX}page_view", "properties": ["title"]}]}
    hubspot.service.seed(hubspot.account, seed)
    rule = {"settings": {"properties": {"map": {"title": "data.title"}}}}
    settings = {"accessToken": hubspot.token, "eventNamePrefix": PREFIX}
    return {"settings": settings, "mapping": {"page": {"view": rule}}}


@pytest.fixture
def hubspot() -> Any:
    with FakeHubSpot() as server:
        yield server


def test_a_direct_push_is_followed_in_ten_files(hubspot: FakeHubSpot, config: dict[str, Any]) -> None:
    with HubSpotDestination(config, base_url=hubspot.base_url) as destination:
        assert destination.push(event(1)).kind == "sent"  # compiles the rule and connects
        with walking() as walk:
            assert destination.push(event(2)).kind == "sent"
    assert len(walk.files) <= 10, sorted(walk.files)


def test_a_push_into_the_outbox_is_followed_to_the_socket_in_eighteen_files(
    hubspot: FakeHubSpot, config: dict[str, Any], tmp_path: Path
) -> None:
    with HubSpotDestination(config, base_url=hubspot.base_url, outbox=tmp_path / "outbox") as destination:
        destination._sink.workers._refused = True  # type: ignore[attr-defined]  # `flush` delivers in this thread
        destination.push(event(1))  # compiles the rule and connects
        assert [outcome.kind for outcome in destination.flush()] == ["sent"]
        with walking() as walk:
            destination.push(event(2))
            assert [outcome.kind for outcome in destination.flush()] == ["sent"]
    assert walk.up_to_socket is not None
    assert len(walk.up_to_socket) <= 18, sorted(walk.up_to_socket)


@dataclass(frozen=True)
class SendWalk:
    """The walk of a whole `send --outbox`, in a process of its own."""

    files: list[str]
    calls: list[tuple[str, str, str]]


@pytest.fixture
def send_walk(hubspot: FakeHubSpot, config: dict[str, Any], tmp_path: Path) -> SendWalk:
    (tmp_path / "shop.json").write_text(json.dumps(config))
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(event(number))}\n" for number in range(3)))
    target, base_url = str(tmp_path / "walk.json"), ["--base-url", hubspot.base_url]
    send = ["send", "shop.json", "events.jsonl", "--outbox", "outbox.sqlite3", *base_url]
    walk = [sys.executable, "-m", "tests.newcomers_walk", target, *send]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(walk, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "3 events went out" in done.stderr) == (0, True), done.stderr
    return SendWalk(**json.loads(Path(target).read_text()))


def test_send_with_an_outbox_can_be_followed_whole(send_walk: SendWalk) -> None:
    assert len(send_walk.files) <= 45, send_walk.files


def test_calls_go_down_but_for_what_a_higher_room_handed_down(send_walk: SendWalk) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (rooms,) = [
        item for item in contracts if item["name"] == "the rooms of hubspot_dest import downwards only"
    ]
    layers = [re.findall(r"\w+", layer) for layer in rooms["layers"]]
    level = {room: number for number, layer in enumerate(layers) for room in layer}
    upward = {name for caller, callee, name in send_walk.calls if level[callee] < level[caller]}
    assert upward <= set(HANDED_DOWN), upward - set(HANDED_DOWN)
