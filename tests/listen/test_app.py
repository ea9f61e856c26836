"""The collector endpoint under pressure: what it cannot keep it refuses, and says so."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from hubspot_dest import AsyncHubSpotDestination, HubSpotDestination, Outcome
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.listen.app import CollectorEndpoint, ListenSettings

CONFIG = {"settings": {"accessToken": "pat-na1-x", "eventNamePrefix": "pe1_"}}
PAGE = {"name": "page view", "id": "e1", "user": {"email": "ada@example.org"}}


class Gate(RecordingClient):
    """Takes occurrences when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()

    def send(self, occurrence: dict[str, Any]) -> None:
        assert self.open.wait(20)
        super().send(occurrence)


async def ask(
    collector: CollectorEndpoint,
    body: Any = None,
    *,
    path: str = "/collect",
    receive: Callable[[], Any] | None = None,
) -> tuple[int, dict[str, str], Any]:
    """Ask as a server would; return status, headers and the body as JSON."""
    sent: list[Any] = []

    async def whole() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: Any) -> None:
        sent.append(message)

    method = "GET" if body is None and receive is None else "POST"
    scope = {"type": "http", "method": method, "path": path, "headers": [], "query_string": b""}
    await collector(scope, receive or whole, send)
    if not sent:
        return 0, {}, None
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, json.loads(sent[1]["body"] or b"null")


async def test_a_crowd_is_told_to_come_again_and_memory_stays_bounded() -> None:
    client = Gate()
    async with AsyncHubSpotDestination(CONFIG, client=client, limit=10) as front:
        collector = CollectorEndpoint(front)
        first = [asyncio.ensure_future(ask(collector, PAGE)) for _ in range(10)]
        while front.pending < 10:
            await asyncio.sleep(0)
        for _ in range(50):
            status, headers, said = await ask(collector, PAGE)
            assert (status, said["error"], headers["retry-after"]) == (
                503,
                "Too many events at once",
                "1",
            )
        assert (await ask(collector, path="/health"))[0] == 200
        client.open.set()
        assert {status for status, _, _ in await asyncio.gather(*first)} == {200}
        assert (await ask(collector, PAGE))[0] == 200
    assert len(client.calls) == 11


async def test_a_batch_larger_than_the_room_is_taken_when_nobody_else_is_there() -> None:
    client = Gate()
    client.open.set()
    async with AsyncHubSpotDestination(CONFIG, client=client, limit=10) as front:
        status, _, said = await ask(CollectorEndpoint(front), [PAGE] * 60)
        assert (status, said["processed"]) == (200, 60)


class FullDisk(HubSpotDestination):
    """A destination whose outbox cannot be written for a while."""

    full = True

    def push_many(self, events: Iterable[Any], **options: Any) -> list[Outcome]:
        if self.full:
            said = "the outbox cannot be written: No space left on device"
            return [Outcome("failed", "outbox", said) for _ in events]
        return super().push_many(events, **options)


async def test_what_cannot_be_stored_is_the_senders_to_keep_until_there_is_room_again() -> None:
    destination = FullDisk(CONFIG, client=RecordingClient())
    async with AsyncHubSpotDestination(destination) as front:
        now = [1_000_000]
        collector = CollectorEndpoint(front, now_ms=lambda: now[0])
        status, headers, said = await ask(collector, PAGE)
        assert (status, said["success"]) == (503, False)
        assert "retry-after" in headers
        status, headers, said = await ask(collector, [PAGE, PAGE])
        assert (status, said["failed"], headers["retry-after"]) == (503, 2, "5")
        status, _, said = await ask(collector, path="/ready")
        assert (status, said["status"]) == (503, "failed")
        assert "No space left" in said["reason"]
        assert (await ask(collector, path="/health"))[0] == 200
        now[0] += 6_000  # whom nobody sends anything could never prove that it is well again
        assert (await ask(collector, path="/ready"))[0] == 200
        assert (await ask(collector, PAGE))[0] == 503
        assert (await ask(collector, path="/ready"))[0] == 503
        destination.full = False
        assert (await ask(collector, PAGE))[0] == 200
        assert (await ask(collector, path="/ready"))[0] == 200


async def test_a_body_that_never_comes_is_given_up() -> None:
    async with AsyncHubSpotDestination(CONFIG, client=RecordingClient()) as front:
        collector = CollectorEndpoint(front, ListenSettings(body_seconds=0.02))

        async def never() -> Any:
            await asyncio.Event().wait()

        assert (await ask(collector, receive=never))[0] == 408


async def test_a_sender_that_hangs_up_half_way_gets_no_answer_and_sends_nothing() -> None:
    client = RecordingClient()
    async with AsyncHubSpotDestination(CONFIG, client=client) as front:
        parts = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

        async def half() -> Any:
            return next(parts)

        assert (await ask(CollectorEndpoint(front), receive=half))[0] == 0
    assert client.calls == []


async def test_a_bug_of_ours_is_an_answer_and_not_silence(caplog: pytest.LogCaptureFixture) -> None:
    async with AsyncHubSpotDestination(CONFIG, client=RecordingClient()) as front:

        def broken(outcome: Outcome) -> None:
            raise ZeroDivisionError

        front.listeners.append(broken)
        status, _, said = await ask(CollectorEndpoint(front), PAGE)
        assert (status, said["error"]) == (500, "Event was not processed")
        front.listeners.clear()
    assert "a request failed because of a bug" in caplog.text


async def test_it_is_ready_again_when_a_trial_write_succeeds_and_not_before() -> None:
    destination = FullDisk(CONFIG, client=RecordingClient())
    tried: list[int] = []

    def probe() -> str:
        tried.append(1)
        return "the disk is full" if destination.full else ""

    async with AsyncHubSpotDestination(destination) as front:
        now = [1_000_000]
        collector = CollectorEndpoint(front, now_ms=lambda: now[0], probe=probe)
        assert (await ask(collector, path="/ready"))[0] == 200
        assert not tried  # nothing is wrong: nothing is tried
        await ask(collector, PAGE)
        for _ in range(3):
            now[0] += 60_000
            status, _, said = await ask(collector, path="/ready")
            assert (status, said["reason"]) == (503, "the disk is full")
        assert (await ask(collector, path="/ready"))[0] == 503
        assert len(tried) == 3  # one a second at most
        destination.full = False
        now[0] += 1_000
        assert (await ask(collector, path="/ready"))[0] == 200


async def test_what_is_known_to_be_wrong_with_the_storage_is_not_ready_at_once() -> None:
    trouble = [""]
    async with AsyncHubSpotDestination(CONFIG, client=RecordingClient()) as front:
        collector = CollectorEndpoint(front, trouble=lambda: trouble[0])
        assert (await ask(collector, path="/ready"))[0] == 200
        trouble[0] = "the file was removed"
        status, _, said = await ask(collector, path="/ready")
        assert (status, said) == (503, {"status": "failed", "reason": "the file was removed"})
