"""AsyncHubSpotDestination: what a coroutine hands in is kept as surely as what a thread does."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest import AsyncHubSpotDestination, HubSpotDestination
from simulator.hubspot import FakeHubSpot
from tests.factories import make_event

SETTINGS = {"accessToken": "pat-na1-x", "eventNamePrefix": "pe12345678_"}


class SlowClient:
    """Takes occurrences in order; the first waits until it is let go."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.taken: list[dict[str, Any]] = []
        self.batches: list[int] = []

    def send(self, occurrence: dict[str, Any]) -> None:
        self.entered.set()
        assert self.gate.wait(10)
        self.taken.append(occurrence)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        self.taken += inputs
        self.batches.append(len(inputs))

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        raise AssertionError

    def create_contact(self, properties: dict[str, str]) -> None:
        raise AssertionError


async def test_awaiting_push_means_that_hubspot_has_the_event() -> None:
    with FakeHubSpot() as hubspot:
        hubspot.service.seed(hubspot.account, {"definitions": [{"name": "pe12345678_page_view"}]})
        settings = {**SETTINGS, "accessToken": hubspot.token, "baseUrl": hubspot.base_url}
        async with AsyncHubSpotDestination({"settings": settings}) as destination:
            outcome = await destination.push(make_event(1))
            assert (outcome.kind, len(hubspot.account.occurrences)) == ("sent", 1)
            outcomes = await asyncio.gather(
                *(destination.push(make_event(number)) for number in range(2, 52))
            )
            assert {current_outcome.kind for current_outcome in outcomes} == {"sent"}
            assert [current_outcome.event_id for current_outcome in outcomes] == [
                make_event(number)["id"] for number in range(2, 52)
            ]
        assert len(hubspot.account.occurrences) == 51


async def test_the_event_loop_goes_on_while_hubspot_is_slow_and_order_is_kept() -> None:
    client = SlowClient()
    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=client, new_id=None) as destination:
        pushes = [asyncio.ensure_future(destination.push(make_event(number))) for number in range(20)]
        await asyncio.to_thread(client.entered.wait, 10)
        assert not any(push.done() for push in pushes)
        assert destination.pending == 20
        client.gate.set()
        await asyncio.gather(*pushes)
        assert destination.pending == 0
    uuids = [entry["uuid"] for entry in client.taken]
    with HubSpotDestination({"settings": SETTINGS}, client=(again := SlowClient())) as plain:
        again.gate.set()
        for number in range(20):
            plain.push(make_event(number))
    assert uuids == [entry["uuid"] for entry in again.taken]


async def test_a_flood_waits_for_room_and_memory_stays_bounded() -> None:
    client = SlowClient()
    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=client, limit=5) as destination:
        pushes = [asyncio.ensure_future(destination.push(make_event(number))) for number in range(50)]
        await asyncio.to_thread(client.entered.wait, 10)
        for _ in range(20):
            await asyncio.sleep(0)
        assert destination.pending == 5
        client.gate.set()
        assert {outcome.kind for outcome in await asyncio.gather(*pushes)} == {"sent"}
    assert len(client.taken) == 50


async def test_more_events_at_once_than_the_limit_go_in_all_the_same() -> None:
    client = SlowClient()
    client.gate.set()
    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=client, limit=5) as destination:
        assert len(await destination.push_many(make_event(number) for number in range(12))) == 12


async def test_a_cancelled_push_is_either_not_taken_or_goes_its_way() -> None:
    client = SlowClient()
    heard: list[str] = []
    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=client) as destination:
        destination.listeners.append(lambda outcome: heard.append(outcome.event_id))
        under_way = asyncio.ensure_future(destination.push(make_event(1)))
        await asyncio.to_thread(client.entered.wait, 10)
        waiting = asyncio.ensure_future(destination.push(make_event(2)))
        await asyncio.sleep(0)
        for task in (under_way, waiting):
            task.cancel()
        await asyncio.gather(under_way, waiting, return_exceptions=True)
        assert under_way.cancelled()
        assert waiting.cancelled()
        client.gate.set()
        assert (await destination.push(make_event(3))).kind == "sent"
        assert destination.pending == 0
    assert heard == [make_event(1)["id"], make_event(3)["id"]]
    assert len(client.taken) == 2


