"""What one function has cost, and whether it is still called."""

from __future__ import annotations

from typing import Final

from hubspot_dest.mapping.javascript.errors import JavaScriptLimitError
from hubspot_dest.mapping.javascript.limits import Limits

__all__ = ["CostAccount"]

# What a function may use in the long run, in seconds of processor time: honest ones need a tenth of it.
_PER_PLAN: Final = 0.002
_PER_CALL: Final = 0.0002


class CostAccount:
    """Add up the processor time of one function, and switch the function off when it overruns too often.

    A call that breaks the limit on time is an overrun. Calls below the limit add up: whatever a function uses beyond
    2 ms for each plan and 0.2 ms for each call is remembered, and when that reaches the limit of one call, it is an
    overrun, too.

    Args:
        limits: of the engine.

    Attributes:
        off: the function is not called any more.
        calls: how often it was called; counted by the engine.

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
        """Add what one call has cost.

        Args:
            seconds: of processor time.
            plans: how many plans there were on this thread; only the difference between two calls counts.

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
        """Return the error that a call of the function is, now that it is switched off."""
        times = f"{self._overruns} times" if self._overruns != 1 else "once"
        return JavaScriptLimitError(
            "off",
            f"the function is switched off: it overran its limit of {self._limits.seconds:g} seconds {times}; "
            "make it cheaper, or raise `codeOverruns`",
        )
