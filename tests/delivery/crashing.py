"""Runs of `hubspot-dest send` that are killed at random moments under random faults, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from hubspot_dest.delivery.client.client import occurrence_uuid
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm

KINDS = [
    FaultKind.UNAUTHORIZED,
    FaultKind.LOCKED,
    FaultKind.RATE_LIMITED,
    FaultKind.MIGRATING,
    FaultKind.INTERNAL_ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
    FaultKind.LATENCY,
    FaultKind.CLOSE_BEFORE,
    FaultKind.CLOSE_DURING,
    FaultKind.LOST,
    FaultKind.TRUNCATED,
    FaultKind.NOT_UTF8,
    FaultKind.EMPTY_200,
    FaultKind.WRONG_CONTENT_TYPE,
]
PEOPLE = 40
MAX_LAUNCHES = 40


@dataclass
class Told:
    """What one run came to."""

    launches: int = 0
    kills: int = 0
    stored: int = 0
    duplicates_refused: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: int = 0
    disordered: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)


def crash_run(folder: Path, events: int, seed: int, kills: int = 5) -> Told:
    """Send a file to its end, with up to `kills` kills on the way."""
    dice = random.Random(seed)
    config, source, expected, plans = _inputs(folder, events, dice)
    told = Told()
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as hubspot:
        faults = [_fault(kind, dice) for kind in dice.sample(KINDS, 5)]
        hubspot.faults.add(*faults, now=time.time())
        wanted = dice.randint(1, kills)
        granted = "consent" not in json.loads(config.read_text(encoding="utf-8"))
        while told.launches < MAX_LAUNCHES:
            told.launches += 1
            process = _launch(config, source, hubspot, folder / "said.txt", granted=granted)
            if told.kills < wanted:
                try:
                    process.wait(dice.uniform(0.25, 1.6))
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGKILL)
                    told.kills += 1
            if _ended(process, folder) == 0:
                if granted:
                    break
                granted = True  # everything waits for consent; from now on it is there
        _judge(told, hubspot, expected, plans)
    return told


def _ended(process: subprocess.Popen[bytes], folder: Path) -> int:
    """Wait for the end; a process that hangs shows where each of its threads is."""
    try:
        return process.wait(400)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        process.wait(20)
        said = (folder / "said.txt").read_text(encoding="utf-8", errors="replace")
        raise AssertionError(f"a process does not end:\n{said[-6000:]}") from None


def _inputs(
    folder: Path, events: int, dice: random.Random
) -> tuple[Path, Path, list[tuple[str, str]], dict[str, str]]:
    settings = {
        "eventNamePrefix": "pe12345678_",
        "batch": dice.random() < 0.7,
        "batchSize": dice.choice([7, 50, 500]),
        "identify": {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}},
    }
    config, source = folder / "config.json", folder / "events.jsonl"
    consent = {"consent": {"marketing": True}} if dice.random() < 0.3 else {}
    config.write_text(json.dumps({"settings": settings, **consent}), encoding="utf-8")
    expected, plans = [], {}
    with source.open("w", encoding="utf-8") as stream:
        for number in range(events):
            email = f"p{dice.randrange(PEOPLE)}@example.org"
            if dice.random() < 0.03 or email not in plans:
                plans[email] = f"plan{number}"
            event = {
                "name": "page view",
                "id": f"e{number}",
                "timestamp": 1_700_000_000_000 + number,
                "user": {"email": email, "plan": plans[email]},
            }
            stream.write(json.dumps(event) + "\n")
            expected.append((email, occurrence_uuid(f"e{number}")))
    return config, source, expected, plans


def _fault(kind: FaultKind, dice: random.Random) -> Fault:
    return Fault(
        kind,
        probability=dice.choice([0.01, 0.03]),
        seed=dice.randrange(1_000_000),
        delay_ms=50,
        retry_after=0 if kind is FaultKind.RATE_LIMITED else 1,
        count=3
        if kind is FaultKind.UNAUTHORIZED
        else None,  # `send` ends at each: nobody can wait a token right
        policy=dice.choice(["TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY"]),
    )


def _launch(
    config: Path, source: Path, hubspot: FakeHubSpot, said: Path, *, granted: bool
) -> subprocess.Popen[bytes]:
    arguments = ["send", str(config), str(source), "--base-url", hubspot.base_url, "--resume"]
    if granted:
        arguments += ["--consent", "marketing"]
    with said.open("wb") as file:
        return warm.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "hubspot_dest", *arguments, "--timeout", "2"],
            stdout=subprocess.DEVNULL,
            stderr=file,
            env={**os.environ, "HUBSPOT_ACCESS_TOKEN": hubspot.token},
        )


def _judge(told: Told, hubspot: FakeHubSpot, expected: list[tuple[str, str]], plans: dict[str, str]) -> None:
    counters = hubspot.account.counters()
    rows = [row.id for row in hubspot.account.log.rows]
    told.stored, told.duplicates_refused = len(rows), counters.duplicates
    place = {uuid: number for number, uuid in enumerate(rows)}
    told.doubled = len(rows) - len(place)
    told.lost = [uuid for _, uuid in expected if uuid not in place]
    last: dict[str, int] = {}
    for email, uuid in expected:
        at = place.get(uuid, -1)
        if at >= 0 and at < last.get(email, -1):
            told.disordered.append(uuid)
        last[email] = max(at, last.get(email, -1))
    for email, plan in plans.items():
        contact = hubspot.account.contact(email, by_email=True)
        if contact is None or contact.properties.get("plan") != plan:
            told.stale.append(email)
