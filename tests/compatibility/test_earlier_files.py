"""Files and options of the version before the restructuring keep working.

The files in `data` were written by commit 147804d: an outbox that a closed port left full, an outbox with dead letters
and with events that wait for consent, an account store of `serve --store`, a trail of `send --trail`, and the option
names of every command.
"""

from __future__ import annotations

import gzip
import importlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import hubspot_dest
from hubspot_dest import HubSpotDestination
from hubspot_dest.cli.commands.outbox import command as hubspot_outbox
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm

DATA = Path(__file__).parent / "data"
TOKEN = "pat-na1-00000000-0000-0000-0000-000000000000"
OPTIONS: dict[str, dict[str, Any]] = json.loads((DATA / "options.json").read_text(encoding="utf-8"))
PUBLIC = (
    *(
        "AsyncHubSpotDestination",
        "Client",
        "Config",
        "ConfigError",
        "Connection",
        "ContactUpsert",
        "DeliveryError",
    ),
    *(
        "HubSpotClient",
        "HubSpotDestination",
        "Issue",
        "Outcome",
        "OutboxError",
        "OutboxSettings",
        "Plan",
        "Planner",
    ),
    *("Problem", "RetryPolicy", "Trace"),
)
PACKAGES = {"hubspot-dest": "hubspot_dest.cli.commands", "hubspot-sim": "simulator.commands"}


def unpacked(name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(gzip.decompress((DATA / f"{name}.gz").read_bytes()))
    return path


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """Run `hubspot-sim serve`, and give its address."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", *options]
    process = warm.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                yield found[0]
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_an_earlier_outbox_is_delivered_whole(tmp_path: Path) -> None:
    outbox = unpacked("waiting.sqlite3", tmp_path)
    for name in ("shop.yaml", "events.jsonl"):
        shutil.copy(DATA / name, tmp_path / name)
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        with closing(sqlite3.connect(outbox)) as database, database:  # it was made for a port of that day
            database.execute(
                "UPDATE meta SET value = replace(value, 'http://127.0.0.1:9', ?) WHERE name = 'target'",
                [fake.base_url],
            )
        command = [sys.executable, "-m", "hubspot_dest", "send", "shop.yaml", "events.jsonl"]
        command += ["--base-url", fake.base_url, "--outbox", str(outbox), "--resume"]
        environment = {**os.environ, "HUBSPOT_ACCESS_TOKEN": fake.token}
        done = warm.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert len(fake.account.occurrences) == 6, done.stderr


def test_an_earlier_outboxs_dead_letters_and_waiting_events_are_listed_sent_and_released(
    tmp_path: Path,
) -> None:
    path, prefix = unpacked("dead-and-waiting.sqlite3", tmp_path), "pe12345678_"
    status = CliRunner().invoke(hubspot_outbox, ["status", str(path), "--json"])
    dead = CliRunner().invoke(hubspot_outbox, ["export", str(path)])
    assert {key: json.loads(status.output)[key] for key in ("dead", "forConsent")} == {
        "dead": 2,
        "forConsent": 3,
    }
    letters = [json.loads(line) for line in dead.output.splitlines()]
    assert [letter["id"] for letter in letters] == ["e1", "e3"]
    assert "order_complete" in letters[0]["error"]["message"]
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as fake:
        with closing(sqlite3.connect(path)) as database, database:  # it was made for a port of that day
            target = f"{fake.base_url} {prefix}"
            database.execute("UPDATE meta SET value = ? WHERE name = 'target'", [target])
        revived = CliRunner().invoke(hubspot_outbox, ["retry", str(path)])
        assert revived.exit_code == 0, revived.output
        rules = {
            "page": {"view": {"settings": {"properties": {"map": {"title": "data.title"}}}}},
            "order": {"complete": {"settings": {"properties": {"map": {"total": "data.total"}}}}},
        }
        settings = {"accessToken": fake.token, "eventNamePrefix": prefix}
        config = {"settings": settings, "consent": {"marketing": True}, "mapping": rules}
        with HubSpotDestination(config, base_url=fake.base_url, outbox=path) as destination:
            assert destination.waiting == 3
            destination.consent({"marketing": True})
            destination.flush()
            assert (destination.waiting, destination.queued) == (0, 0)
        sent = [(made["eventName"], made["properties"]) for made in fake.account.occurrences]
    shown = sorted((name, properties.get("title") or properties["total"]) for name, properties in sent)
    assert shown == [
        (f"{prefix}order_complete", "5"),
        (f"{prefix}order_complete", "7"),
        (f"{prefix}order_complete", "9"),
        (f"{prefix}page_view", "Later"),
        (f"{prefix}page_view", "Ünïcode ✓"),
    ]


def test_an_earlier_account_store_is_served_with_its_contacts_and_timeline(tmp_path: Path) -> None:
    store = unpacked("account.sqlite3", tmp_path)
    with serving("--store", str(store)) as address:
        request = urllib.request.Request(
            f"{address}/crm/v3/objects/contacts", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            contacts = json.load(answer)["results"]
    assert {contact["properties"]["email"] for contact in contacts} >= {"ada@example.org", "alan@example.org"}


def test_an_earlier_trail_is_followed() -> None:
    from hubspot_dest.cli.commands.follow import command

    done = CliRunner().invoke(command, ["a2", str(DATA / "trail.jsonl")])
    assert done.exit_code == 0
    assert "page view" in done.output


def test_every_public_name_is_still_there() -> None:
    assert [name for name in PUBLIC if not hasattr(hubspot_dest, name)] == []


def options_of(command: click.Command) -> set[str]:
    return {name for part in command.params for name in (*part.opts, *part.secondary_opts)}


@pytest.mark.parametrize(
    ("program", "name"), [(program, name) for program, commands in OPTIONS.items() for name in commands]
)
def test_every_earlier_option_is_still_accepted(program: str, name: str) -> None:
    command: click.Command = importlib.import_module(f"{PACKAGES[program]}.{name}").command
    known = OPTIONS[program][name]
    if isinstance(command, click.Group):
        missing = {verb: set(known[verb]) - options_of(command.commands[verb]) for verb in known}
        assert {verb: gone for verb, gone in missing.items() if gone} == {}
    else:
        assert set(known) - options_of(command) == set()
