"""Work that is handed to a thread, and done there in the order in which it came."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["TaskQueue"]

T = TypeVar("T")


class TaskQueue:
    """Tasks for one thread; any thread may add one."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    @property
    def any(self) -> bool:
        """Whether something waits to be done."""
        return not self._waiting.empty()

    def ask(self, work: Callable[[], T]) -> Future[T]:
        """Add a task; the future has its result, or what it raised."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)

        self._waiting.put(run)
        return future

    def wake(self) -> None:
        """Let the thread look at the clock again."""
        self._waiting.put(lambda: None)

    def do_next(self, seconds: float | None) -> None:
        """Do the next task, if there is one within `seconds`; None waits for it."""
        with contextlib.suppress(queue.Empty):
            self._waiting.get(timeout=seconds)()
