"""`--consent`: a name that the configuration does not ask for is pointed out, and nothing is proved without consent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.hubspot import FakeHubSpot
from tests.cli.conftest import EXAMPLES, Run

SHOP = str(EXAMPLES / "shop.yaml")
MEANT = "did you mean --consent marketing?"


def events(tmp_path: Path) -> str:
    path = tmp_path / "events.jsonl"
    record = {"name": "page view", "data": {"title": "x"}, "user": {"email": "ada@example.org"}}
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ("preview", SHOP, "EVENTS"),
        ("verify", SHOP, "EVENTS"),
        ("send", SHOP, "EVENTS", "--dry-run"),
        ("doctor", SHOP, "EVENTS", "--offline"),
        ("diff", SHOP, SHOP, "EVENTS"),
        ("definitions", "plan", SHOP, "EVENTS"),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_a_misspelt_consent_is_pointed_out_by_every_command_that_takes_one(
    run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    given = [events(tmp_path) if text == "EVENTS" else text for text in arguments]
    done = run("hubspot_dest", *given, "--consent", "Marketng")
    assert done.stderr.count(MEANT) == 1, done.stderr
    assert "warning: --consent" not in run("hubspot_dest", *given, "--consent", "marketing").stderr


def test_a_consent_that_resembles_nothing_names_what_the_configuration_asks_for(
    run: Run, tmp_path: Path
) -> None:
    done = run("hubspot_dest", "preview", SHOP, events(tmp_path), "--consent", "zzz=false")
    assert (
        "--consent zzz has no effect: the configuration does not require it, but requires marketing"
        in done.stderr
    )


def test_a_consent_that_only_a_function_reads_is_not_called_a_mistake(run: Run, tmp_path: Path) -> None:
    config = {
        "settings": {"eventNamePrefix": "pe12345678_"},
        "mapping": {"page": {"view": {"condition": "$code:(e, c) => c.consent.analytics"}}},
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    done = run("hubspot_dest", "preview", str(path), events(tmp_path), "--consent", "analytics")
    assert "has no effect" not in done.stderr
    other = run("hubspot_dest", "preview", str(path), events(tmp_path), "--consent", "marketing")
    assert "--consent marketing has no effect: the configuration requires no consent" in other.stderr


def test_verify_of_events_without_consent_says_so_and_never_asks_for_events(run: Run, tmp_path: Path) -> None:
    done = run("hubspot_dest", "verify", SHOP, events(tmp_path))
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert "pass EVENTS" not in first
    assert "1 denied; --consent marketing grants what waits for consent" in first


@pytest.mark.parametrize("command", ["preview", "verify", "send"])
def test_that_no_event_gave_an_email_is_said_plainly_after_few_events(
    run: Run, hubspot: FakeHubSpot, tmp_path: Path, command: str
) -> None:
    config = {
        "settings": {
            "eventNamePrefix": "pe12345678_",
            "identify": {"map": {"email": "data.customerMail", "properties": {"map": {"plan": "data.plan"}}}},
        },
        "mapping": {"page": {"view": {}}},
    }
    path = tmp_path / "config.json"
    more = ("--base-url", hubspot.base_url) if command == "send" else ()
    path.write_text(json.dumps(config), encoding="utf-8")
    done = run(
        "hubspot_dest", command, str(path), events(tmp_path), *more, HUBSPOT_ACCESS_TOKEN=hubspot.token
    )
    said = "none of 1 event gave settings.identify an e-mail (data.customerMail): it writes no contact"
    assert said in done.stdout + done.stderr

    config["settings"] = {"eventNamePrefix": "pe12345678_", "email": "data.customerMail"}
    path.write_text(json.dumps(config), encoding="utf-8")
    done = run(
        "hubspot_dest", command, str(path), events(tmp_path), *more, HUBSPOT_ACCESS_TOKEN=hubspot.token
    )
    said = "none of 1 event gave an e-mail or an objectId (data.customerMail): none of them can be sent"
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["preview", "verify", "lint"])
def test_a_misspelt_email_of_identify_is_named(run: Run, tmp_path: Path, command: str) -> None:
    identify = {"map": {"emial": "user.email", "properties": {"map": {"plan": "data.plan"}}}}
    config = {
        "settings": {"eventNamePrefix": "pe1_", "identify": identify},
        "mapping": {"page": {"view": {}}},
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    done = run("hubspot_dest", command, str(path), *(() if command == "lint" else (events(tmp_path),)))
    said = done.stdout + done.stderr
    assert "it maps emial" in said
    assert "did you mean email?" in said
