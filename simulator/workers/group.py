"""A worker group: a broker, a simulated HubSpot, a producer, and worker processes that can be killed and restarted."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.request import urlopen

from hubspot_dest.config.loading import TOKEN_VARIABLE
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.delivery.settings import StreamSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.publisher import open_publisher, person_key
from simulator.brokers.kafka import MockKafka
from simulator.brokers.redis import RedisServer
from simulator.engine.source import synthetic
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.service import DEFAULT_TOKEN, HubSpot
from simulator.hubspot.state.behaviours import Behaviours

__all__ = ["MemberView", "GroupResult", "WorkerGroup"]

Engine = Literal["kafka", "redis"]
_STREAMS: Final = 4  # the mock cluster's number of partitions
_TOGETHER: Final = 100
_STOP_SECONDS: Final = 12.0


@dataclass(frozen=True, slots=True)
class MemberView:
    """The state of one worker.

    Attributes:
        name: `worker 1`.
        state: `starting`, `standby`, `running`, `killed` or `ended`.
        partitions: the assigned partitions.
        fetched: number of messages fetched.
        delivered: number of messages that HubSpot accepted.
        handed_back: number of messages released without a commit.
        lag: number of messages waiting in its partitions; None if unknown.

    """

    name: str
    state: str
    partitions: tuple[str, ...] = ()
    fetched: int = 0
    delivered: int = 0
    handed_back: int = 0
    lag: int | None = None


@dataclass(frozen=True, slots=True)
class GroupResult:
    """The comparison of the produced events with HubSpot's contents.

    Attributes:
        produced: events in the stream.
        expected: events that the configuration sends to HubSpot.
        stored: occurrences that HubSpot has.
        missing: expected events that HubSpot does not have.
        doubled: occurrences whose uuid HubSpot has twice.
        disordered: occurrences out of their person's order.
        repeated: deliveries that HubSpot recognised as repeats.

    """

    produced: int
    expected: int
    stored: int
    missing: int
    doubled: int
    disordered: int
    repeated: int

    @property
    def is_complete(self) -> bool:
        """Whether nothing is lost, doubled or out of order."""
        return not (self.missing or self.doubled or self.disordered)


class _Member:
    """One worker of the group, and its current process."""

    def __init__(self, number: int, command: list[str], log: deque[str]) -> None:
        self.name = f"worker {number}"
        self._command = command
        self._log = log
        self._process: subprocess.Popen[str] | None = None
        self._health = ""
        self._killed = False
        self._last = MemberView(self.name, "ended")

    def start(self) -> None:
        """Start a worker process."""
        self._killed, self._health = False, ""
        self._process = subprocess.Popen(  # noqa: S603 - this program itself
            self._command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, TOKEN_VARIABLE: DEFAULT_TOKEN},
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            text = line.rstrip()
            if text.startswith("health at "):
                self._health = text.removeprefix("health at ").removesuffix("/health")
            else:
                self._log.append(f"{self.name}: {text}")
        process.stderr.close()

    @property
    def alive(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        if self.alive and self._process is not None:
            self._killed = True
            self._process.kill()
            self._process.wait(10)
            self._log.append(f"{self.name}: killed (SIGKILL)")

    def stop(self) -> None:
        """Ask the process to release its partitions, and wait until it exits."""
        if self.alive and self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)

    def look(self) -> MemberView:
        """Return the worker's state."""
        if not self.alive:
            self._last = MemberView(
                self.name,
                "killed" if self._killed else "ended",
                fetched=self._last.fetched,
                delivered=self._last.delivered,
                handed_back=self._last.handed_back,
            )
            return self._last
        status: dict[str, Any] = {}
        if self._health:
            with (
                contextlib.suppress(OSError, ValueError),
                urlopen(f"{self._health}/status", timeout=1) as answer,  # noqa: S310 - loopback
            ):
                status = json.load(answer)
        self._last = MemberView(
            self.name,
            "running" if status.get("partitions") else "standby" if status else "starting",
            tuple(status.get("partitions", ())),
            int(status.get("fetched", 0)),
            int(status.get("delivered", 0)),
            int(status.get("handedBack", 0)),
            status.get("lag"),
        )
        return self._last


