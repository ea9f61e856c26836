"""The time limit of a search, checked cooperatively so that results found before it are kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError
from hubspot_dest.mapping.values import Callback, Callbacks

__all__ = ["TimeLimit", "TimeUpError", "TimedCallbacks"]

_SEARCH: Final = 0.7  # share of the time; the rest is for the verification
_STOPPED: Final = 5.0  # seconds for the verification after a stop


class TimeUpError(BaseException):
    """Raised at the time limit. A BaseException, so that handlers for failing mapping functions do not catch it."""


class TimeLimit:
    """The time limit, checked before each piece of work.

    Args:
        seconds: the limit; None for no limit.
        now: monotonic seconds.
        stopped: returns whether to stop; the verification is not stopped.

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
        """Check the time limit.

        Raises:
            TimeUpError: the time limit was reached.

        """
        if self._part < 1.0 and self._stopped():
            raise TimeUpError
        if self.seconds is not None and self._now() - self._begun >= self.seconds * self._part:
            raise TimeUpError

    def last_part(self) -> None:
        """Switch to the time reserved for the verification."""
        self._part = 1.0
        if self._stopped():
            enough = self._now() - self._begun + _STOPPED
            self.seconds = enough if self.seconds is None else min(self.seconds, enough)


class TimedCallbacks(Callbacks):
    """Runs functions within the time limit: each may take a quarter of a second, and there may be hundreds.

    Args:
        time_limit: checked before each call.

    Attributes:
        limited: number of calls that hit a sandbox limit; another run may differ.

    """

    def __init__(self, time_limit: TimeLimit) -> None:
        super().__init__()
        self._time_limit = time_limit
        self.limited = 0

    def callable(self, source: Any) -> Callback:
        """Return the function of a mapping value; see `Callbacks`."""
        return self._timed(super().callable(source))

    def rule_condition(self, source: Any, *, awaited: bool = True) -> Callback:
        """Return the function of a rule's condition; see `Callbacks`."""
        return self._timed(super().rule_condition(source, awaited=awaited))

    def _timed(self, function: Callback) -> Callback:
        def timed(value: Any, context: Any) -> Any:
            self._time_limit.check()
            try:
                return function(value, context)
            except JavaScriptLimitError:
                self.limited += 1
                raise

        return timed
