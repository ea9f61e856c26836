"""Random runs of the sender under disturbances that are not crashes alone, and what must hold afterwards.

A run sends events from a file, a pipe, a FIFO, standard input, a file that is rotated under `--resume`, Python, or over
HTTP to `listen`.
On the way the disk is full for a while (a limit of the size of files, which needs no rights), the outbox's reserve is
removed, signals come alone or in pairs, processes are killed, and HubSpot fails in every way.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from hubspot_dest.delivery.client.client import occurrence_uuid
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests import warm
from tests.ctrl_c import hear_ctrl_c
from tests.delivery.crashing import KINDS, _fault

__all__ = ["SOURCES", "Findings", "disturbed_run"]

SOURCES: Final = ("file", "pipe", "fifo", "stdin", "rotated", "python", "listen")
DEADLINE_SECONDS: Final = 10.0
KILL_SECONDS: Final = 30.0
PEOPLE: Final = 25
MAX_LAUNCHES: Final = 30
_SENTENCE: Final = re.compile(
    r"^(\d+) events?(?: and (\d+) of an earlier run)?: ([^;]*?)(?:, (\d+) bad lines?)?(?:; \d+ contact|$)"
)
_COUNT: Final = re.compile(r"(\d+) (?:sent|queued|identified|skipped|ignored|denied|failed|under way)")
_PYTHON: Final = """
import json, os, sys
from hubspot_dest import HubSpotDestination
from hubspot_dest.delivery.outbox.schema import OutboxError
config, source, url, outbox, taken = sys.argv[1:]
settings = json.load(open(config))
settings["settings"]["accessToken"] = os.environ["HUBSPOT_ACCESS_TOKEN"]
try:
    destination = HubSpotDestination(settings, base_url=url, outbox=outbox)
except OutboxError as error:  # the disk is full
    sys.exit(str(error))
done = int(open(taken).read() or 0) if os.path.exists(taken) else 0
lines = open(source).read().splitlines()
refused = False
for start in range(done, len(lines), 50):
    outcomes = destination.push_many([json.loads(line) for line in lines[start : start + 50]])
    if any(one.reason == "outbox" and one.kind == "failed" for one in outcomes):
        refused = True
        break
    with open(taken + ".new", "w") as note:
        note.write(str(min(start + 50, len(lines))))
    os.replace(taken + ".new", taken)
