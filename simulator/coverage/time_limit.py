"""How long a search may take. What it found is worth something, so it is not killed: it is told that time is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from hubspot_dest.mapping.callbacks import Callback, Callbacks
from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError

__all__ = ["Clock", "TimeUpError", "TimedCallbacks"]

_SEARCH: Final = 0.7  # of the time; the rest is for planning what was found once more
_STOPPED: Final = 5.0  # seconds for that, where somebody waits for the end


class TimeUpError(BaseException):
    """Time is up. No `Exception`: a function of a mapping that fails is caught on the way, and this must not be."""


class Clock:
    """Says when time is up, to whoever asks before each piece of work.

    Args:
        seconds: how long everything together may take; None for as long as it takes.
        now: our seconds; they never go back.
        stopped: whether somebody wants no more; the part for which time was put aside is not stopped.

    """

    def __init__(
        self,
        seconds: float | None = None,
        now: Callable[[], float] = time.monotonic,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.seconds = seconds
        self._now = now
        self._stopped = stopped
        self._begun = now()
        self._part = _SEARCH

    def check(self) -> None:
        """Go on, or not.

        Raises:
            TimeUpError: time is up.

        """
        if self._part < 1.0 and self._stopped():
            raise TimeUpError
        if self.seconds is not None and self._now() - self._begun >= self.seconds * self._part:
            raise TimeUpError

    def last_part(self) -> None:
        """Begin the part for which time was put aside."""
        self._part = 1.0
        if self._stopped():
            enough = self._now() - self._begun + _STOPPED
            self.seconds = enough if self.seconds is None else min(self.seconds, enough)


class TimedCallbacks(Callbacks):
    """Runs functions as long as there is time: each may take a quarter of a second, and there may be hundreds.

    Args:
        clock: is asked before each call.

    Attributes:
        limited: how many calls ran into a limit of the sandbox, so that another time they may come to another end.

    """

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.limited = 0

    def callable(self, source: Any) -> Callback:
        """Return a function for a mapping value's callback; see `Callbacks`."""
        return self._timed(super().callable(source))

    def rule_condition(self, source: Any, *, awaited: bool = True) -> Callback:
        """Return a function for a rule's condition; see `Callbacks`."""
        return self._timed(super().rule_condition(source, awaited=awaited))

    def _timed(self, function: Callback) -> Callback:
        def timed(value: Any, context: Any) -> Any:
            self._clock.check()
            try:
                return function(value, context)
            except JavaScriptLimitError:
                self.limited += 1
                raise

        return timed
