"""AsyncHubSpotDestination: the destination for programs that run on asyncio, with the same guarantees.

A dedicated thread pushes what coroutines submit, in the order of submission; what arrives while it is busy is
pushed together, so that an outbox makes many events durable with one write to the disk. The event loop never waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from hubspot_dest.config.model import Config
from hubspot_dest.destination import HubSpotDestination, Listener
from hubspot_dest.outcome import Outcome

__all__ = ["AsyncHubSpotDestination"]

_T = TypeVar("_T")
_TOGETHER = 500  # events in one push; more would keep the first of them waiting


# No repr: `deque.remove` writes the job into its error, with all its events, each time.
@dataclass(slots=True, eq=False, repr=False)
class _Job:
    """Events to push, or something else to do; in both cases `done` gets the result."""

    events: list[Any] = field(default_factory=list)
    keep_events: bool = True
    work: Callable[[], Any] | None = None
    done: Future[Any] = field(default_factory=Future)


class AsyncHubSpotDestination:
    """Sends walkerOS events to HubSpot from coroutines. One event loop at a time.

    Awaiting `push` means what a return from `HubSpotDestination.push` means: the event is sent, or on disk where there
    is an outbox. A cancelled `push` was either not started, or completes; listeners are notified of its outcome.

    Args:
        config: as for `HubSpotDestination`; an existing destination is taken as it is.
        limit: how many events may wait for the thread; beyond that, `push` waits.
        options: other arguments of `HubSpotDestination`.

    Raises:
        ConfigError: and whatever else `HubSpotDestination` raises.

    """

    def __init__(
        self, config: dict[str, Any] | Config | HubSpotDestination, *, limit: int = 1000, **options: Any
    ) -> None:
        if not isinstance(config, HubSpotDestination):
            config = HubSpotDestination(config, **options)
        self.destination: HubSpotDestination = config
        self.limit = limit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hubspot-dest-push")
        self._enders = ThreadPoolExecutor(1, thread_name_prefix="hubspot-dest-flush")
        self._jobs: deque[_Job] = deque()
        self._lock = threading.Lock()
        self._busy = False
        self._waiting = 0
        self._turn = asyncio.Lock()  # first come, first served
        self._changed = asyncio.Event()
        self._closing: asyncio.Future[list[Outcome]] | None = None

    def __repr__(self) -> str:
        return f"Async{self.destination!r}"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close(keep_outcomes=False)

    @property
    def pending(self) -> int:
        """How many events were submitted and not yet pushed."""
        return self._waiting

    @property
    def listeners(self) -> list[Listener]:
        """Functions that are called with every outcome, in a thread other than the event loop's."""
        return self.destination.listeners

    # ---- events

    async def push(self, event: Any) -> Outcome:
        """Push one event and return its first outcome (`HubSpotDestination.push`).

        Raises:
            RuntimeError: after `close`.

        """
        return (await self.push_many([event]))[0]

    async def push_many(self, events: Iterable[Any], *, keep_events: bool = True) -> list[Outcome]:
        """Take several events, in order; return one outcome an event. Made durable together where there is an outbox.

        Args:
            events: walkerOS events.
            keep_events: whether the plans of the outcomes keep their event (`HubSpotDestination.push_many`).

        Raises:
            RuntimeError: after `close`.

        """
        several = list(events)
        if not several:
            return []
        async with self._turn:
            # More events than the limit go in alone, rather than never.
            while self._closing is None and self._waiting and self._waiting + len(several) > self.limit:
                self._changed.clear()
                await self._changed.wait()
            self._refuse_if_closed()
            self._waiting += len(several)
        job = _Job(several, keep_events)
        try:
            outcomes: list[Outcome] = await self._submit(job)
            return outcomes
        finally:
            self._leave(job)

    def _leave(self, job: _Job) -> None:
        """Make room for others, once the job is done; a cancelled push may still be under way."""
        if job.done.done():
            with self._lock, contextlib.suppress(ValueError):
                self._jobs.remove(job)  # cancelled before the thread took it
            self._made_room(len(job.events))
            return
        loop = asyncio.get_running_loop()

        def later(done: Future[Any]) -> None:  # noqa: ARG001 - a callback's shape
            with contextlib.suppress(RuntimeError):  # the loop has ended, and with it every waiting coroutine
                loop.call_soon_threadsafe(self._made_room, len(job.events))

        job.done.add_done_callback(later)

    def _made_room(self, count: int) -> None:
        self._waiting -= count
        self._changed.set()

    # ---- collector commands

    async def consent(self, states: dict[str, Any]) -> list[Outcome]:
        """Grant or refuse consent; events that waited for it go out, in order."""
        return await self._do(lambda: self.destination.consent(states))

    async def user(self, user: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's user, the default of every event's own."""
        return await self._do(lambda: self.destination.user(user))

    async def globals(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's globals, the defaults of every event's own."""
        return await self._do(lambda: self.destination.globals(values))

    async def custom(self, values: dict[str, Any]) -> list[Outcome]:
        """Merge into the collector's custom, which functions see."""
        return await self._do(lambda: self.destination.custom(values))

    async def run(self, state: dict[str, Any] | None = None) -> list[Outcome]:
        """Begin a new run; events that waited for consent are forgotten."""
        return await self._do(lambda: self.destination.run(state))

    # ---- the end

    async def flush(self, **options: Any) -> list[Outcome]:
        """Send what waits, and return the outcomes (`HubSpotDestination.flush`); pushing goes on meanwhile."""
        await self._do(lambda: None)  # what was handed in before is in
        return await self._ended(lambda: self.destination.flush(**options))

    async def close(self, **options: Any) -> list[Outcome]:
        """Push what was submitted, send what waits, and close (`HubSpotDestination.close`).

        A second call waits for the first. A cancelled call completes all the same: nothing is left half closed.
        """
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close(options))
            self._changed.set()
        return await asyncio.shield(self._closing)

    async def _close(self, options: dict[str, Any]) -> list[Outcome]:
        try:
            await self._submit(_Job(work=lambda: None))
            return await self._ended(lambda: self.destination.close(**options))
        finally:
            self._thread.shutdown(wait=False)
            self._enders.shutdown(wait=False)

    def _refuse_if_closed(self) -> None:
        if self._closing is not None:
            msg = "this destination is closed"
            raise RuntimeError(msg)

    # ---- the thread

    async def _do(self, work: Callable[[], _T]) -> _T:
        self._refuse_if_closed()
        result: _T = await self._submit(_Job(work=work))
        return result

    async def _ended(self, work: Callable[[], list[Outcome]]) -> list[Outcome]:
        return await asyncio.get_running_loop().run_in_executor(self._enders, work)

    async def _submit(self, job: _Job) -> Any:
        with self._lock:
            self._jobs.append(job)
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.submit(self._work)
        return await asyncio.wrap_future(job.done)

    def _work(self) -> None:
        """Do the jobs until none is left; runs in the thread."""
        while jobs := self._next():
            if jobs[0].work is not None:
                _settle(jobs, jobs[0].work, lambda job, result: result)  # noqa: ARG005 - the one job's
                continue
            self._push_together(jobs)

    def _push_together(self, jobs: list[_Job]) -> None:
        events = (event for job in jobs for event in job.events)
        keep = any(job.keep_events for job in jobs)
        _settle(
            jobs,
            lambda: iter(self.destination.push_many(events, keep_events=keep)),
            lambda job, outcomes: [next(outcomes) for _ in job.events],
        )

    def _next(self) -> list[_Job]:
        """Take the jobs that can be done together: one thing to do, or pushes that follow each other."""
        taken: list[_Job] = []
        count = 0
        with self._lock:
            while self._jobs and count < _TOGETHER:
                if taken and (self._jobs[0].work is not None or taken[0].work is not None):
                    break
                job = self._jobs.popleft()
                if job.done.set_running_or_notify_cancel():
                    taken.append(job)
                    count += len(job.events)
            self._busy = bool(taken)
        return taken


def _settle(jobs: list[_Job], work: Callable[[], Any], share: Callable[[_Job, Any], Any]) -> None:
    try:
        result = work()
    except BaseException as error:  # the waiting coroutine gets every error, whatever it is
        for job in jobs:
            job.done.set_exception(error)
        return
    for job in jobs:
        job.done.set_result(share(job, result))
