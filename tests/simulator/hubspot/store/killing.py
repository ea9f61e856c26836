"""Load on a server that is killed at a random moment, and what it had acknowledged by then."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.store import Store
from tests import warm

__all__ = ["Acknowledged", "load_and_kill", "missing_in"]


@dataclass
class Acknowledged:
    """What the server said yes to: uuids of occurrences, e-mails of contacts with their last name."""

    uuids: set[str] = field(default_factory=set)
    contacts: dict[str, str] = field(default_factory=dict)


def load_and_kill(file: Path, acknowledged: Acknowledged, chance: random.Random, round_number: int) -> None:
    """Start a server on `file`, write to it from three threads, kill -9 it after up to 0.4 s of writing."""
    arguments = ["serve", "--port", "0", "--json", "--store", str(file), "--auto-define"]
    arguments += ["--switch", "enforce_rate_limits=false"]
    process = warm.Popen([sys.executable, "-m", "simulator", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        where: dict[str, str] = json.loads(process.stdout.readline())
        writers = [
            threading.Thread(target=write, args=(where["baseUrl"], acknowledged, f"{round_number}-{name}"))
            for name in ("single", "batch", "contact")
            for write in [_WRITERS[name]]
        ]
        for writer in writers:
            writer.start()
        time.sleep(chance.uniform(0.02, 0.4))  # the moment of death, not a wait for anything
        process.kill()
        for writer in writers:
            writer.join(30)
            assert not writer.is_alive()
    finally:
        process.kill()
        process.communicate()


def missing_in(file: Path, acknowledged: Acknowledged) -> list[str]:
    """Open the account and name what was acknowledged and is not there, and what is there twice."""
    service = HubSpot(store=Store(file))
    try:
        account = service.account_for(DEFAULT_TOKEN)
        assert account is not None
        stored = [occurrence["id"] for occurrence in account.occurrences]
        names = {
            contact.properties["email"]: contact.properties.get("firstname") for contact in account.contacts()
        }
        wrong = [f"occurrence {uuid}" for uuid in acknowledged.uuids - set(stored)]
        if len(stored) != len(set(stored)):
            wrong.append("an occurrence is stored twice")
        # The write that was under way when the server died may have come through unheard.
        return wrong + [
            f"contact {email}: {names.get(email)} instead of {name}"
            for email, name in acknowledged.contacts.items()
            if names.get(email) is None or int(names[email] or 0) < int(name)
        ]
    finally:
        service.close()


def _post(base: str, path: str, body: Any, method: str = "POST") -> bool:
    request = urllib.request.Request(base + path, json.dumps(body).encode(), method=method)
    request.add_header("Authorization", f"Bearer {DEFAULT_TOKEN}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return bool(answer.status < 300)
    except (urllib.error.URLError, ConnectionError, TimeoutError, OSError):
        return False


def _occurrence(uuid: str) -> dict[str, Any]:
    return {
        "eventName": "pe12345678_view",
        "email": "ada@example.org",
        "uuid": uuid,
        "properties": {"n": uuid},
    }


def _singles(base: str, acknowledged: Acknowledged, prefix: str) -> None:
    number = 0
    while _post(base, "/events/v3/send", _occurrence(f"{prefix}-{number}")):
        acknowledged.uuids.add(f"{prefix}-{number}")
        number += 1


def _batches(base: str, acknowledged: Acknowledged, prefix: str) -> None:
    number = 0
    while True:
        uuids = [f"{prefix}-{number}-{index}" for index in range(50)]
        if not _post(base, "/events/v3/send/batch", {"inputs": [_occurrence(uuid) for uuid in uuids]}):
            return
        acknowledged.uuids.update(uuids)
        number += 1


def _contacts(base: str, acknowledged: Acknowledged, prefix: str) -> None:
    email, number = f"{prefix}@example.org", 0
    if not _post(base, "/crm/v3/objects/contacts", {"properties": {"email": email, "firstname": "0"}}):
        return
    acknowledged.contacts[email] = "0"
    path = f"/crm/v3/objects/contacts/{email}?idProperty=email"
    while _post(base, path, {"properties": {"firstname": str(number + 1)}}, "PATCH"):
        number += 1
        acknowledged.contacts[email] = str(number)


_WRITERS = {"single": _singles, "batch": _batches, "contact": _contacts}
