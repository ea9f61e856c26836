"""Serve the collector endpoint with uvicorn, and shut down gracefully.

uvicorn is an extra (`hubspot-dest[listen]`): a server on the open internet should be a well-maintained library, which
that of the standard library is not, but those who only send should not have to install one.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

from hubspot_dest.listen.app import CollectorEndpoint
from hubspot_dest.listen.uvicorn_compat import ConnectionLimits, GuardedServer, guarded_config

__all__ = ["serve"]

_SWITCH_SECONDS: Final = 0.0005
# In addition to the connections: the outbox, HubSpot, files that Python loads.
_OTHER_DESCRIPTORS: Final = 256


def serve(
    collector: CollectorEndpoint,
    listener: socket.socket,
    *,
    max_connections: int,
    grace_seconds: float,
    on_ready: Callable[[], None],
    on_signal: Callable[[int, int], None],
    finish: Callable[[], Awaitable[None]],
) -> None:
    """Serve until SIGTERM or SIGINT, then complete the requests in progress and finish.

    Args:
        collector: the application.
        listener: an open socket, which is closed at the end.
        max_connections: the maximum number of open connections.
        grace_seconds: the time limit for requests in progress after the signal, in seconds.
        on_ready: called once signals shut the server down gracefully.
        on_signal: called in the event loop with the signal and the number of signals so far.
        finish: awaited once no more requests can arrive.

    """
    limits = ConnectionLimits(connections=_allowed_connections(max_connections))
    grace = max(1, round(grace_seconds))
    config = guarded_config(collector, limits, timeout_graceful_shutdown=grace)
    server = GuardedServer(config)
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

    # After waiting for the network, the event loop waits this long for the thread that pushes.
    sys.setswitchinterval(_SWITCH_SECONDS)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(main())


def _allowed_connections(requested: int) -> int:
    """Return the number of connections that the limit on open files allows, after raising the limit if necessary."""
    try:
        import resource
    except ImportError:  # Windows
        return requested
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = requested + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return requested
    return max(1, soft - min(_OTHER_DESCRIPTORS, soft // 2))


def _on_signal(loop: asyncio.AbstractEventLoop, number: signal.Signals, stop: Callable[[int], None]) -> None:
    try:
        loop.add_signal_handler(number, stop, number)
    except NotImplementedError:  # Windows

        def handler(number: int, frame: Any) -> None:  # noqa: ARG001 - a handler's signature
            loop.call_soon_threadsafe(stop, number)

        signal.signal(number, handler)
