"""Our cassettes play in vcrpy, vcrpy's play in our player, and no secret reaches a file on either way."""

from __future__ import annotations

import copy
import http.client
import json
import shutil
from pathlib import Path
from typing import Any

import hubspot
import pytest
from pydantic import SecretStr
from vcr.errors import CannotOverwriteExistingCassetteException

from hubspot_dest.delivery.client.client import HubSpotClient
from simulator.cassettes.cassette import Cassette
from simulator.cassettes.importers import imported
from simulator.cassettes.player import CassettePlayer
from simulator.cassettes.redaction.scrubber import ScrubError
from simulator.cassettes.vcr_integration import new_vcr
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours

FOLDER = Path(__file__).parents[3] / "cassettes"
SHIPPED = FOLDER / "documented-defaultEvent.json"
TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"


def sent_body(path: Path) -> dict[str, Any]:
    (interaction,) = Cassette.load(path).interactions
    body: dict[str, Any] = interaction.json
    return body


def official_client(base_url: str = "https://api.hubapi.com") -> Any:
    return hubspot.HubSpot(access_token=TOKEN, host=base_url)


def test_vcrpy_plays_one_of_our_cassettes_to_the_official_client() -> None:
    body = sent_body(SHIPPED)
    reordered = dict(reversed(list(body.items())))
    with new_vcr(record_mode="none").use_cassette(str(SHIPPED)) as cassette:
        official_client("http://127.0.0.1:9").events.send.basic_api.send(reordered)
        assert cassette.play_count == 1


def test_vcrpy_refuses_another_body_and_names_the_field() -> None:
    body = copy.deepcopy(sent_body(SHIPPED))
    body["eventName"] = "pe12345678_other"
    with (
        new_vcr(record_mode="none").use_cassette(str(SHIPPED)),
        pytest.raises(CannotOverwriteExistingCassetteException, match="eventName"),
    ):
        official_client().events.send.basic_api.send(body)


def test_what_vcrpy_recorded_plays_in_our_player(tmp_path: Path) -> None:
    path = tmp_path / "recorded.json"
    body = {"eventName": "pe12345678_view", "email": "person1@example.com", "properties": {"page": "home"}}
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        client = hubspot.HubSpot(access_token=fake.token, host=fake.base_url)
        with new_vcr(record_mode="once").use_cassette(str(path)):
            client.events.send.basic_api.send(body)
        assert fake.token not in path.read_text(encoding="utf-8")
    player = CassettePlayer(imported(path, every_host=True).cassette.interactions)
    HubSpotClient(SecretStr(TOKEN), base_url="http://127.0.0.1:9", around=player.around).send(body)
    assert [request.exact for request in player.played] == [True]


def test_vcrpy_never_saves_a_secret_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    shutil.copy(SHIPPED, path)
    before = path.read_bytes()
    body = {"eventName": "pe12345678_view", "email": "person1@example.com", "properties": {"secret": TOKEN}}
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        client = hubspot.HubSpot(access_token=fake.token, host=fake.base_url)
        with (
            pytest.raises(ScrubError, match="was not saved"),
            new_vcr(record_mode="new_episodes").use_cassette(str(path)),
        ):
            client.events.send.basic_api.send(body)
    assert path.read_bytes() == before
    assert (
        http.client.HTTPConnection.__module__ == "http.client"
    )  # and no library of the process stays patched


def test_an_added_request_keeps_the_section_that_replays_need(tmp_path: Path) -> None:
    path = tmp_path / "added.json"
    shutil.copy(SHIPPED, path)
    body = {"eventName": "pe12345678_view", "email": "person1@example.com", "properties": {}}
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        client = hubspot.HubSpot(access_token=fake.token, host=fake.base_url)
        with new_vcr(record_mode="new_episodes").use_cassette(str(path)):
            client.events.send.basic_api.send(body)
    whole = json.loads(path.read_text(encoding="utf-8"))
    assert len(whole["interactions"]) == 2
    assert whole["hubspot_dest"] == json.loads(SHIPPED.read_text(encoding="utf-8"))["hubspot_dest"]
