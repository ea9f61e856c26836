"""Connections of clients that do not keep to the rules are closed, and everybody else is served."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hubspot_dest import AsyncHubSpotDestination
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.listen.app import CollectorEndpoint, ListenSettings
from hubspot_dest.listen.sockets import bind
from hubspot_dest.listen.uvicorn_compat import ConnectionLimits, GuardedServer, guarded_config

CONFIG = {"settings": {"accessToken": "pat-na1-x", "eventNamePrefix": "pe1_"}}
EVENT = json.dumps({"name": "page view", "user": {"email": "ada@example.org"}}).encode()
GET_HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
Address = tuple[str, int]
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def post(body: bytes = EVENT) -> bytes:
    return b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@contextlib.asynccontextmanager
async def serving(limits: ConnectionLimits, **settings: Any) -> AsyncIterator[tuple[Address, GuardedServer]]:
    async with AsyncHubSpotDestination(CONFIG, client=RecordingClient()) as front:
        listener = bind("127.0.0.1", 0)
        server = GuardedServer(guarded_config(CollectorEndpoint(front, ListenSettings(**settings)), limits))
        running = asyncio.ensure_future(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname(), server
        finally:
            server.should_exit = server.force_exit = True
            await running
            for connection in list(server.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def connected(address: Address, content: bytes = b"") -> AsyncIterator[Stream]:
    reader, writer = await asyncio.open_connection(*address)
    try:
        if content:
            writer.write(content)
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def answer(stream: Stream) -> int:
    """Return the status of the next answer, and 0 where the connection ends instead."""
    try:
        head = await asyncio.wait_for(stream[0].readuntil(b"\r\n\r\n"), 20)
    except (OSError, asyncio.IncompleteReadError):
        return 0
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await stream[0].readexactly(length)
    return int(head[9:12])


async def ended(stream: Stream) -> bytes:
    """Read to the end."""
    with contextlib.suppress(OSError):
        return await asyncio.wait_for(stream[0].read(), 20)
    return b""


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", b""), (b"\r\n\r\n", b""), (b"POST /collect HTTP/1.1\r\nHost: x\r\nX-", b"HTTP/1.1 408")],
    ids=["nothing", "empty lines", "half a header"],
)
async def test_headers_that_never_end_end_the_connection(content: bytes, said: bytes) -> None:
    async with serving(ConnectionLimits(header_seconds=0.1)) as (address, _):
        async with connected(address, content) as stream:
            assert (await ended(stream))[:12] == said
        # The same on a connection that was good once.
        async with connected(address, GET_HEALTH) as stream:
            assert await answer(stream) == 200
            if content:
                stream[1].write(content)
                assert (await ended(stream))[:12] == said


async def test_a_slow_answer_is_waited_for_whatever_the_limit_for_headers() -> None:
    class Slow(RecordingClient):
        def send(self, occurrence: dict[str, Any]) -> None:
            gate.wait(20)
            super().send(occurrence)

    import threading

    gate = threading.Event()

    async with AsyncHubSpotDestination(CONFIG, client=Slow()) as front:
        listener = bind("127.0.0.1", 0)
        server = GuardedServer(
            guarded_config(CollectorEndpoint(front), ConnectionLimits(header_seconds=0.05))
        )
        running = asyncio.ensure_future(server.serve(sockets=[listener]))
        async with connected(listener.getsockname(), post() + b"GET /hea") as stream:
            # More than a second, so that the limits were checked.
            asyncio.get_running_loop().call_later(1.5, gate.set)
            assert await answer(stream) == 200
        server.should_exit = True
        await running


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"GET /health HTTP/1.1\r\n" + b"a: " + b"b" * 300_000, 431),
        (b"GET /health HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n", 400),
        (b"GET /" + b"a" * 300_000, 431),
    ],
    ids=["one long header", "many headers", "long address"],
)
async def test_headers_beyond_their_limit_are_refused(content: bytes, status: int) -> None:
    async with serving(ConnectionLimits()) as (address, _), connected(address, content) as stream:
        assert (await ended(stream))[9:12] in (str(status).encode(), b"")


async def test_connections_beyond_the_limit_close_the_idle_ones_and_honest_ones_are_served() -> None:
    async with (
        serving(ConnectionLimits(connections=20)) as (address, server),
        contextlib.AsyncExitStack() as stack,
    ):
        honest = await stack.enter_async_context(connected(address, GET_HEALTH))
        assert await answer(honest) == 200
        for _ in range(100):
            await stack.enter_async_context(connected(address))
            honest[1].write(post())
            assert await answer(honest) == 200
        assert len(server.server_state.connections) <= 20
        late = await stack.enter_async_context(connected(address, post()))
        assert await answer(late) == 200


async def test_a_body_that_nobody_wants_is_read_for_a_while_and_no_longer() -> None:
    limits = ConnectionLimits(unread_seconds=0.1, unread_bytes=1_000_000)
    head = b"POST /collect HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n"
    async with serving(limits) as (address, _):
        async with connected(address, head + b"x" * 1000) as stream:
            assert await answer(stream) == 413
            await ended(stream)  # by time
        async with connected(address, head) as stream:
            assert await answer(stream) == 413
            with contextlib.suppress(OSError):
                for _ in range(1000):
                    stream[1].write(b"x" * 100_000)  # by size: it does not take all of it
                    await stream[1].drain()
            await ended(stream)
        # What is small enough is dropped, and the connection goes on.
        async with connected(address, post(b"x" * 2_000)) as stream:
            assert await answer(stream) == 400
            stream[1].write(post())
            assert await answer(stream) == 200


async def test_a_client_that_reads_no_answers_is_let_go() -> None:
    async with serving(ConnectionLimits(write_seconds=0.1)) as (address, server):
        client = socket.create_connection(address)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.setblocking(False)
        while not server.server_state.connections:
            await asyncio.sleep(0.01)
        try:
            while server.server_state.connections:
                with contextlib.suppress(BlockingIOError):
                    client.send(GET_HEALTH * 1000)
                await asyncio.sleep(0.01)
        except OSError:
            pass  # let go
        client.close()


@pytest.mark.parametrize("reset", [True, False], ids=["reset", "closed"])
def test_clients_that_hang_up_leave_no_word_behind(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], reset: bool
) -> None:
    beginnings = [b"", b"GET", post()[:-10], post(), GET_HEALTH, post() * 50, post(b"{") + b"\x16\x03\x01"]

    async def main() -> None:
        loop = asyncio.get_running_loop()
        troubles: list[dict[str, Any]] = []
        loop.set_exception_handler(lambda _loop, context: troubles.append(context))
        async with serving(ConnectionLimits()) as (address, server):
            for content in beginnings * 5:
                _, writer = await asyncio.open_connection(*address)
                if content:
                    writer.write(content)
                if reset:
                    writer.transport.abort()
                else:
                    writer.close()
            async with connected(address, post()) as stream:
                assert await answer(stream) == 200
            while server.server_state.connections or server.server_state.tasks:
                await asyncio.sleep(0.01)
        assert not troubles

    with caplog.at_level(logging.ERROR, logger="uvicorn.error"):
        asyncio.run(main())
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_a_request_that_never_ends_does_not_leave_a_traceback_at_the_shutdown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async with AsyncHubSpotDestination(CONFIG, client=RecordingClient()) as front:
            listener = bind("127.0.0.1", 0)
            config = guarded_config(CollectorEndpoint(front), ConnectionLimits(), timeout_graceful_shutdown=1)
            server = GuardedServer(config)
            running = asyncio.ensure_future(server.serve(sockets=[listener]))
            async with connected(listener.getsockname(), post()[:-5]):
                while not server.server_state.tasks:
                    await asyncio.sleep(0.01)
                server.should_exit = True
                await running
                tasks = list(server.server_state.tasks)
                await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    assert "Traceback" not in caplog.text
