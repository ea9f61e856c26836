"""What a session asks of the place where functions run: a context in this process, or one in a worker process."""

from __future__ import annotations

from typing import Any, NoReturn, Protocol

__all__ = ["Runtime"]


class Runtime(Protocol):
    """One context: it knows the functions that were registered and the plan that is being made.

    Attributes:
        broken: a limit was hit: make another one.
        busy: a call is under way.
        calls: how many there were.
        spent: the processor time that functions took since it was set to 0, in seconds; without the calls that
            took less than a millisecond.

    """

    broken: bool
    busy: bool
    calls: int
    spent: float

    @property
    def errors(self) -> tuple[type[BaseException], ...]:
        """What calls into the context raise; `fail` translates it."""

    def register(self, source: str) -> int:
        """Evaluate the expression and return the number of the function that it gives."""

    def parse_json(self, text: str) -> Any:
        """Return a handle on the value of a JSON text, good for this plan."""

    def begin(self, now_ms: float | None, /) -> Any:
        """Begin a plan whose time is `now_ms`."""

    def set_event(self, mode: int, given: Any, /) -> Any:
        """Set the plan's event."""

    def set_collector(self, text: str, /) -> Any:
        """Set the collector's state."""

    def set_consent(self, text: str | None, /) -> Any:
        """Set the consent in effect."""

    def add_mapping(self, text: str, /) -> int:
        """Add a mapping and return its number."""

    def run(self, number: int, mode: int, given: Any, settle: bool, mapping: int) -> tuple[Any, str]:
        """Call a function; return its answer and what it logged after that."""

    def drain(self) -> str:
        """Return what was logged since the last answer, as JSON."""

    def fail(self, error: BaseException) -> NoReturn:
        """Raise what `error`, one of `errors`, means."""

    def misplaced(self) -> bool:
        """Tell whether nothing runs here because the thread's stack is used far deeper than where it was made."""

    def memory_used(self) -> int:
        """Return the bytes that the context holds."""
