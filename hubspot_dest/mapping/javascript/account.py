"""The processor time that one function has used, and whether it may still be called."""

from __future__ import annotations

from typing import Final

from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError
from hubspot_dest.mapping.javascript.limits import Limits

__all__ = ["CostAccount"]

# What a function may use on average, in seconds of processor time: ordinary functions need a tenth of it.
_PER_PLAN: Final = 0.002
_PER_CALL: Final = 0.0002


class CostAccount:
    """Add up the processor time of one function, and switch the function off when it overruns too often.

    A call that exceeds the time limit is an overrun. Shorter calls add up: the time beyond 2 ms for each plan and 0.2
    ms for each call accumulates, and reaching the limit of one call is an overrun, too.

    Args:
        limits: the engine's limits.

    Attributes:
        off: whether the function is switched off.
        calls: the number of calls; the engine counts them.

    """

    __slots__ = ("_calls", "_debt", "_limits", "_overruns", "_plans", "calls", "off")

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._debt = 0.0
        self._overruns = 0
        self._calls = 0
        self._plans = 0
        self.calls = 0
        self.off = False

    def charge(self, seconds: float, plans: int) -> None:
        """Add the processor time of one call.

        Args:
            seconds: the processor time of the call.
            plans: the number of plans on this thread so far; only its growth between two calls counts.

        """
        allowed = _PER_CALL if plans == self._plans else _PER_PLAN
        between = (
            max(plans - self._plans - 1, 0) * _PER_PLAN + max(self.calls - self._calls - 1, 0) * _PER_CALL
        )
        self._plans, self._calls = plans, self.calls
        self._debt = max(max(self._debt - between, 0.0) + seconds - allowed, 0.0)
        if self._debt > self._limits.seconds:
            self.overrun()

    def overrun(self) -> None:
        """Count a call that took too long."""
        self._debt = 0.0
        self._overruns += 1
        self.off = 0 < self._limits.overruns <= self._overruns

    def refusal(self) -> JavaScriptLimitError:
        """Return the error for a call of a function that is switched off."""
        times = f"{self._overruns} times" if self._overruns != 1 else "once"
        return JavaScriptLimitError(
            "off",
            f"the function is switched off: it overran its limit of {self._limits.seconds:g} seconds {times}; "
            "make it cheaper, or raise `codeOverruns`",
        )
