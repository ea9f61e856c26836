"""The threads that deliver; waiting for them has a deadline."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from hubspot_dest.delivery.dispatch.dispatcher import Dispatcher

__all__ = ["Workers"]

_LONGEST_REST = 3600.0


class Workers:
    """A few daemon threads that call `Dispatcher.step`; each keeps one connection busy.

    If no thread can be started (at the end of a process), `drain` does the work itself.

    Args:
        dispatcher: does the work.
        count: how many requests are under way at once.

    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        count: int,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._dispatcher = dispatcher
        self._count = count
        self._monotonic, self._sleep = monotonic, sleep
        self._threads: list[threading.Thread] = []
        self._starting = threading.Lock()
        self._stopping = False
        self._refused = False
        self._ends_at = math.inf

    def end_within(self, seconds: float) -> None:
        """Let every `drain` and `stop`, running ones included, end by then. Takes no lock."""
        self._ends_at = min(self._ends_at, self._monotonic() + seconds)

    @property
    def running(self) -> bool:
        """Whether there are threads."""
        return bool(self._threads)

    def start(self) -> None:
        """Start the threads if they do not run; without them if that is not possible any more."""
        if self._threads or self._refused or self._stopping:
            return
        with self._starting:
            if self._threads or self._refused:
                return
            for number in range(self._count):
                thread = threading.Thread(target=self._work, name=f"hubspot-dest-{number}", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # "can't create new thread at interpreter shutdown"
                    self._refused = not self._threads
                    return
                self._threads.append(thread)

    def _work(self) -> None:
        dispatcher = self._dispatcher
        while not self._stopping:
            with dispatcher.lock:
                generation = dispatcher.generation
            try:
                wait = dispatcher.step()
            except Exception:  # a bug of ours: log it, and go on with the others
                logging.getLogger("hubspot_dest").exception("delivery has a bug")
                wait = 1.0
            if wait == 0.0:
                continue
            with dispatcher.lock:
                if generation == dispatcher.generation and not self._stopping:
                    dispatcher.changed.wait(_LONGEST_REST if wait is None else min(wait, _LONGEST_REST))

    def drain(self, *, deadline: float | None, stall: float | None = None, settled: bool = False) -> bool:
        """Wait until everything that was accepted is delivered or given up.

        Args:
            deadline: how many seconds to wait at most; None for no limit.
            stall: stop waiting when nothing was delivered for this many seconds; None for never.
            settled: go on waiting although only a person can fix what is wrong.

        Returns:
            whether everything is.

        """
        dispatcher = self._dispatcher
        begun = succeeded_at = self._monotonic()
        successes = dispatcher.successes
        dispatcher.drain(on=True)
        try:
            while not dispatcher.idle:
                now = self._monotonic()
                if dispatcher.successes != successes:
                    successes, succeeded_at = dispatcher.successes, now
                if dispatcher.halted is not None and not settled:
                    return False
                rests = [0.25, self._ends_at - now]
                if deadline is not None:
                    rests.append(begun + deadline - now)
                if stall is not None:
                    rests.append(succeeded_at + stall - now)
                if min(rests) <= 0:
                    return False
                self._rest(min(rests))
            return True
        finally:
            dispatcher.drain(on=False)

    def _rest(self, seconds: float) -> None:
        dispatcher = self._dispatcher
        if self._threads:
            with dispatcher.lock:
                if not dispatcher.idle:
                    dispatcher.changed.wait(seconds)
            return
        wait = dispatcher.step()
        if wait != 0.0:
            self._sleep(seconds if wait is None else min(wait, seconds))

    def stop(self, seconds: float) -> bool:
        """Let the threads finish their request and end; return whether all did within `seconds`."""
        self._stopping = True
        with self._dispatcher.lock:
            self._dispatcher.changed.notify_all()
        # Half a second is for what is on its way to the disk.
        until = min(time.monotonic() + seconds, max(self._ends_at, time.monotonic()) + 0.5)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)
