"""Serve the collector endpoint with uvicorn, and stop gracefully.

uvicorn is an extra (`hubspot-dest[listen]`): a server that meets the open internet is no place for own code, and the
standard library's is not meant for that; whoever only sends should not have to install one.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import uvicorn

from hubspot_dest.listen.app import Collector

__all__ = ["serve"]


class _Server(uvicorn.Server):
    """uvicorn's server, whose signals are ours."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: `serve` has them."""
        yield


def serve(
    collector: Collector,
    listener: socket.socket,
    *,
    grace_seconds: float,
    on_ready: Callable[[], None],
    on_signal: Callable[[int, int], None],
    finish: Callable[[], Awaitable[None]],
) -> None:
    """Serve until SIGTERM or SIGINT, then take what is under way to its end, and finish.

    Args:
        collector: answers.
        listener: an open socket; closed at the end.
        grace_seconds: how long requests under way may take after the signal.
        on_ready: called when a signal would end it gracefully.
        on_signal: is told the signal, and how many there were; called in the event loop.
        finish: awaited when no more requests come.

    """
    config = uvicorn.Config(
        collector,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="error",  # what strangers send that is no HTTP is no news
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=max(1, round(grace_seconds)),
        h11_max_incomplete_event_size=64 * 1024,
    )
    server = _Server(config)
    signals = 0

    def stop(number: int) -> None:
        nonlocal signals
        signals += 1
        collector.stopping = True
        server.should_exit = True
        server.force_exit = signals > 1
        on_signal(number, signals)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            _on_signal(loop, number, stop)
        on_ready()
        await server.serve(sockets=[listener])
        await finish()

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(main())


def _on_signal(loop: asyncio.AbstractEventLoop, number: signal.Signals, stop: Callable[[int], None]) -> None:
    try:
        loop.add_signal_handler(number, stop, number)
    except NotImplementedError:  # Windows

        def handler(number: int, frame: Any) -> None:  # noqa: ARG001 - a handler's signature
            loop.call_soon_threadsafe(stop, number)

        signal.signal(number, handler)
