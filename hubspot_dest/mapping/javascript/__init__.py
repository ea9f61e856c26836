"""Run `$code:` functions of configurations in a sandbox with limits on time, memory and stack."""

from hubspot_dest.mapping.javascript.engine import JavaScriptEngine, JavaScriptFunction
from hubspot_dest.mapping.javascript.errors import (
    JavaScriptError,
    JavaScriptLimitError,
    JavaScriptSyntaxError,
)
from hubspot_dest.mapping.javascript.limits import Limits

__all__ = [
    "JavaScriptEngine",
    "JavaScriptError",
    "JavaScriptFunction",
    "JavaScriptLimitError",
    "JavaScriptSyntaxError",
    "Limits",
]