destination.close(stall=20.0)
sys.exit(1 if destination.queued or refused else 0)
"""


@dataclass
class Findings:
    """What one run came to; what begins at `lost` is to be empty.

    `exits` has every exit code and `said` the end of what the last process said, so that a failure explains itself.
    """

    source: str = ""
    launches: int = 0
    signals: int = 0
    kills: int = 0
    full_disks: int = 0
    stored: int = 0
    repeats: int = 0
    exits: list[int | None] = field(default_factory=list)
    said: str = ""
    lost: list[str] = field(default_factory=list)
    doubled: int = 0
    disordered: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)
    crashed: str = ""
    unfinished: bool = False

    @property
    def wrong(self) -> bool:
        """Whether anything is as it must not be."""
        return bool(
            self.lost
            or self.doubled
            or self.disordered
            or self.late
            or self.unbalanced
            or self.crashed
            or self.unfinished
        )


@dataclass
class _Run:
    folder: Path
    seed: int
    events: int
    source: str

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.found = Findings(self.source)
        self.config = self.folder / "config.json"
        self.file = self.folder / "events.jsonl"
        self.outbox = self.folder / "outbox.sqlite3"
        self.expected: list[tuple[str, str]] = []
        self.acknowledged = 0
        """Of the events that were posted to `listen`, so many were answered 200."""
        self.left_over = -1
        """What `listen` said at its end of what it had not delivered; -1 if it said nothing."""

    def write_inputs(self) -> None:
        settings: dict[str, Any] = {
            "eventNamePrefix": "pe12345678_",
            "batch": self.rng.random() < 0.5,
            "batchSize": self.rng.choice([5, 50, 500]),
            "identify": {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}},
        }
        self.config.write_text(json.dumps({"settings": settings}), encoding="utf-8")
        with self.file.open("w", encoding="utf-8") as stream:
            for number in range(self.events):
                email = f"p{self.rng.randrange(PEOPLE)}@example.org"
                event = {
                    "name": "page view",
                    "id": f"e{number}",
                    "timestamp": 1_700_000_000_000 + number,
                    "user": {"email": email, "plan": f"plan{number // 400}"},
                    "data": {"pad": "y" * self.rng.choice([10, 200])},
                }
                stream.write(json.dumps(event) + "\n")
                self.expected.append((email, occurrence_uuid(f"e{number}")))

    # ---- one process

    def launch(self, hubspot: FakeHubSpot, *, calm: bool) -> int:
        """Start the sender, disturb it, and return its exit code."""
        self.found.launches += 1
        self.left_over = -1
        limit = 0
        if not calm and self.rng.random() < 0.35:
            limit = self.rng.choice([400_000, 1_000_000, 3_000_000])
            self.found.full_disks += 1
        environment = {**os.environ, "HUBSPOT_ACCESS_TOKEN": hubspot.token}
        with (self.folder / f"said{self.found.launches}.txt").open("wb") as said:
            # Two threads ask for the end of `listen`, which a warm process is not made for.
            start: Any = subprocess.Popen if self.source == "listen" else warm.Popen
            process = start(
                self._command(hubspot.base_url),
                stdin=subprocess.PIPE if self.source in ("pipe", "stdin") else subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.source == "listen" else subprocess.DEVNULL,
                stderr=said,
                env=environment,
                preexec_fn=(lambda: _prepare(limit)) if limit else hear_ctrl_c,
            )
            writer = self._feed(process)
            if not calm and self.rng.random() < 0.7:
                self._disturb(process)
            code = _wait(process, 180.0)
            if code is None:
                self.found.unfinished = True
            if writer is not None:
                writer.join(10)
        text = (self.folder / f"said{self.found.launches}.txt").read_text(encoding="utf-8", errors="replace")
        self.found.exits.append(code)
        self.found.said = text[-1500:]
        early = text.rstrip().endswith("KeyboardInterrupt")  # Ctrl-C while Python was still importing
        if ("Traceback" in text and not early) or " has a bug" in text:
            self.found.crashed = self.found.said
        if code is not None and code >= 0:
            self._check_sum(text, code)
        return -1 if code is None else code

    def _command(self, url: str) -> list[str]:
        if self.source == "listen":
            arguments = ["listen", str(self.config), "--port", "0", "--base-url", url, "--json"]
            arguments += ["--outbox", str(self.outbox), "--grace", "4", "--timeout", "2"]
            return [sys.executable, "-m", "hubspot_dest", *arguments]
        if self.source == "python":
            arguments = [str(self.config), str(self.file), url, str(self.outbox), str(self.folder / "taken")]
            return [sys.executable, "-c", _PYTHON, *arguments]
        name = {"pipe": "/dev/stdin", "stdin": "-", "fifo": str(self.folder / "fifo")}.get(
            self.source, str(self.file)
        )
        more = ["--resume"] if self.source in ("file", "rotated") else []
        arguments = ["send", str(self.config), name, "--base-url", url, "--outbox", str(self.outbox), *more]
        return [sys.executable, "-m", "hubspot_dest", *arguments, "--timeout", "2", "--wait", "20"]

    def _feed(self, process: subprocess.Popen[bytes]) -> threading.Thread | None:
        """Write the events into a pipe or FIFO, all of them each time: what was sent before counts once."""
        if self.source in ("pipe", "stdin"):
            assert process.stdin is not None
            target = process.stdin
        elif self.source == "fifo":
            return self._in_thread(lambda: _open_fifo(self.folder / "fifo", process))
        elif self.source == "listen":
            thread = threading.Thread(target=self._post, args=[process], daemon=True)
            thread.start()
            return thread
        else:
            return None
        return self._in_thread(lambda: target)

    def _post(self, process: subprocess.Popen[bytes]) -> None:
        """Post what was not acknowledged yet, fifty at a time, again until it is; then end the process."""
        assert process.stdout is not None
        with process.stdout as stdout:
            announced = stdout.readline()
            if not announced.strip():
                return
            address = urlsplit(json.loads(announced)["baseUrl"])
            lines = self.file.read_text(encoding="utf-8").splitlines()
            while self.acknowledged < len(lines) and process.poll() is None:
                batch = lines[self.acknowledged : self.acknowledged + 50]
                connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=10)
                try:
                    connection.request("POST", "/collect", f"[{','.join(batch)}]".encode())
                    if connection.getresponse().status == 200:
                        self.acknowledged += len(batch)
                    else:
                        time.sleep(0.1)  # its disk is full: as its Retry-After asks for, but sooner
                except (OSError, http.client.HTTPException):
                    time.sleep(0.02)
                finally:
                    connection.close()
            with contextlib.suppress(OSError):
                process.send_signal(signal.SIGTERM)
            summary = stdout.read().splitlines()[-1:]
            self.left_over = _left_over(json.loads(summary[0])) if summary else -1

    def _in_thread(self, open_target: Any) -> threading.Thread:
        def write() -> None:
            target = open_target()
            if target is None:
                return
            try:
                with target:
                    target.write(self.file.read_bytes())
            except OSError:
                pass

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        return thread

    def _disturb(self, process: subprocess.Popen[bytes]) -> None:
        """Send a signal, or two at once, and hold the process to its deadline; or kill it; or remove a file."""
        try:
            process.wait(self.rng.uniform(0.3, 2.5))
            return
        except subprocess.TimeoutExpired:
            pass
        kind = self.rng.choice(["signal", "signal", "two signals", "kill", "removed"])
        if kind == "kill":
            self.found.kills += 1
            process.kill()
            return
        if kind == "removed":
            Path(f"{self.outbox}-reserve").unlink(missing_ok=True)
            return
        if self.source == "python":  # a program of the user's has signals of its own
            return
        self.found.signals += 1
        begun = time.monotonic()
        process.send_signal(self.rng.choice([signal.SIGTERM, signal.SIGINT]))
        if kind == "two signals":
            process.send_signal(signal.SIGTERM)
        if _wait(process, KILL_SECONDS) is None:
            self.found.late.append(KILL_SECONDS)
            process.kill()
        # A second for a busy machine. A signal that comes before the program handles it ends it at once.
        elif (seconds := time.monotonic() - begun) > DEADLINE_SECONDS + 1:
            self.found.late.append(seconds)

    def _check_sum(self, text: str, code: int) -> None:
        """Hold the last lines against themselves: what came in is what became of it."""
        matches = [match for line in text.splitlines() if (match := _SENTENCE.match(line))]
        if not matches:
            if self.source == "python" and code in (0, 1):
                return  # the program says nothing
            if code not in (2, 130, 143):  # it could not run, or was ended before it began
                self.found.unbalanced.append(f"no closing line, exit {code}: {text[-300:]}")
            return
        match = matches[-1]
        came = int(match[1]) + int(match[2] or 0)
        if sum(map(int, _COUNT.findall(match[3]))) != came:
            self.found.unbalanced.append(match[0])

    def rotate(self) -> None:
        """Put another file under the old name, as logrotate does: other first lines, and then every event.

        `--resume` must not take it for the old one. The events of the file before come again and count once.
        """
        lines = self.file.read_text(encoding="utf-8").splitlines(keepends=True)
        fresh = self.folder / "fresh.jsonl"
        fresh.write_text("\n" * self.rng.randrange(1, 5) + "".join(lines).lstrip(), encoding="utf-8")
        fresh.replace(self.file)

    def judge(self, hubspot: FakeHubSpot) -> None:
        found = self.found
        rows = [row.id for row in hubspot.account.log.rows]
        place = {uuid: number for number, uuid in enumerate(rows)}
        found.stored, found.repeats = len(rows), hubspot.account.counters().duplicates
        found.doubled = len(rows) - len(place)
        found.lost = [uuid for _, uuid in self.expected if uuid not in place]
        last: dict[str, int] = {}
        for email, uuid in self.expected:
            at = place.get(uuid, -1)
            if 0 <= at < last.get(email, -1):
                found.disordered.append(uuid)
            last[email] = max(at, last.get(email, -1))


def disturbed_run(folder: Path, events: int, seed: int, source: str = "") -> Findings:
    """Send events to their end under disturbances, and return what was found.

    Args:
        folder: an empty folder of the run's own.
        events: how many to send.
        seed: decides everything but the timing.
        source: one of `SOURCES`; drawn by the seed if empty.

    """
    rng = random.Random(seed)
    run = _Run(folder, seed, events, source or SOURCES[seed % len(SOURCES)])
    run.write_inputs()
    if run.source == "fifo":
        os.mkfifo(folder / "fifo")
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as hubspot:
        faults: list[Fault] = [_fault(kind, rng) for kind in rng.sample(KINDS, 4)]
        hubspot.faults.add(*faults, now=time.time())
        disturbances = rng.randint(1, 4)
        # A process that ended with a traceback proves nothing: a second launch would end in the same way.
        while run.found.launches < MAX_LAUNCHES and not (run.found.unfinished or run.found.crashed):
            calm = run.found.launches >= disturbances
            code = run.launch(hubspot, calm=calm)
            left = run.source == "listen" and (run.acknowledged < events or run.left_over != 0)
            if code == 0 and calm and not left:
                break
            if run.source == "rotated" and not calm:
                run.rotate()
        else:
            run.found.unfinished = True
        run.judge(hubspot)
    return run.found


def _prepare(limit: int) -> None:
    """Prepare a process before its program begins: it hears Ctrl-C, and its files have a limit of size."""
    import resource

    hear_ctrl_c()
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))


def _wait(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        if seconds > KILL_SECONDS:
            process.kill()
            process.wait(20)
        return None


def _open_fifo(path: Path, process: subprocess.Popen[bytes]) -> Any:
    """Open a FIFO for writing once somebody reads it; None where the reader ended before."""
    while process.poll() is None:
        try:
            number = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.02)
            continue
        os.set_blocking(number, True)
        return os.fdopen(number, "wb")
    return None


def _left_over(summary: dict[str, Any]) -> int:
    return int(summary["unsent"]) + int(summary["contacts"]["waiting"])
