"""Recorded traffic: it replays, it names what changed, it holds no secret, and nothing leaks past it."""

from __future__ import annotations

import copy
import json
import random
import socket
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from vcr.serialize import deserialize
from vcr.serializers import jsonserializer

from simulator.cassettes.cassette import Cassette, CassetteError, Interaction
from simulator.cassettes.player import CassettePlayer
from simulator.cassettes.recorder import TrafficRecorder
from simulator.cassettes.redaction.scrubber import ScrubError, leaks, scrubbed
from simulator.cassettes.replay import replay
from simulator.cassettes.session import record
from simulator.cassettes.shipped import recipes
from tests import warm

FOLDER = Path(__file__).parents[3] / "cassettes"
SHIPPED = sorted(FOLDER.glob("*.json"))
RECIPES = {recipe.name: recipe for recipe in recipes()}


def sim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return warm.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_every_recipe_is_shipped_and_nothing_else() -> None:
    assert {path.stem for path in SHIPPED} == set(RECIPES)
    assert len(SHIPPED) >= 16


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_cassette_replays_green_and_is_what_its_recipe_makes(path: Path) -> None:
    cassette = Cassette.load(path)
    assert {request.verdict for request in replay(cassette)} <= {"same"}
    made = RECIPES[path.stem].made()
    assert made.interactions == cassette.interactions
    assert "never the real HubSpot" in cassette.meta.against
    assert leaks(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_vcrpy_reads_a_cassette(path: Path) -> None:
    requests, responses = deserialize(path.read_text(encoding="utf-8"), jsonserializer)
    cassette = Cassette.load(path)
    assert [request.method for request in requests] == [
        interaction.method for interaction in cassette.interactions
    ]
    assert [response["status"]["code"] for response in responses] == [
        interaction.status for interaction in cassette.interactions
    ]


def test_one_changed_property_turns_exactly_the_affected_requests_red_with_the_field_named() -> None:
    cassette = Cassette.load(FOLDER / "unknown-contact.json")
    config = copy.deepcopy(cassette.meta.config)
    properties = config["mapping"]["page"]["view"]["settings"]["properties"]["map"]
    properties["titel"] = properties.pop("title")
    found = replay(cassette, config)
    assert Counter(request.verdict for request in found) == {"same": 3, "changed": 3}
    for request in found:
        assert request.target.endswith("/send") == (request.verdict == "changed")
        if request.verdict == "changed":
            assert [each.path for each in request.differences] == ["properties.title", "properties.titel"]


def test_what_is_no_longer_sent_is_missing_and_what_is_more_is_new() -> None:
    cassette = Cassette.load(FOLDER / "batch-501.json")
    config = copy.deepcopy(cassette.meta.config)
    config["settings"]["batch"] = False
    verdicts = Counter(request.verdict for request in replay(cassette, config))
    assert verdicts == {"new": 501, "missing": 2}


def _people(count: int) -> list[dict[str, Any]]:
    dice = random.Random(5)
    return [
        {
            "email": f"{dice.choice(('Anna', 'bob', 'celik'))}.x{n}+tag@mail{n}.example.net",
            "firstname": f"Zyra{n}",
            "lastname": f"Qvist{n}",
            "phone": f"+49 30 {10_000_000 + n}",
            "device": f"dev-{n:06d}",
        }
        for n in range(count)
    ]


@pytest.mark.deep  # test_redaction.py has the same people in the normal run
def test_no_original_of_five_hundred_people_survives_equal_stays_equal_and_replay_matches() -> None:
    people = _people(500)
    config = {
        "settings": {
            "eventNamePrefix": "pe12345678_",
            "identify": {
                "map": {
                    "email": "user.email",
                    "properties": {"map": {"firstname": "user.firstname", "phone": "user.phone"}},
                }
            },
        },
        "mapping": {
            "page": {"view": {"settings": {"properties": {"map": {"who": "user.email", "t": "data.title"}}}}}
        },
    }
    events = [
        {
            "name": "page view",
            "id": f"{number:016x}",
            "user": person,
            "data": {"title": f"Hello {person['email']}", "again": person["email"]},
            "timestamp": 1_767_225_600_000,
        }
        for number, person in enumerate(people)
    ]
    from simulator.cassettes.session import RecordingSetup

    raw = record(config, events, RecordingSetup({}, {"auto_define": True}))
    clean = scrubbed(raw)
    text = clean.text()
    for person in people:
        for name, value in person.items():
            assert value not in text, name
            assert value.lower() not in text.lower(), name
    assert len({event["user"]["email"].lower() for event in clean.meta.events}) == 500
    assert all(event["user"]["email"] in event["data"]["title"] for event in clean.meta.events)
    assert {request.verdict for request in replay(clean)} == {"same"}


@pytest.mark.parametrize(
    "planted",
    [
        "pat-eu1-11111111-2222-3333-4444-555555555555",
        "Bearer abcdef0123456789",
        "ghp_abcdefghijklmnop",
        "kJ8s9dLq0ZxWv7Yt5Rb3Nm1Pc2Hf4Gg6",
    ],
)
def test_a_planted_secret_is_taken_out_or_saving_fails(planted: str) -> None:
    recipe = RECIPES["unknown-contact"]
    raw = record(recipe.config, recipe.events, recipe.setup)
    spoilt = Interaction(
        "POST", f"/x?note={planted}", f'{{"note":"{planted}"}}', 200, f'{{"token":"{planted}"}}'
    )
    try:
        made = scrubbed(Cassette(raw.meta, (*raw.interactions, spoilt)))
    except ScrubError:
        return
    assert planted not in made.text()
    assert leaks(made.text()) == []


class _Nowhere:
    def request(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("a request went past the tape")


def test_sixteen_threads_lose_nothing_and_nothing_reaches_a_decoy() -> None:
    interactions = [Interaction("POST", f"/p{n % 50}", json.dumps({"n": n}), 204, "") for n in range(8000)]
    with socket.create_server(("127.0.0.1", 0)) as decoy:
        decoy.setblocking(False)
        base = f"http://127.0.0.1:{decoy.getsockname()[1]}"
        player, recorder = CassettePlayer(interactions), TrafficRecorder()
        pool = recorder.around(player.around(_Nowhere()))
        work = list(range(8000))
        random.Random(1).shuffle(work)

        def run(mine: list[int]) -> None:
            for n in mine:
                body = json.dumps({"n": n}).encode()
                assert pool.request("POST", f"{base}/p{n % 50}", body=body, headers={}).status == 204

        threads = [threading.Thread(target=run, args=(work[start::16],)) for start in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert player.unused == []
        assert all(request.exact for request in player.played)
        assert len(recorder.interactions) == 8000
        with pytest.raises(BlockingIOError):
            decoy.accept()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "not a cassette, or was cut short"),
        ('{"version": 1, "interactions": [', "not a cassette, or was cut short"),
        ("[]", "is not a cassette"),
        ('{"version": 1, "interactions": []}', "names no events"),
        (
            '{"version": 1, "interactions": [], "hubspot_dest": {"format": 9}}',
            "form 9; this version reads form 1",
        ),
        ('{"version": 1, "interactions": [], "hubspot_dest": {"format": 1}}', "damaged cassette"),
        ("\x00\x01", "not a cassette"),
    ],
)
def test_a_file_that_is_no_cassette_is_one_message_and_stays_as_it_was(
    tmp_path: Path, content: str, says: str
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CassetteError, match=says):
        Cassette.load(file)
    for command in (["replay", "--accept"], ["scrub"]):
        done = sim(*command, str(file))
        assert done.returncode == 2
        assert says in done.stderr
        assert "Traceback" not in done.stderr
    assert file.read_text(encoding="utf-8") == content


def test_a_user_records_replays_changes_and_accepts(tmp_path: Path) -> None:
    root = FOLDER.parent
    config, tape = tmp_path / "shop.yaml", tmp_path / "shop.json"
    config.write_text((root / "examples" / "shop.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    done = sim("record", str(config), str(root / "examples" / "events.jsonl"), "-o", str(tape))
    assert done.returncode == 0, done.stderr
    assert sim("replay", str(tape)).returncode == 0
    changed = config.read_text(encoding="utf-8").replace("hs_page_title", "hs_page_titel")
    config.write_text(changed, encoding="utf-8")
    done = sim("replay", str(tape), "--config", str(config))
    assert done.returncode == 1
    assert "properties.hs_page_titel" in done.stdout
    assert sim("replay", str(tape), "--config", str(config), "--accept").returncode == 0
    assert sim("replay", str(tape)).returncode == 0
    assert sim("scrub", "--check", str(tape)).returncode == 0
