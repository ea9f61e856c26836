"""What can go wrong with a function of a configuration, under the names that JavaScript gives it."""

from __future__ import annotations

from typing import Literal

__all__ = ["JavaScriptError", "JavaScriptLimitError", "JavaScriptSyntaxError", "LimitKind", "WorkerLostError"]

LimitKind = Literal["time", "memory", "stack", "off"]


class JavaScriptError(Exception):
    """A function threw something.

    Attributes:
        name: the error's name: `TypeError`, `Error`; `Error` too for what is thrown without being an error.
        message: its message, in the words of this engine where the engine threw it.

    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class JavaScriptLimitError(JavaScriptError):
    """A function took more time, memory or stack than it may, or did so too often and is switched off.

    Attributes:
        kind: which limit it was; `off` for a function that is not called any more.

    """

    def __init__(self, kind: LimitKind, message: str, name: str = "InternalError") -> None:
        super().__init__(name, message)
        self.kind = kind


class WorkerLostError(JavaScriptLimitError):
    """The process that a function ran in ended, and not because its time was up.

    Either the system killed it (for want of memory), or the function crashed the engine.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__("time", f"the process that the function ran in ended (code {code})")


class JavaScriptSyntaxError(JavaScriptError):
    """A source is not one JavaScript expression.

    Attributes:
        line: of the source, from 1.
        column: in that line, from 1.

    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__("SyntaxError", message)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"SyntaxError: {self.message} (line {self.line}, column {self.column})"
