"""An outbox, a dispatcher and a clock that only tests move: hours of delivery in milliseconds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from pydantic import SecretStr

from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.client import HubSpotClient, occurrence_uuid
from hubspot_dest.delivery.dispatch.dispatcher import Dispatcher, Report
from hubspot_dest.delivery.outbox.queue import NewIntent, Outbox
from hubspot_dest.delivery.outbox.schema import CONTACT, EVENT
from simulator.hubspot import FakeHubSpot

PREFIX = "pe12345678_"


@dataclass
class TestClock:
    """Monotonic and UNIX time that move together, when told."""

    __test__ = False
    now: float = 1_000_000.0
    wall_offset: float = 1_699_000_000.0

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.now + self.wall_offset

    def skip(self, seconds: float) -> None:
        self.now += seconds


def contact(email: str, event_id: str = "", **properties: str) -> NewIntent:
    body = orjson.dumps({"email": email, "properties": properties})
    return NewIntent(CONTACT, (f"e:{email}",), event_id, body)


def event(event_id: str, email: str, name: str = "page_view", **properties: str) -> NewIntent:
    body = {
        "eventName": PREFIX + name,
        "occurredAt": "2026-01-02T03:04:05.678Z",
        "properties": properties,
        "email": email,
        "uuid": occurrence_uuid(event_id),
    }
    return NewIntent(EVENT, (f"e:{email}",), event_id, orjson.dumps(body))


@dataclass
class World:
    """All that delivery needs, and everything that happened."""

    outbox: Outbox
    dispatcher: Dispatcher
    clock: TestClock
    reports: list[Report] = field(default_factory=list)

    def accept(self, *intents: NewIntent) -> None:
        self.outbox.commit(self.outbox.add(intents))

    def run(self, *, seconds: float = 86_400.0 * 7) -> float:
        """Deliver until nothing is left to do or so much time went by; return how much did."""
        begun = self.clock.now
        self.dispatcher.drain(on=True)
        while (wait := self.dispatcher.step()) is not None and self.clock.now - begun + wait <= seconds:
            self.clock.skip(wait)
        self.dispatcher.drain(on=False)
        return self.clock.now - begun

    def of(self, kind: str) -> list[str]:
        return [
            intent.event_id for report in self.reports if report.kind == kind for intent in report.intents
        ]


def make_world(path: Path, client: Any, *, clock: TestClock | None = None, **options: Any) -> World:
    clock = clock or TestClock()
    outbox = Outbox(path, durability="normal", wall=clock.wall)
    options = {"rng": random.Random(1), **options}
    reports: list[Report] = []
    dispatcher = Dispatcher(
        outbox, Calls(client), clock.monotonic, clock.wall, report=reports.append, **options
    )
    return World(outbox, dispatcher, clock, reports)


@contextmanager
def sending(path: Path, hubspot: FakeHubSpot, **options: Any) -> Iterator[World]:
    """Give an outbox that delivers to a HubSpot on this machine."""
    client = HubSpotClient(SecretStr(hubspot.token), base_url=hubspot.base_url, timeout_seconds=1.0)
    world = make_world(path, client, **options)
    client.on_headers = lambda headers: world.dispatcher.budget.observe(headers, world.clock.now)
    try:
        yield world
    finally:
        world.outbox.close()


def uuids(hubspot: FakeHubSpot) -> list[str]:
    """Return the uuid of every occurrence that the account keeps, in the order in which they were stored."""
    return [row.id for row in hubspot.account.log.rows]


def requests(hubspot: FakeHubSpot, path: str = "/") -> int:
    """Count the requests whose target begins so."""
    return sum(1 for entry in hubspot.journal.entries() if entry.target.startswith(path.encode()))
