"""End the process within ten seconds of the first signal, whatever the program is doing."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

__all__ = ["RunDeadline", "SIGNAL_SECONDS"]

SIGNAL_SECONDS: Final = 10.0
"""The program ends within this many seconds of the first signal."""
_DELIVERY_SECONDS: Final = 8.0
_MARGIN: Final = 1.0
_WORDS_SECONDS: Final = 0.9
_POKE_SECONDS: Final = 0.1
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


class RunDeadline:
    """Ends the process at a deadline after the first SIGINT or SIGTERM, or at the second one.

    A separate thread receives signals through the interpreter's wakeup pipe and ends the process, so nothing can delay
    it: no response of HubSpot, no lock, no slow disk. The content of the outbox is safe however the process ends.

    Args:
        on_first: called in the signal handler with the signal's number; must not acquire a lock.
        last_words: reports what is left; called by a thread right before the process is ended.

    Attributes:
        number: the number of the first signal; None before it.
        second: the number of the second signal; None before it, and where the deadline ended the process.

    """

    def __init__(self, on_first: Callable[[int], None], last_words: Callable[[], None]) -> None:
        self._on_first = on_first
        self._last_words = last_words
        self._since: float | None = None
        self.number: int | None = None
        self.second: int | None = None

    def start(self) -> None:
        """Install the handlers for SIGINT and SIGTERM; to be called from the main thread."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        if hasattr(signal, "SIGURG"):
            signal.signal(signal.SIGURG, lambda number, frame: None)  # noqa: ARG005 - see `_interrupt_main`
        arguments = (reading, threading.main_thread().ident)
        threading.Thread(
            target=self._count_down, args=arguments, name="hubspot-dest-deadline", daemon=True
        ).start()
        for number in _ENDING:
            signal.signal(number, self._on_signal)

    @property
    def delivery_seconds(self) -> float:
        """How long the delivery may continue from now, in seconds."""
        if self._since is None:
            return _DELIVERY_SECONDS
        return max(0.0, self._since + _DELIVERY_SECONDS - time.monotonic())

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        if self.number is None:
            self.number, self._since = number, time.monotonic()
            self._on_first(number)

    def _count_down(self, pipe: int, main: int | None) -> None:
        number = self._next_signal(pipe, None)
        ends_at = time.monotonic() + SIGNAL_SECONDS - _MARGIN
        second = None
        while second is None and (rest := ends_at - time.monotonic()) > 0:
            if self.number is None:
                _interrupt_main(main)
                rest = min(rest, _POKE_SECONDS)
            second = self._next_signal(pipe, rest)
        self.second = second
        # A hanging disk or terminal must not delay the end either.
        words = threading.Thread(target=self._end_words, daemon=True)
        words.start()
        words.join(_WORDS_SECONDS)
        os._exit(128 + (second or number or signal.SIGTERM))

    def _end_words(self) -> None:
        self._last_words()
        sys.stdout.flush()

    @staticmethod
    def _next_signal(pipe: int, seconds: float | None) -> int | None:
        """Return the next SIGINT or SIGTERM; None if none arrives within `seconds`."""
        until = None if seconds is None else time.monotonic() + seconds
        while True:
            rest = None if until is None else max(0.0, until - time.monotonic())
            if not select.select([pipe], [], [], rest)[0]:
                return None
            number = os.read(pipe, 1)[0]
            if number in _ENDING:
                return number


def _interrupt_main(main: int | None) -> None:
    """Make the main thread run its signal handlers.

    The interpreter records a signal that arrives right before the main thread begins to read, but does not interrupt
    that read. SIGURG interrupts it, and has no other effect.
    """
    if main is not None and hasattr(signal, "pthread_kill") and hasattr(signal, "SIGURG"):
        signal.pthread_kill(main, signal.SIGURG)
