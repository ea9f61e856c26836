"""Run `$code:` functions of configurations in a sandbox with limits on time, memory and stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubspot_dest.mapping.javascript.errors import (
    JavaScriptError,
    JavaScriptLimitError,
    JavaScriptSyntaxError,
)
from hubspot_dest.mapping.javascript.limits import Limits

if TYPE_CHECKING:
    from hubspot_dest.mapping.javascript.engine import JavaScriptEngine, JavaScriptFunction

__all__ = [
    "JavaScriptEngine",
    "JavaScriptError",
    "JavaScriptFunction",
    "JavaScriptLimitError",
    "JavaScriptSyntaxError",
    "Limits",
]


def __getattr__(name: str) -> Any:
    """Import the engine on first use: code that only catches its errors need not load it."""
    if name in ("JavaScriptEngine", "JavaScriptFunction"):
        from hubspot_dest.mapping.javascript import engine

        return getattr(engine, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
