"""The safety promise: nothing called sim sends anything to HubSpot, or anywhere else."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

from tests import warm

_PROGRAM = """
import json, sys
from simulator.hubspot.fake import FakeHubSpot

told = []
sys.addaudithook(lambda event, detail: told.append([event, repr(detail)]) if event in (
    "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "subprocess.Popen") else None)
with FakeHubSpot() as fake:
    print(json.dumps([fake.base_url, fake.token, fake.control_token]), flush=True)
    sys.stdin.readline()
print(json.dumps(told))
"""


def _ask(url: str, token: str, header: str, body: Any = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {header: token, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_the_server_never_connects_anywhere_nor_looks_a_name_up() -> None:
    process = warm.Popen(
        [sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    base, token, control = json.loads(process.stdout.readline())
    bearer = f"Bearer {token}"
    contact = {"properties": {"email": "ada@example.org", "website": "https://example.org/hook"}}
    assert _ask(f"{base}/crm/v3/objects/contacts", bearer, "Authorization", contact) == 201
    assert _ask(f"{base}/crm/v3/objects/contacts/101", bearer, "Authorization") == 200
    assert (
        _ask(f"{base}/events/v3/send", bearer, "Authorization", {"eventName": "pe1_x", "email": "a@b.co"})
        == 400
    )
    assert _ask(f"{base}/_simulator/faults", control, "X-Simulator-Token", "500:count=1") == 201
    assert _ask(f"{base}/crm/v3/objects/contacts/101", bearer, "Authorization") == 500
    assert _ask(f"{base}/", control, "X-Simulator-Token") == 200
    told, _ = process.communicate("\n", timeout=30)
    assert process.returncode == 0
    assert json.loads(told) == []
