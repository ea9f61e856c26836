"""`hubspot-sim serve`: a HubSpot that anybody can point things at, and that stops when told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hubspot_dest.delivery.client import HubSpotClient


def serve(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "simulator", "serve", "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    return process.returncode, said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals, tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text('{"contacts": [{"email": "ada@example.org"}]}', encoding="utf-8")
    process = serve("--seed-file", str(seed), "--switch", "auto_define=true", "--tier", "starter")
    assert process.stdout is not None
    where: dict[str, Any] = json.loads(process.stdout.readline())
    client = HubSpotClient(SecretStr(where["token"]), base_url=where["baseUrl"])
    client.update_contact("ada@example.org", {"firstname": "Ada"}, "email")
    client.send({"eventName": "pe12345678_any", "email": "ada@example.org", "properties": {"x": "y"}})
    code, said = stop(process, number)
    assert code == 0
    assert "stopped" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fault", "999:oops"], "has no value"),
        (["--seed-file", "missing.json"], "missing.json cannot be read"),
        (["--story", "nothing"], "Invalid value"),
        (["--switch", "unknown_propety=drop"], "did you mean 'unknown_property'?"),
        (["--switch", "unknown_property=perhaps"], "write one of reject, drop"),
        (["--switch", "auto_define"], "has no value"),
    ],
)
def test_what_cannot_start_is_one_message_and_exit_2(arguments: list[str], says: str) -> None:
    process = serve(*arguments)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert says in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = subprocess.run(
            [sys.executable, "-m", "simulator", "serve", "--port", port],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert process.returncode == 2
    assert f"port {port}" in process.stderr
    assert "--port 0" in process.stderr
