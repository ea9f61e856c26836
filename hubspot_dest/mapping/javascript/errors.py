"""The errors of a configuration's functions, with the names that JavaScript gives them."""

from __future__ import annotations

from typing import Literal

__all__ = ["JavaScriptError", "JavaScriptLimitError", "JavaScriptSyntaxError", "LimitKind", "WorkerLostError"]

LimitKind = Literal["time", "memory", "stack", "off"]


class JavaScriptError(Exception):
    """A function threw something.

    Attributes:
        name: the error's name, such as `TypeError`; `Error` if the thrown value is not an error.
        message: the error's message; QuickJS' wording for an error of the engine.

    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


class JavaScriptLimitError(JavaScriptError):
    """A function exceeded a limit on time, memory or stack, or is switched off because it did so too often.

    Attributes:
        kind: the limit; `off` for a function that is switched off.

    """

    def __init__(self, kind: LimitKind, message: str, name: str = "InternalError") -> None:
        super().__init__(name, message)
        self.kind = kind


class WorkerLostError(JavaScriptLimitError):
    """The process that a function ran in ended before its time limit.

    Either the system killed it (out of memory), or the function crashed the engine.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__("time", f"the process that the function ran in ended (code {code})")


class JavaScriptSyntaxError(JavaScriptError):
    """A source is not a single JavaScript expression.

    Attributes:
        line: the line of the source, from 1.
        column: the column in that line, from 1.

    """

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__("SyntaxError", message)
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"SyntaxError: {self.message} (line {self.line}, column {self.column})"
