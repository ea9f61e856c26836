"""The interface of a JavaScript context: one in this process, or one in a worker process."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

__all__ = ["Runtime"]


class Runtime(Protocol):
    """A context, which holds the registered functions and the current plan.

    Attributes:
        broken: a limit was hit, so the context must be replaced.
        busy: a call is in progress.
        calls: the number of calls so far.
        spent: processor time in seconds that functions used since this was set to 0; calls of less than a
            millisecond are not counted.

    """

    broken: bool
    busy: bool
    calls: int
    spent: float

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """The exceptions that calls into the context may raise; `fail` translates them."""

    def register(self, source: str) -> int:
        """Evaluate the expression, which must be a function, and return its number in this context."""

    def parse_json(self, text: str) -> Any:
        """Return a handle to the value of a JSON text; it is valid for this plan."""

    def begin(self, now_ms: float | None, /) -> Any:
        """Begin a plan whose time is `now_ms`."""

    def set_event(self, mode: int, given: Any, /) -> Any:
        """Set the plan's event."""

    def set_collector(self, text: str, /) -> Any:
        """Set the collector's state."""

    def set_consent(self, text: str | None, /) -> Any:
        """Set the effective consent."""

    def add_mapping(self, text: str, /) -> int:
        """Add a mapping and return its number."""

    def run(self, number: int, mode: int, given: Any, settle: bool, mapping: int) -> tuple[Any, str]:
        """Call a function; return its answer, and the messages logged after the answer as JSON."""

    def drain(self) -> str:
        """Return the messages logged since the last answer, as JSON."""

    def fail(self, error: BaseException) -> NoReturn:
        """Translate `error`, one of `errors`, and raise the result."""

    def misplaced(self) -> bool:
        """Return whether calls fail because the thread's stack is much deeper here than where the context was made."""

    def memory_used(self) -> int:
        """Return the memory that the context has allocated, in bytes."""
