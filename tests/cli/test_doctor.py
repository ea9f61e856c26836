"""`hubspot-dest doctor`: what would go wrong is known before the first event, and nothing is written to find out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.config.connection import API_VERSIONS
from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import EXAMPLES, Run
from tests.factories import write_config

SHOP, EVENTS = str(EXAMPLES / "shop.yaml"), str(EXAMPLES / "events.jsonl")


def doctor(
    run: Run, hubspot: FakeHubSpot, *arguments: str, **environment: str
) -> tuple[Any, list[dict[str, Any]]]:
    done: subprocess.CompletedProcess[str] = run(
        "hubspot_dest", "doctor", *arguments, "--base-url", hubspot.base_url, "--json", **environment
    )
    checks = [json.loads(line) for line in done.stdout.splitlines()]
    assert "Traceback" not in done.stderr
    return done, checks


def found(checks: list[dict[str, Any]], subject: str) -> list[dict[str, Any]]:
    return [check for check in checks if check.get("check") == subject]


def configuration(tmp_path: Path, hubspot: FakeHubSpot, **settings: Any) -> str:
    config = {"mapping": settings.pop("mapping", {})}
    return str(write_config(tmp_path, config=config, accessToken=hubspot.token, **settings))


@pytest.mark.parametrize("version", [*API_VERSIONS, "events/2026-09"])
def test_a_shop_that_is_ready_is_fine_in_every_version_and_nothing_is_written(
    run: Run, hubspot: FakeHubSpot, version: str
) -> None:
    done, checks = doctor(run, hubspot, SHOP, "--api-version", version)
    assert done.returncode == 0, done.stdout
    assert checks[-1]["summary"]["wrong"] == 0
    assert found(checks, "prefix")[0]["verdict"] == "ok"
    assert found(checks, "API version")[0]["sentence"].startswith(f"{version}: ")
    assert {entry.method for entry in hubspot.journal.entries()} == {"GET"}
    assert {entry.answer.status for entry in hubspot.journal.entries()} == {200}


def test_for_people_it_says_what_was_asked_of_hubspot_and_what_was_not(
    run: Run, hubspot: FakeHubSpot
) -> None:
    done = run("hubspot_dest", "doctor", SHOP, "--base-url", hubspot.base_url)
    assert "token: accepted by HubSpot: portal 12345678, time zone UTC (asked HubSpot)" in done.stdout
    assert (
        "API version: v3: /events/v3/send, /events/v3/send/batch, /crm/v3/objects/contacts\n" in done.stdout
    )
    assert "not checked: whether the token may send (analytics.behavioral_events.send)" in done.stdout
    assert "nothing was written" in done.stderr


def test_an_event_without_a_definition_is_named_with_the_nearest_that_there_is(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    config = configuration(tmp_path, hubspot, mapping={"page": {"views": {}}})
    done, checks = doctor(run, hubspot, config)
    (check,) = found(checks, "event pe12345678_page_views")
    assert done.returncode == 1
    assert (check["verdict"], check["live"]) == ("wrong", True)
    assert check["hint"] == "did you mean pe12345678_page_view?"


def test_a_property_that_the_definition_lacks_is_named(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    rule = {
        "settings": {
            "properties": {"map": {"skuu": "data.id", "hs_page_url": "data.url", "price": "data.price"}}
        }
    }
    config = configuration(tmp_path, hubspot, mapping={"product": {"view": rule}})
    done, checks = doctor(run, hubspot, config)
    (check,) = found(checks, "event pe12345678_product_view")
    assert done.returncode == 1
    assert check["sentence"] == "its definition has no property skuu"
    assert check["hint"] == "did you mean sku?"


def test_a_contact_property_that_is_missing_is_named(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    identify = {"map": {"email": "user.email", "properties": {"map": {"plan": "a", "favourite": "b"}}}}
    done, checks = doctor(run, hubspot, configuration(tmp_path, hubspot, identify=identify))
    (check,) = found(checks, "contact properties")
    assert done.returncode == 1
    assert "contacts have no property favourite" in check["sentence"]


def test_a_prefix_of_another_portal_is_found(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    done, checks = doctor(run, hubspot, configuration(tmp_path, hubspot, eventNamePrefix="pe999_"))
    (check,) = found(checks, "prefix")
    assert done.returncode == 1
    assert check["sentence"] == "pe999_ is for portal 999, but the token is for portal 12345678"
    assert check["hint"] == "eventNamePrefix: pe12345678_"


def wrong(checks: list[dict[str, Any]]) -> list[str]:
    return [check["check"] for check in checks if check.get("verdict") == "wrong"]


def test_a_wrong_prefix_is_one_fault_and_not_one_for_each_event(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    mapping: dict[str, Any] = {"a": {"b": {}, "c": {}}, "d": {"e": {}}}
    config = configuration(tmp_path, hubspot, eventNamePrefix="pe999_", mapping=mapping)
    done, checks = doctor(run, hubspot, config)
    assert wrong(checks) == ["prefix"]
    assert found(checks, "event definitions")[0]["hint"] == "correct the prefix first"
    assert "definitions apply" not in done.stdout


def test_a_wrong_token_is_told_and_never_shown(run: Run, hubspot: FakeHubSpot) -> None:
    secret = "pat-eu1-deadbeef-dead-beef-dead-beefdeadbeef"
    done, checks = doctor(run, hubspot, SHOP, HUBSPOT_ACCESS_TOKEN=secret)
    assert done.returncode == 1
    assert "401 INVALID_AUTHENTICATION" in found(checks, "token")[0]["sentence"]
    assert wrong(checks) == ["token"]
    assert done.stdout.count("INVALID_AUTHENTICATION") == 1
    assert "no response was one that HubSpot gives" not in done.stdout
    assert found(checks, "HubSpot")[0]["sentence"] == (
        "without a token that is accepted, nothing else was checked"
    )
    assert secret not in done.stdout + done.stderr


def test_a_token_without_the_scope_to_look_is_no_error_and_the_scope_is_named(
    run: Run, hubspot: FakeHubSpot
) -> None:
    token = "pat-na1-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    hubspot.service.add_account(token, scopes=["analytics.behavioral_events.send"])
    done, checks = doctor(run, hubspot, SHOP, HUBSPOT_ACCESS_TOKEN=token)
    assert done.returncode == 0
    assert "behavioral_events.event_definitions.read_write" in found(checks, "event definitions")[0]["hint"]
    assert "crm.schemas.contacts.read" in found(checks, "contact properties")[0]["hint"]


def test_where_nothing_listens_one_sentence_says_so(run: Run) -> None:
    with FakeHubSpot() as gone:
        pass
    done, checks = doctor(run, gone, SHOP)
    assert done.returncode == 1
    assert "nothing listens at 127.0.0.1" in found(checks, "HubSpot")[0]["sentence"]
    assert not found(checks, "event definitions")
    assert wrong(checks) == ["HubSpot"]
    assert found(checks, "HubSpot")[0]["hint"] == "is hubspot-sim serve running there?"
    people = run("hubspot_dest", "doctor", SHOP, "--base-url", gone.base_url)
    assert "(asked HubSpot)" not in people.stdout
    assert "no response was one that HubSpot gives" not in people.stdout


@pytest.mark.parametrize("body", ["<html>welcome</html>", "[]", "{}"])
def test_a_server_that_is_no_hubspot_is_told(run: Run, tmp_path: Path, body: str) -> None:
    from tests.delivery.wire import answer, wire

    with wire(answer("200 OK", body.encode())) as server:
        done = run("hubspot_dest", "doctor", SHOP, "--base-url", server.base_url)
    assert "cannot be read; is this HubSpot?" in done.stdout
    assert "Traceback" not in done.stderr


def test_real_events_show_exactly_what_they_need(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text(
        '{"name":"page read","user":{"email":"a@b.c"},"consent":{"marketing":true}}\n', encoding="utf-8"
    )
    done, checks = doctor(run, hubspot, SHOP, str(events))
    assert done.returncode == 1
    assert [check["check"] for check in checks if check.get("verdict") == "wrong"] == [
        "event pe12345678_page_read"
    ]
    assert doctor(run, hubspot, SHOP, EVENTS, "--consent", "marketing")[0].returncode == 0


def test_a_proxy_of_the_environment_that_is_not_used_is_pointed_out(run: Run, hubspot: FakeHubSpot) -> None:
    _, checks = doctor(run, hubspot, SHOP, "--offline", HTTPS_PROXY="http://127.0.0.1:9")
    assert "HTTPS_PROXY is not used" in found(checks, "proxy")[0]["sentence"]


def test_offline_nothing_is_asked_and_names_are_checked_all_the_same(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    config = configuration(tmp_path, hubspot, mapping={"a": {"b": {"settings": {"eventName": "Größe 1"}}}})
    done, checks = doctor(run, hubspot, config, "--offline")
    assert done.returncode == 1
    assert not any(check.get("live") for check in checks)
    assert hubspot.journal.entries() == []


def test_definitions_beyond_the_first_page_are_seen(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    names = [f"pe12345678_a_{number:03d}" for number in range(230)]
    hubspot.service.seed(hubspot.account, {"definitions": [{"name": name} for name in names]})
    mapping: dict[str, Any] = {"a": {"229": {}, "000": {}}}
    done, _ = doctor(run, hubspot, configuration(tmp_path, hubspot, mapping=mapping))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "status", ["302 Found", "307 Temporary Redirect", "404 Not Found", "500 Error", "403 Forbidden"]
)
def test_it_is_not_green_where_nothing_was_proven(run: Run, status: str) -> None:
    from tests.delivery.wire import answer, wire

    location = "Location: https://login.example.org/start"
    with wire(answer(status, b"", *([location] if status[0] == "3" else []))) as server:
        done = run("hubspot_dest", "doctor", SHOP, "--base-url", server.base_url)
    assert done.returncode == 1
    assert "nothing is proven" in done.stdout
    assert done.stdout.count("✗ wrong") == 1
    if status[0] == "3":
        assert "a redirect to https://login.example.org/start, which is not followed" in done.stdout


def test_a_bad_event_name_is_said_once(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    config = configuration(
        tmp_path, hubspot, mapping={"a": {"b": {"settings": {"eventName": "Add To Cart"}}}}
    )
    done, checks = doctor(run, hubspot, config)
    assert done.returncode == 1
    assert len(found(checks, "event pe12345678_Add To Cart")) == 1


def test_offline_needs_no_token(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"settings": {"eventNamePrefix": "pe1_"}}', encoding="utf-8")
    done, _ = doctor(run, hubspot, str(config), "--offline")
    assert done.returncode == 0, done.stderr
    assert doctor(run, hubspot, str(config))[0].returncode == 2


@pytest.mark.parametrize("command", ["doctor", "send"])
@pytest.mark.parametrize("token", ["pat-na1-secret…", "secret\ntoken", "secret token"])
def test_a_token_that_no_header_takes_is_said_at_the_start_and_never_shown(
    run: Run, hubspot: FakeHubSpot, command: str, token: str
) -> None:
    done = run(
        "hubspot_dest", command, SHOP, EVENTS, "--base-url", hubspot.base_url, HUBSPOT_ACCESS_TOKEN=token
    )
    assert done.returncode == 2
    assert "HUBSPOT_ACCESS_TOKEN: character " in done.stderr
    assert "not allowed in an HTTP header" in done.stderr
    assert "secret" not in done.stdout + done.stderr
    assert hubspot.journal.entries() == []


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_line_break_behind_a_mounted_secret_is_no_part_of_the_token(
    run: Run, hubspot: FakeHubSpot, ending: str
) -> None:
    done, checks = doctor(run, hubspot, SHOP, HUBSPOT_ACCESS_TOKEN=hubspot.token + ending)
    assert found(checks, "token")[0]["verdict"] == "ok", done.stdout


def test_events_of_which_none_can_be_read_prove_nothing(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text("no event\n", encoding="utf-8")
    done, _ = doctor(run, hubspot, SHOP, str(events))
    assert done.returncode == 2
    assert "has no usable event" in done.stderr


def test_a_fix_is_a_command_that_can_be_copied(run: Run, hubspot: FakeHubSpot, tmp_path: Path) -> None:
    config = configuration(tmp_path, hubspot, mapping={"page": {"view": {"name": "never_defined"}}})
    done = run("hubspot_dest", "doctor", config, EVENTS, "--base-url", hubspot.base_url)
    expected = f"hubspot-dest definitions apply {config} {EVENTS} --base-url {hubspot.base_url}"
    assert expected in done.stdout
    assert "CONFIG" not in done.stdout
