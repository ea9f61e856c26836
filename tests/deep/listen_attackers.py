"""Attacks a collector endpoint until its standard input is closed: `python listen_attackers.py HOST PORT`.

A program of its own, so that it shares no interpreter with those who measure. It counts what it did, as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable

HOST, PORT = sys.argv[1], int(sys.argv[2])
IDLE, HALF_OPEN = 600, 400  # connections that are kept open
POST = b"POST /collect HTTP/1.1\r\nHost: x\r\n"
BRACKETS = "&".join(["a[0][999][999][999]=1"] * 999)
DEEP = "a" + "[b]" * 5000
BOMB = gzip.compress(b" " * 50_000_000, 9)

done: Counter[str] = Counter()
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def open_one(name: str) -> Stream | None:
    try:
        stream = await asyncio.wait_for(asyncio.open_connection(HOST, PORT), 5)
    except (OSError, TimeoutError):
        done[f"{name}: not let in"] += 1
        return None
    done[name] += 1
    return stream


async def close(stream: Stream, *, reset: bool = False) -> None:
    if reset:
        stream[1].transport.abort()
        return
    with contextlib.suppress(OSError):
        stream[1].close()


async def idle(_random: random.Random) -> None:
    """Connect and say nothing, until the other side has enough."""
    if stream := await open_one("idle"):
        with contextlib.suppress(OSError):
            await stream[0].read(1)
        await close(stream)


async def half_open(rng: random.Random) -> None:
    """Send headers byte by byte, which never end."""
    if stream := await open_one("half-open"):
        with contextlib.suppress(OSError):
            stream[1].write(rng.choice([POST, b"GET /collect?name=", b"\r\n\r\n", b"P"]))
            while not stream[0].at_eof() and not stream[1].is_closing():
                stream[1].write(b"X-A: b\r\n")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stream[0].read(100), 1)
        await close(stream)


async def exchange(name: str, content: bytes, *, reset: bool = False) -> None:
    """Send something, and read what comes back; or hang up at once."""
    if stream := await open_one(name):
        with contextlib.suppress(OSError, TimeoutError):
            stream[1].write(content)
            await asyncio.wait_for(stream[1].drain(), 5)
            if not reset:
                answer = await asyncio.wait_for(stream[0].read(100), 5)
                done[f"{name}: {answer[9:12].decode('latin-1') or 'closed'}"] += 1
        await close(stream, reset=reset)


def sized(body: bytes, *headers: bytes) -> bytes:
    extra = b"".join(header + b"\r\n" for header in headers)
    return POST + extra + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


async def huge(rng: random.Random) -> None:
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    await exchange(
        "huge",
        rng.choice(
            [
                POST + b"Content-Length: 100000000000\r\n\r\n" + b"x" * 200_000,
                POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 40,
                sized(b"x" * 1_048_576),
                sized(b"[" + b"1," * 500_000 + b"1]"),
                sized(BOMB, b"Content-Encoding: gzip"),
                b"GET / HTTP/1.1\r\n" + b"a: " + b"b" * 200_000,
                b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
            ]
        ),
        reset=rng.random() < 0.3,
    )


async def malformed(rng: random.Random) -> None:
    event = {"name": "page view", "user": {"email": "ada@example.org"}}
    await exchange(
        "malformed",
        rng.choice(
            [
                rng.randbytes(500),
                b"\x16\x03\x01\x02\x00\x01\x00",
                POST + b"Content-Length: -1\r\n\r\n",
                POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
                POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                b"GET ?x HTTP/1.1\r\n\r\n",
                b"CONNECT a:1 HTTP/1.1\r\n\r\n",
                b"GET /collect HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
                sized(b"{"),
                sized(b"[" * 100_000),
                sized(json.dumps(event).encode()[:-1] + b', "data": ' + b"[" * 1000 + b"]" * 1000 + b"}"),
                sized(json.dumps({**event, "timestamp": 1e300}).encode()),
                sized(json.dumps({**event, "user": None}).encode()),
                sized(json.dumps([None] * 100).encode()),
                sized(b"{}")[:-1],
            ]
        ),
        reset=rng.random() < 0.3,
    )


async def brackets(rng: random.Random) -> None:
    query = rng.choice([BRACKETS, DEEP, "&".join(["a"] * 5000), "a[999]=1&" * 999]).encode()
    await exchange(
        "brackets", b"GET /collect?" + query + b" HTTP/1.1\r\nHost: x\r\n\r\n", reset=rng.random() < 0.3
    )


async def held(work: Callable[[random.Random], Awaitable[None]], rng: random.Random) -> None:
    """Do something again and again, with a pause where the other side is quick to end it."""
    while True:
        await work(rng)
        await asyncio.sleep(0.5 + rng.random())


async def paced(work: Callable[[random.Random], Awaitable[None]], rate: float, rng: random.Random) -> None:
    """Begin so many a second, whatever becomes of them; at most 200 at once."""
    running: set[asyncio.Task[None]] = set()

    async def one() -> None:
        await work(rng)

    while True:
        if len(running) < 200:
            task = asyncio.ensure_future(one())
            running.add(task)
            task.add_done_callback(running.discard)
        await asyncio.sleep(rng.expovariate(rate))


async def main() -> None:
    os.nice(10)  # attackers have machines of their own: they take no time from those who are measured
    rng = random.Random(1)
    tasks = [asyncio.ensure_future(held(idle, rng)) for _ in range(IDLE)]
    tasks += [asyncio.ensure_future(held(half_open, rng)) for _ in range(HALF_OPEN)]
    for work, rate in ((huge, 5.0), (malformed, 40.0), (brackets, 20.0)):
        tasks.append(asyncio.ensure_future(paced(work, rate, rng)))
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=5)
    sys.stdout.write(json.dumps(done))
    sys.stdout.flush()
    os._exit(0)  # what is left of the attack is of no interest


if __name__ == "__main__":
    asyncio.run(main())
