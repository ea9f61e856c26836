"""`hubspot-dest` in this process, and workers as processes of their own."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.main import _group
from hubspot_dest.delivery.settings import StreamSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.opening import open_contacts, open_source
from hubspot_dest.streams.worker import Worker, WorkerSettings
from simulator.hubspot import FakeHubSpot
from tests.streams.shop import shop_config


@dataclass
class Ran:
    """What a command came to."""

    code: int
    out: str
    said: str

    @property
    def result(self) -> Any:
        return json.loads(self.out.splitlines()[-1])


def run(*arguments: str, **environment: str) -> Ran:
    """Run a command in a process of its own, and wait for its end."""
    done = subprocess.run(
        [sys.executable, "-m", "hubspot_dest", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def run_here(*arguments: str) -> Ran:
    """Run a command in this process: faster; for commands that set no signal handlers."""
    out, said = io.StringIO(), io.StringIO()
    code: Any = 0
    logger = logging.getLogger("hubspot_dest")
    handlers, propagate = list(logger.handlers), logger.propagate
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        try:
            _group.main(list(arguments), prog_name="hubspot-dest", standalone_mode=False)
        except SystemExit as end:
            code = end.code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        finally:  # other tests listen to the same logger
            logger.handlers[:], logger.propagate = handlers, propagate
    return Ran(int(code or 0), out.getvalue(), said.getvalue())


def write_config(folder: Path, **more: Any) -> str:
    path = folder / "config.json"
    path.write_text(json.dumps(shop_config(**more)), encoding="utf-8")
    return str(path)


def work(config: str, url: str, hubspot: FakeHubSpot, *arguments: str, **environment: str) -> Ran:
    """Run a worker until nothing is left."""
    return run(
        *("work", config, url, "--base-url", hubspot.base_url, "--stop-when-empty", "--json", *arguments),
        **environment,
    )


def work_here(url: str, hubspot: FakeHubSpot, *options: str, **config: Any) -> Ran:
    """Run a worker in this process until nothing is left; the code is that of `work`."""
    address = read_address(url, options, {})
    destination = HubSpotDestination(
        shop_config(**config),
        base_url=hubspot.base_url,
        stream=StreamSettings(contacts=open_contacts(address, hubspot.base_url)),
    )
    said: list[str] = []
    settings = WorkerSettings(stop_when_empty=True, maxlen=address.maxlen, fetch_seconds=0.1)
    worker = Worker(open_source(address), destination, settings, say=said.append)
    worker.run()
    counts = worker.counts
    said.append(counts.sentence())
    failed = counts.results["dead"] or counts.contacts_refused or counts.lost
    return Ran(int(bool(failed)), json.dumps(counts.as_dict()), "\n".join(said))


@contextlib.contextmanager
def working(config: str, url: str, hubspot: FakeHubSpot, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start a worker, and make sure that it ends."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "hubspot_dest", "work", config, url),
            *("--base-url", hubspot.base_url, *arguments),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
