"""The limits on a function of a configuration."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one call of a function, and how often it may exceed them.

    Attributes:
        seconds: processor time, for all steps of an async function together. A call that the engine cannot interrupt
            is killed after about half as much again.
        memory_bytes: memory of one thread's context: the functions, their state, and the event.
        stack_bytes: stack for nested calls; the thread's own stack must have room for it. The default allows about
            300 levels.
        overruns: the number of calls over the time limit after which a function is switched off; 0 means never.
        worker: whether functions that cannot be bounded in this process run in a worker process.

    """

    seconds: float = 0.25
    memory_bytes: int = 32 * 1024 * 1024
    stack_bytes: int = 512 * 1024
    overruns: int = 3
    worker: bool = True
