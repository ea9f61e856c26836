"""Flow files: the HubSpot destination is found, or the error lists the candidates and how to select one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest import HubSpotDestination
from hubspot_dest.config.loading import ConfigFileError, load_config, load_examples
from hubspot_dest.delivery.client.recording_client import RecordingClient

TOKEN = "pat-na1-11111111-2222-3333-4444-555555555555"
PACKAGE = "@walkeros/server-destination-hubspot"


@pytest.fixture(autouse=True)
def _no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUBSPOT_ACCESS_TOKEN", raising=False)


def entry(prefix: str = "pe1_", **more: Any) -> dict[str, Any]:
    return {
        "package": PACKAGE,
        "config": {"settings": {"accessToken": TOKEN, "eventNamePrefix": prefix}},
        **more,
    }


def flow(destinations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"config": {"platform": "server"}, "destinations": destinations, **more}


def write(tmp_path: Path, flows: dict[str, Any], **more: Any) -> Path:
    path = tmp_path / "flow.json"
    path.write_text(json.dumps({"version": 4, "flows": flows, **more}, indent=1), encoding="utf-8")
    return path


def refused(path: Path | str) -> str:
    with pytest.raises(ConfigFileError) as found:
        load_config(Path(path))
    assert TOKEN not in "\n".join(found.value.lines)
    return found.value.lines[0]


def test_the_only_hubspot_destination_is_taken_whatever_stands_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path, {"s": flow({"ga4": {"package": "@walkeros/x"}, "crm": entry()})})
    config, notes = load_config(path)
    assert (config.id, config.raw["settings"]["eventNamePrefix"]) == ("crm", "pe1_")
    assert "using destination 'crm' of flow 's'" in notes[0]


@pytest.mark.parametrize(
    "item",
    [
        entry() | {"package": f"{PACKAGE}@^4.1"},
        {key: value for key, value in entry().items() if key != "package"},
    ],
)
def test_a_version_or_code_of_ones_own_does_not_hide_it(tmp_path: Path, item: dict[str, Any]) -> None:
    assert load_config(write(tmp_path, {"s": flow({"crm": item})}))[0].id == "crm"


def test_several_are_named_and_one_is_chosen_behind_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": flow({"hub": entry("pe1_")}), "b": flow({"hub": entry("pe2_")})})
    assert "several destinations match: a.hub, b.hub (select one after the file name: FILE#a.hub)" in refused(
        path
    )
    for wanted in ("b", "b.hub"):
        config, _ = load_config(Path(f"{path}#{wanted}"))
        assert config.raw["settings"]["eventNamePrefix"] == "pe2_"
    assert "there is no destination 'c' (destinations: a.hub, b.hub)" in refused(f"{path}#c")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            {"version": 5, "flows": {"d": {"config": {}}}},
            "line 1: version: flow version 5 is not supported, only 1 to 4 are",
        ),
        ({"flows": {"d": {}}}, "flow version None is not supported"),
        ({"version": 4, "flows": {}}, "flows must be a map of at least one flow"),
        ({"version": 4, "flows": {"d": {}}}, "this flow has no HubSpot destination; destinations: none"),
        (
            {"version": 4, "flows": {"d": {"destinations": {"ga4": {"package": "x"}}}}},
            "destinations: d.ga4 (select one after the file name: FILE#d.ga4)",
        ),
        (
            {"version": 4, "flows": {"d": {"destinations": {"hubspot": {"config": 5}}}}},
            "flows.d.destinations.hubspot.config: a destination's config must be a map",
        ),
    ],
)
def test_a_flow_that_cannot_be_used_says_why(tmp_path: Path, raw: Any, said: str) -> None:
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    assert said in refused(path)


def test_a_mistake_in_a_flow_is_found_by_its_line(tmp_path: Path) -> None:
    single = entry()
    single["config"]["mapping"] = {"page": {"view": {"settings": {"evntName": "x"}}}}
    path = write(tmp_path, {"s": flow({"crm": single})})
    number = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "evntName" in text)
    assert f"flow.json, line {number}: mapping.page.view.settings.evntName" in refused(path)


def test_variables_of_the_step_win_over_those_of_the_flow_and_the_file(tmp_path: Path) -> None:
    single = entry("$var.a$var.b$var.c", variables={"c": "3"})
    path = write(
        tmp_path,
        {"s": flow({"crm": single}, variables={"b": "2", "c": "x"})},
        variables={"a": "1", "b": "x", "c": "x"},
    )
    assert load_config(path)[0].raw["settings"]["eventNamePrefix"] == "123"


def test_another_flows_config_can_be_read_and_a_circle_is_found(tmp_path: Path) -> None:
    web = {"config": {"platform": "web", "url": "pe$var.n_"}, "variables": {"n_": "7_"}}
    flows = {"web": web, "s": flow({"crm": entry("$flow.web.url")})}
    assert load_config(write(tmp_path, flows))[0].raw["settings"]["eventNamePrefix"] == "pe7_"
    web["config"] = {"url": "$flow.s.x"}
    flows["s"]["config"] = {"x": "$flow.web.url"}
    assert "refer to each other in a circle" in refused(write(tmp_path, flows))


def test_a_token_that_is_not_set_is_named_and_preview_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = entry()
    single["config"]["settings"]["accessToken"] = "$env.HUB_TOKEN"
    path = write(tmp_path, {"s": flow({"crm": single})})
    with pytest.raises(ConfigFileError) as found:
        load_config(path)
    assert "the access token is missing" in found.value.lines[0]
    assert "environment variable HUB_TOKEN is not set" in found.value.lines[1]
    config, notes = load_config(path, needs_token=False)
    assert (config.token.get_secret_value(), len(notes)) == ("", 1)
    monkeypatch.setenv("HUB_TOKEN", TOKEN)
    assert load_config(path)[0].token.get_secret_value() == TOKEN


def test_what_the_flow_says_of_the_collector_is_where_the_destination_begins(tmp_path: Path) -> None:
    state = {"consent": {"marketing": True}, "globals": {"lang": "de"}, "user": {"email": "a@b.co"}}
    single = entry()
    single["config"] |= {"consent": {"marketing": True}}
    single["config"]["mapping"] = {
        "page": {"view": {"settings": {"properties": {"map": {"l": "globals.lang"}}}}}
    }
    config, _ = load_config(write(tmp_path, {"s": flow({"crm": single}, collector=state)}))
    client = RecordingClient()
    HubSpotDestination(config, client=client).push({"name": "page view"})
    assert client.calls[0][1]["email"] == "a@b.co"
    assert client.calls[0][1]["properties"] == {"l": "de"}
    refusing = HubSpotDestination(config, client=client, consent={"marketing": False})
    assert refusing.push({"name": "page view"}).kind == "denied"


def test_what_is_beside_the_config_of_an_entry_alone_is_warned_of_too(tmp_path: Path) -> None:
    path = tmp_path / "entry.json"
    path.write_text(json.dumps(entry(env={"client": "$code:({})"}, next="x")))
    _, notes = load_config(path)
    assert any("env: env has no effect here" in note for note in notes)
    assert any("next: next has no effect here" in note for note in notes)


def test_what_is_not_carried_out_is_said(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"s": flow({"crm": entry(before=["geo"], cache={"rules": []}, env={"client": "$code:({})"})})},
        include=["x"],
    )
    _, notes = load_config(path)
    assert [note.split(": ", 1)[1] for note in notes] == [
        "flows.s.destinations.crm.before: before has no effect here: transformers are not run here: events are used as "
        "their source sent them",
        "flows.s.destinations.crm.cache: cache has no effect here: events are not cached here",
        "flows.s.destinations.crm.env: env has no effect here: the official HubSpot client is used, not what env "
        "injects",
        "include: included folders are not read",
    ]


def test_step_examples_are_read_in_every_form_they_have(tmp_path: Path) -> None:
    examples = {
        "flat": {"in": {"name": "a b"}, "out": ["events.send.basicApi.send", {"x": 1}]},
        "list": {"in": {"name": "a b"}, "out": [["one"], ["two"]], "title": "T", "description": "D"},
        "nothing": {"in": {"name": "a b"}, "out": []},
        "silent": {"in": {"name": "a b"}},
        "order": {"command": "consent", "in": {"marketing": True}, "out": [], "settings": {"batch": True}},
        "broken": {"title": "no event"},
        "odd": 5,
    }
    _, found = load_examples(write(tmp_path, {"s": flow({"crm": entry(examples=examples)})}))
    assert [(step_example.name, step_example.calls) for step_example in found] == [
        ("flat", [["events.send.basicApi.send", {"x": 1}]]),
        ("list", [["one"], ["two"]]),
        ("nothing", []),
        ("silent", None),
        ("order", []),
        ("broken", None),
        ("odd", None),
    ]
    assert [bool(step_example.problems) for step_example in found] == [False] * 5 + [True] * 2
    assert (found[1].title, found[1].description, found[0].title) == ("T", "D", "flat")
    assert (found[4].command, found[4].settings) == ("consent", {"batch": True})


def test_a_name_behind_a_file_that_is_no_flow_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps(entry()["config"]), encoding="utf-8")
    assert "is not a flow file" in refused(f"{path}#crm")


def test_a_file_whose_name_has_the_sign_in_it_is_still_a_file(tmp_path: Path) -> None:
    path = tmp_path / "c#1.json"
    path.write_text(json.dumps(entry()["config"]), encoding="utf-8")
    assert load_config(path)[0].raw["settings"]["eventNamePrefix"] == "pe1_"
