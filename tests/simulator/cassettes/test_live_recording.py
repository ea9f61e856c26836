"""Recording from a real portal: nothing is written before somebody said yes to what, and nothing of it stays on disk.

The real one is played by a HubSpot on this machine: nothing here ever reached HubSpot.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.cassettes.cassette import Cassette
from simulator.cassettes.comparison import compare
from simulator.cassettes.replay import replay
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm

TOKEN = "pat-eu1-aaaaaaaa-1111-2222-3333-bbbbbbbbbbbb"


@pytest.fixture
def portal() -> Iterator[FakeHubSpot]:
    service = HubSpot(token=TOKEN, portal_id=4711, switches=Behaviours(auto_define=True))
    with FakeHubSpot(service, token=TOKEN) as hubspot:
        service.seed(hubspot.account, {"contacts": [{"email": "known@corp.example"}]})
        yield hubspot


@pytest.fixture
def files(tmp_path: Path) -> Path:
    identify = {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.first"}}}}
    config = {"settings": {"eventNamePrefix": "pe4711_", "identify": identify}}
    (tmp_path / "c.json").write_text(json.dumps(config), encoding="utf-8")
    people = ["known@corp.example", "new@corp.example", "known@corp.example"]
    events = [
        {
            "name": "page view",
            "id": f"e{n}",
            "timestamp": 1_767_225_600_000,
            "user": {"email": text, "first": "Wil"},
        }
        for n, text in enumerate(people)
    ]
    lines = "".join(json.dumps(event) + "\n" for event in events)
    (tmp_path / "e.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def record(
    files: Path, portal: FakeHubSpot, *more: str, token: str = TOKEN, said: str | None = None
) -> tuple[int, str]:
    command = [sys.executable, "-m", "simulator", "record", str(files / "c.json"), str(files / "e.jsonl")]
    command += ["-o", str(files / "tape.json"), "--live", "--base-url", portal.base_url, *more]
    env = {name: value for name, value in os.environ.items() if name != "HUBSPOT_ACCESS_TOKEN"}
    if token:
        env["HUBSPOT_ACCESS_TOKEN"] = token
    if said is None:
        done = warm.run(command, capture_output=True, text=True, timeout=60, env=env, input="")
        return done.returncode, done.stdout + done.stderr
    terminal, keyboard = os.openpty()
    os.write(terminal, said.encode())
    done = warm.run(command, stdin=keyboard, capture_output=True, text=True, timeout=60, env=env)
    os.close(terminal)
    os.close(keyboard)
    return done.returncode, done.stdout + done.stderr


def test_what_will_be_written_where_is_said_first_and_a_no_writes_nothing(
    files: Path, portal: FakeHubSpot
) -> None:
    code, said = record(files, portal, said="n\n")
    assert "this writes 3 events and up to 2 contacts to portal 4711" in said
    assert "they stay there" in said
    assert (code, portal.account.occurrences) == (2, [])
    assert not (files / "tape.json").exists()


def test_without_anybody_to_ask_it_takes_yes(files: Path, portal: FakeHubSpot) -> None:
    code, said = record(files, portal)
    assert (code, portal.account.occurrences) == (2, [])
    assert "--yes" in said


def test_without_the_environments_token_it_does_not_run(files: Path, portal: FakeHubSpot) -> None:
    code, said = record(files, portal, "--yes", token="")
    assert (code, portal.journal.entries()) == (2, [])
    assert "export HUBSPOT_ACCESS_TOKEN" in said


def test_a_wrong_token_is_one_sentence_without_the_token(files: Path, portal: FakeHubSpot) -> None:
    wrong = TOKEN.replace("a", "c")
    code, said = record(files, portal, "--yes", token=wrong)
    assert code == 2
    assert "the portal cannot be asked: 401" in said
    assert wrong not in said


def test_a_recording_replays_and_compares_and_holds_neither_person_nor_token(
    files: Path, portal: FakeHubSpot
) -> None:
    code, said = record(files, portal, said="y\n")
    assert code == 0, said
    assert len(portal.account.occurrences) == 3
    text = (files / "tape.json").read_text(encoding="utf-8")
    for original in ("corp.example", '"Wil"', TOKEN, TOKEN[8:]):
        assert original not in text + said.replace(portal.base_url, "")
    cassette = Cassette.load(files / "tape.json")
    assert cassette.meta.live
    assert cassette.meta.against.startswith("portal 4711 at 127.0.0.1")
    assert {request.verdict for request in replay(cassette)} == {"same"}
    assert [compared_answer for compared_answer in compare(cassette) if compared_answer.differences] == []


def test_a_live_recording_is_never_replaced_by_one_of_the_simulator(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "cassettes" / "unknown-contact.json"
    text = json.loads(shipped.read_text(encoding="utf-8"))
    text["hubspot_dest"] |= {"live": True, "against": "portal 7 at api.hubapi.com, live"}
    text["interactions"].pop()
    tape = tmp_path / "live.json"
    tape.write_text(json.dumps(text), encoding="utf-8")
    before = tape.read_bytes()
    command = [sys.executable, "-m", "simulator", "replay", "--accept", str(tape)]
    done = warm.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "it stays as it was" in done.stderr
    assert tape.read_bytes() == before


@pytest.mark.parametrize("more", [("--fault", "500"), ("--switch", "auto_define=false")])
def test_faults_and_switches_are_not_for_a_real_portal(
    files: Path, portal: FakeHubSpot, more: tuple[str, str]
) -> None:
    code, said = record(files, portal, "--yes", *more)
    assert (code, portal.journal.entries()) == (2, [])
    assert "are for a HubSpot on this machine" in said
