"""Stop what runs on without ever looking at the clock.

The engine looks at the clock once in 10,000 loop turns or calls. Where every turn copies a long list (`[...list]`),
that is far too seldom, and operators cannot be guarded as built-ins can. But all of them need memory: a thread that
takes it away makes them fail at once, and the call ends.
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

# Which call a busy sandbox is at, and the processor time since when. By the sandbox itself, not by its id: a new one
# at the same address, at its own first call, would be mistaken for the old one, which never returned.
Since = WeakKeyDictionary[Sandbox, tuple[int, float]]


class Watchdog:
    """Watch the sandboxes of one engine from a thread that ends by itself when nothing is called any more.

    Args:
        seconds: what a call may take, in processor time; one that takes more than about three times that is stopped.

    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._lock_process = os.getpid()
        self._sandboxes: WeakSet[Sandbox] = WeakSet()
        self._process = 0

    def _own_lock(self) -> threading.Lock:
        """Return the lock; a new one in a forked child, where the thread that held the old one is missing."""
        if self._lock_process != os.getpid():
            self._lock, self._lock_process = threading.Lock(), os.getpid()
        return self._lock

    def add(self, sandbox: Sandbox) -> None:
        """Watch a sandbox as long as it exists."""
        with self._own_lock():
            self._sandboxes.add(sandbox)

    def wake(self) -> None:
        """Begin to watch, unless that is being done; after a fork the child needs a thread of its own."""
        if self._process == os.getpid():
            return
        with self._own_lock():
            if self._process == os.getpid():
                return
            self._process = os.getpid()
        # At the end of the interpreter there are no new threads: then it is the engine's own clock only.
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
        # A call that began in this very moment took the thread for awake.
        time.sleep(self._seconds)
        if any([sandbox.busy for sandbox in self._watched()]):
            self.wake()

    def _watched(self) -> list[Sandbox]:
        with self._own_lock():
            return list(self._sandboxes)

    def _look(self, since: Since) -> Since:
        """Return which call each busy sandbox is at, and since which processor time; stop those that take too much."""
        now = time.process_time()
        seen = Since()
        for sandbox in self._watched():
            if not sandbox.busy:
                continue
            call = sandbox.calls
            first, began = since.get(sandbox, (call, now))
            if first != call:
                began = now
            elif now - began > 2 * self._seconds:
                sandbox.strangle()
            seen[sandbox] = (call, began)
        return seen
