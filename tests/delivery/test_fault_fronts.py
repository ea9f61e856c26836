"""Every fault, through the library as a program uses it: plain and asyncio, single events, batches and contacts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest import AsyncHubSpotDestination, HubSpotDestination
from hubspot_dest.delivery.dispatch.retry import RetryPolicy
from hubspot_dest.delivery.settings import OutboxSettings
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.faults.fault_board import Fault, FaultKind
from simulator.hubspot.http.certificate import Certificate, temporary_certificate
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours

PATHS = {"single": "*/events/v3/send", "batch": "*/send/batch", "upsert": "*/contacts*"}
# As in docs/delivery.md, but for waits that a test can bear.
POLICY = RetryPolicy(
    base_seconds=0.01, cap_seconds=0.05, locked_seconds=0.01, ten_seconds=0.02, paused_seconds=0.02
)
EVENTS = 6


@pytest.fixture(scope="module")
def certificate() -> Iterator[Certificate]:
    with temporary_certificate("127.0.0.1") as made:
        yield made


def _config(request_kind: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"eventNamePrefix": "pe12345678_", "accessToken": "pat-na1-fronts"}
    if request_kind == "batch":
        settings |= {"batch": True, "batchSize": 3}
    if request_kind == "upsert":
        settings["identify"] = {
            "map": {"email": "user.email", "properties": {"map": {"jobtitle": "user.job"}}}
        }
    return {"settings": settings}


def _event(number: int) -> dict[str, Any]:
    user = {"email": f"p{number % 2}@example.org", "job": f"job {number // 4}"}
    return {"name": "page view", "id": f"e{number}", "user": user}


def _plain(config: dict[str, Any], options: dict[str, Any], count: int) -> list[str]:
    with HubSpotDestination(config, **options) as destination:
        return [destination.push(_event(number)).kind for number in range(count)]


def _asyncio(config: dict[str, Any], options: dict[str, Any], count: int) -> list[str]:
    async def run() -> list[str]:
        async with AsyncHubSpotDestination(config, **options) as destination:
            return [(await destination.push(_event(number))).kind for number in range(count)]

    return asyncio.run(run())


@pytest.mark.parametrize("front", [_plain, _asyncio], ids=["sync", "async"])
@pytest.mark.parametrize("request_kind", PATHS)
@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.TLS])
def test_no_fault_costs_an_event_or_counts_one_twice(
    tmp_path: Path, kind: FaultKind, request_kind: str, front: Any
) -> None:
    service = HubSpot(token="pat-na1-fronts", switches=Behaviours(auto_define=True))
    with FakeHubSpot(service, token="pat-na1-fronts") as hubspot:
        fault = Fault(kind, path=PATHS[request_kind], count=2, delay_ms=2, retry_after=0)
        hubspot.faults.add(fault, now=hubspot.clock())
        outbox = OutboxSettings(
            tmp_path / "outbox", durability="normal", flush_seconds=0.01, close_seconds=30, policy=POLICY
        )
        options = {"base_url": hubspot.base_url, "outbox": outbox}
        config = _config(request_kind)
        assert front(config, options, EVENTS) == ["queued"] * EVENTS
        if kind in (FaultKind.UNAUTHORIZED, FaultKind.FORBIDDEN):
            # Nobody can wait a token right: `close` ends at once, everything is safe, and a later start delivers it.
            assert hubspot.account.occurrences == []
            for _ in range(3):
                front(config, options, 0)
        hubspot.clock.skip(10)
        stored = [occurrence["id"] for occurrence in hubspot.account.occurrences]
        assert hubspot.faults.active()[0].struck >= 1
        assert (len(stored), len(set(stored))) == (EVENTS, EVENTS)
        if request_kind == "upsert":
            titles = {
                contact.properties["email"]: contact.properties["jobtitle"]
                for contact in hubspot.account.contacts()
            }
            assert titles == {"p0@example.org": "job 1", "p1@example.org": "job 1"}


@pytest.mark.parametrize("front", [_plain, _asyncio], ids=["sync", "async"])
@pytest.mark.parametrize("request_kind", PATHS)
def test_a_handshake_that_fails_costs_no_event_and_counts_none_twice(
    tmp_path: Path, certificate: Certificate, request_kind: str, front: Any
) -> None:
    """Apart from the others: this fault strikes connections, and what does not come to be asks for no path."""
    service = HubSpot(token="pat-na1-fronts", switches=Behaviours(auto_define=True))
    with FakeHubSpot(
        service, token="pat-na1-fronts", tls=(certificate.chain, certificate.key), faults=["tls:count=3"]
    ) as hubspot:
        config = _config(request_kind)
        config["settings"]["caBundle"] = certificate.authority
        outbox = OutboxSettings(
            tmp_path / "outbox", durability="normal", flush_seconds=0.01, close_seconds=30, policy=POLICY
        )
        options = {"base_url": hubspot.base_url, "outbox": outbox}
        assert front(config, options, EVENTS) == ["queued"] * EVENTS
        hubspot.clock.skip(10)
        stored = [occurrence["id"] for occurrence in hubspot.account.occurrences]
        assert hubspot.faults.active()[0].struck == 3
        assert (len(stored), len(set(stored))) == (EVENTS, EVENTS)
