"""A real `hubspot-dest listen` in a process of its own, and a plain way to ask it things."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests import warm

TIMEOUT = 30


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Listening:
    """A running endpoint."""

    process: subprocess.Popen[str]
    base_url: str
    metrics_url: str = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Ask; a body that is not bytes goes out as JSON."""
        connection = http.client.HTTPConnection(urlsplit(self.base_url).netloc, timeout=TIMEOUT)
        try:
            raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(
                method, path, raw, {name.replace("_", "-"): value for name, value in headers.items()}
            )
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def post(self, body: Any, **headers: str) -> Answer:
        return self.ask("POST", "/collect", body, **headers)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=TIMEOUT)
        return self.process.returncode, said


@contextlib.contextmanager
def listening(config: Path | str, *arguments: str, **environment: str) -> Iterator[Listening]:
    """Start the endpoint on a free port, and make sure that it ends."""
    clean = {
        name: value for name, value in os.environ.items() if name not in ("HUBSPOT_ACCESS_TOKEN", "PORT")
    }
    process = warm.Popen(
        [sys.executable, "-m", "hubspot_dest", "listen", str(config), "--port", "0", "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**clean, **environment},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise AssertionError(process.communicate(timeout=TIMEOUT)[1])
        where = json.loads(line)
        yield Listening(process, where["baseUrl"], where.get("metrics", ""))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=TIMEOUT)
