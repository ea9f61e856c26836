"""Stop calls that the engine does not interrupt in time.

The engine checks the clock once in 10,000 loop iterations or calls. If every iteration copies a long list
(`[...list]`), that is far too rare, and operators cannot be guarded as built-ins can. But all of them allocate: a
thread that takes the memory away makes the next allocation fail, which ends the call.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import Final
from weakref import WeakKeyDictionary, WeakSet

from hubspot_dest.mapping.javascript.sandbox import Sandbox

__all__ = ["Watchdog"]

_IDLE_ROUNDS: Final = 4

# Busy sandbox → (number of its current call, processor time when that call was first seen). The key is the sandbox, not
# its id: a new sandbox at the same address would be mistaken for the old one, whose call never returned.
Since = WeakKeyDictionary[Sandbox, tuple[int, float]]


class Watchdog:
    """Watch the sandboxes of one engine from a thread that exits when there are no more calls.

    Args:
        seconds: the time limit of a call, in processor time; a call is stopped after about three times that.

    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._lock_process = os.getpid()
        self._sandboxes: WeakSet[Sandbox] = WeakSet()
        self._process = 0

    def _own_lock(self) -> threading.Lock:
        """Return the lock; a forked child gets a new one, since the old one may be held by a thread of its parent."""
        if self._lock_process != os.getpid():
            self._lock, self._lock_process = threading.Lock(), os.getpid()
        return self._lock

    def add(self, sandbox: Sandbox) -> None:
        """Watch a sandbox until it is collected."""
        with self._own_lock():
            self._sandboxes.add(sandbox)

    def wake(self) -> None:
        """Start the watching thread unless it is running; a forked child needs its own."""
        if self._process == os.getpid():
            return
        with self._own_lock():
            if self._process == os.getpid():
                return
            self._process = os.getpid()
        # At interpreter exit, no new thread can start: the engine's own clock must do.
        with contextlib.suppress(RuntimeError):
            threading.Thread(target=self._watch, name="javascript-watchdog", daemon=True).start()

    def _watch(self) -> None:
        since = Since()
        idle = 0
        while idle < _IDLE_ROUNDS:
            time.sleep(self._seconds)
            since = self._look(since)
            idle = 0 if since else idle + 1
        self._process = 0
        # A call that began at this moment may have assumed that the thread was still watching.
        time.sleep(self._seconds)
        if any([sandbox.busy for sandbox in self._watched()]):
            self.wake()

    def _watched(self) -> list[Sandbox]:
        with self._own_lock():
            return list(self._sandboxes)

    def _look(self, since: Since) -> Since:
        """Return the current call of each busy sandbox, with its first-seen time; stop those over the limit."""
        now = time.process_time()
        current = Since()
        for sandbox in self._watched():
            if not sandbox.busy:
                continue
            call = sandbox.calls
            first, began = since.get(sandbox, (call, now))
            if first != call:
                began = now
            elif now - began > 2 * self._seconds:
                sandbox.strangle()
            current[sandbox] = (call, began)
        return current