class WorkerGroup:
    """Workers, a broker, a simulated HubSpot, and a producer of events.

    Args:
        config: path of the configuration; its token is not used.
        loaded: the same configuration, loaded.
        engine: the broker, `kafka` or `redis`.
        workers: number of workers.
        events: number of events to produce.
        rate: events per second; 0 for no limit.
        seed: the same seed gives the same events.

    Attributes:
        log: the output of the workers, with kills and starts.

    Raises:
        StreamError: the broker's client library is not installed.
        FileNotFoundError: redis-server was not found.

    """

    def __init__(
        self,
        config: Path,
        loaded: Config,
        *,
        engine: Engine,
        workers: int,
        events: int,
        rate: float = 0.0,
        seed: int = 1,
    ) -> None:
        self.log: deque[str] = deque(maxlen=500)
        self._events = events
        self._rate = rate
        self._seed = seed
        self._planner = HubSpotDestination(loaded, client=NullClient(), stream=StreamSettings())
        self._order: list[tuple[str, str]] = []  # uuid and person of every expected occurrence
        self._produced = 0
        self._stop = threading.Event()
        self._broker: MockKafka | RedisServer
        if engine == "kafka":
            self._broker = MockKafka()
            url, options = self._broker.url("walkeros"), ["session.timeout.ms=4000"]
        else:
            self._broker = RedisServer()
            names = ",".join(f"walkeros{number}" for number in range(_STREAMS))
            url, options = self._broker.url(names), ["lease.seconds=2"]
        self._address = read_address(url, options, {})
        switches = Behaviours(auto_define=True)
        self.hubspot = FakeHubSpot(HubSpot(switches=switches)).start()
        more = [word for option in options for word in ("--source-option", option)]
        command = [
            *(sys.executable, "-m", "hubspot_dest", "work", str(config), url),
            *("--base-url", self.hubspot.base_url, "--health", "0", *more),
        ]
        self._members = [_Member(number, command, self.log) for number in range(1, workers + 1)]
        self._producer = threading.Thread(target=self._produce, name="producer", daemon=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def start(self) -> Self:
        """Start the producer and all workers."""
        self._producer.start()
        for member in self._members:
            member.start()
        return self

    def _produce(self) -> None:
        publisher = open_publisher(self._address)
        try:
            for page in _pages(islice(synthetic(self._seed), self._events), self._page_size()):
                if self._stop.wait(len(page) / self._rate if self._rate else 0.0):
                    return
                ready = []
                for event in page:
                    person = person_key(event, None)
                    outcome = self._planner.push(event)
                    if outcome.kind == "queued":
                        self._order.append((occurrence_uuid(event["id"]), person))
                    ready.append((person, json.dumps(event).encode()))
                publisher.publish_events(ready)
                self._produced += len(page)
        finally:
            publisher.close()

    def _page_size(self) -> int:
        return max(1, min(_TOGETHER, round(self._rate / 10))) if self._rate else _TOGETHER

    # ---- control

    @property
    def size(self) -> int:
        """The number of workers."""
        return len(self._members)

    def kill(self, number: int) -> None:
        """Kill a worker, counted from 0, with SIGKILL."""
        self._members[number].kill()

    def restart(self, number: int) -> None:
        """Start a worker again if it is not running."""
        if not self._members[number].alive:
            self._members[number].start()
            self.log.append(f"{self._members[number].name}: started again")

    def look(self) -> list[MemberView]:
        """Return the state of every worker."""
        return [member.look() for member in self._members]

    @property
    def settled(self) -> bool:
        """Whether HubSpot has every expected occurrence."""
        return self._produced >= self._events and len(self.hubspot.account.log.rows) >= len(self._order)

    def result(self) -> GroupResult:
        """Compare the produced events with HubSpot's contents."""
        uuids = [row.id for row in self.hubspot.account.log.rows]
        place = {uuid: number for number, uuid in enumerate(uuids)}
        order = list(self._order)
        newest: dict[str, int] = {}
        disordered = 0
        for uuid, person in order:
            here = place.get(uuid)
            if here is not None:
                disordered += here < newest.get(person, -1)
                newest[person] = max(here, newest.get(person, -1))
        return GroupResult(
            self._produced,
            len(order),
            len(uuids),
            sum(uuid not in place for uuid, _ in order),
            len(uuids) - len(place),
            disordered,
            self.hubspot.account.counters().duplicates,
        )

    def close(self) -> None:
        """Stop the workers, then HubSpot and the broker."""
        self._stop.set()
        self._producer.join(10)
        stoppers = [threading.Thread(target=member.stop) for member in self._members]
        for stopper in stoppers:
            stopper.start()
        for stopper in stoppers:
            stopper.join(_STOP_SECONDS + 11)
        self._planner.close(deadline=0.0)
        self.hubspot.stop()
        self._broker.close()


def _pages(events: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while page := list(islice(events, size)):
        yield page
