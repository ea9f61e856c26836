"""What one function of a configuration may use."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call of a function may use, and how often it may use more.

    Attributes:
        seconds: of processor time, also over all steps of an async function together. A call that never looks at the
            clock is ended by force after about half as much again.
        memory_bytes: for everything in one thread's context: functions, what they keep, and the event.
        stack_bytes: for calls within calls; the thread's own stack must have room for it. The default has room for
            about 300 calls within calls.
        overruns: after how many calls that took too long a function is switched off; 0 for never.
        worker: run what cannot be bounded from within in a process of its own, which can be ended.

    """

    seconds: float = 0.25
    memory_bytes: int = 32 * 1024 * 1024
    stack_bytes: int = 512 * 1024
    overruns: int = 3
    worker: bool = True