async def test_a_flood_that_gives_up_leaves_nothing_behind() -> None:
    client = SlowClient()
    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=client, limit=5) as destination:
        under_way = asyncio.ensure_future(destination.push(make_event(0)))
        await asyncio.to_thread(client.entered.wait, 10)
        for number in range(1, 100):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(destination.push(make_event(number)), 0)
        assert destination.pending == 1
        assert not destination._jobs
        under_way.cancel()
        await asyncio.gather(under_way, return_exceptions=True)
        assert destination.pending == 1  # it cannot be called back
        client.gate.set()
        await destination.flush()
        assert destination.pending == 0


async def test_closing_takes_what_was_handed_in_and_flushes_the_batch() -> None:
    client = SlowClient()
    settings = {**SETTINGS, "batch": True, "batchSize": 500}
    destination = AsyncHubSpotDestination({"settings": settings}, client=client)
    pushes = [asyncio.ensure_future(destination.push(make_event(number))) for number in range(7)]
    await asyncio.sleep(0)
    told = await destination.close()
    assert [outcome.kind for outcome in told] == ["flushed"]
    assert {(await push).kind for push in pushes} == {"queued"}
    assert client.batches == [7]
    assert await destination.close() == told
    with pytest.raises(RuntimeError, match="closed"):
        await destination.push(make_event(9))


async def test_consent_releases_what_waited_for_it_in_order() -> None:
    client = SlowClient()
    client.gate.set()
    config = {"settings": SETTINGS, "consent": {"marketing": True}}
    async with AsyncHubSpotDestination(config, client=client) as destination:
        assert [(await destination.push(make_event(number))).kind for number in range(3)] == ["denied"] * 3
        released = await destination.consent({"marketing": True})
        assert [outcome.event_id for outcome in released] == [make_event(number)["id"] for number in range(3)]


async def test_a_bug_in_a_listener_reaches_whoever_waits_and_not_nobody() -> None:
    client = SlowClient()
    client.gate.set()

    def broken(outcome: Any) -> None:
        raise ZeroDivisionError

    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=client) as destination:
        destination.listeners.append(broken)
        with pytest.raises(ZeroDivisionError):
            await destination.push(make_event(1))
        destination.listeners.clear()
        assert (await destination.push(make_event(2))).kind == "sent"


async def test_a_hostile_event_is_an_outcome_here_too() -> None:
    async with AsyncHubSpotDestination({"settings": SETTINGS}, client=SlowClient()) as destination:
        hostile: list[Any] = [None, 5, "x", [], {}, {"name": "x"}]
        for bad in hostile:
            assert (await destination.push(bad)).reason == "invalid_event"
        assert await destination.push_many([]) == []


async def test_with_an_outbox_awaiting_push_means_on_disk_and_what_gathers_shares_a_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeHubSpot(faults=["503"]) as hubspot:
        settings = {**SETTINGS, "accessToken": hubspot.token, "baseUrl": hubspot.base_url, "batch": True}
        outbox = tmp_path / "outbox.sqlite3"
        destination = AsyncHubSpotDestination({"settings": settings}, outbox=outbox)
        together: list[int] = []
        push_many = destination.destination.push_many

        def counted(events: Any, **options: Any) -> Any:
            several = list(events)
            together.append(len(several))
            return push_many(several, **options)

        monkeypatch.setattr(destination.destination, "push_many", counted)
        outcomes = await asyncio.gather(*(destination.push(make_event(number)) for number in range(200)))
        assert {outcome.kind for outcome in outcomes} == {"queued"}
        assert sum(together) == 200
        assert len(together) < 20
        await destination.close(deadline=0.0)
        hubspot.faults.clear()
        hubspot.service.seed(hubspot.account, {"definitions": [{"name": "pe12345678_page_view"}]})
        async with AsyncHubSpotDestination({"settings": settings}, outbox=outbox) as again:
            await again.flush(deadline=20.0)
        assert len({occurrence["id"] for occurrence in hubspot.account.occurrences}) == 200
