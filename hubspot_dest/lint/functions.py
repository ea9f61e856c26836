"""Check `$code:` functions for APIs that production lacks and for non-deterministic calls (walkerOS 4.4, section 7)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.lint.subject import LintReport, Subject
from hubspot_dest.mapping.values import code_source

__all__ = ["check_functions"]

Path = tuple[str | int, ...]

_TEXT: Final = re.compile(
    r"'(?:\\.|[^'\\\n])*+'|\"(?:\\.|[^\"\\\n])*+\"|`(?:\\.|[^`\\])*+`|//[^\n]*+|/\*.*?\*/", re.DOTALL
)
_MISSING: Final = (
    (
        re.compile(r"\bcrypto\s*\.\s*createHash\b"),
        "crypto.createHash",
        "await crypto.subtle.digest('SHA-256', …)",
    ),
    (
        re.compile(
            r"\bcrypto\s*\.\s*(?:createHmac|randomBytes|randomInt|createCipheriv|timingSafeEqual|pbkdf2Sync|scryptSync)\b"
        ),
        "a function of the module node:crypto",
        "the global crypto, which is the Web Crypto API",
    ),
    (re.compile(r"\brequire\s*\("), "require", "write the code inside the function"),
    (re.compile(r"(?<![.\w])import\s*\("), "import()", "write the code inside the function"),
    (
        re.compile(r"(?<![.\w])(?:window|document|navigator|location|localStorage|sessionStorage)\s*[.\[]"),
        "a browser object",
        "map it in the browser, and read it from the event",
    ),
    (re.compile(r"(?<![.\w])(?:fetch|XMLHttpRequest)\s*\("), "a network request", "map what the event has"),
    (re.compile(r"(?<![.\w])process\s*\.\s*(?!env\b)\w"), "process", "use $env.NAME in a variable"),
)
_ENVIRONMENT: Final = re.compile(r"(?<![.\w])process\s*\.\s*env\b")
# A text without any of these is not a function, unless it is the name of a built-in function.
_FUNCTION: Final = re.compile(r"=>|\bfunction\b|\.\s*bind\s*\(")
_NAME: Final = re.compile(r"\s*([A-Za-z_$][\w$]*)(?:\s*\.\s*[A-Za-z_$][\w$]*)*\s*")
_OWN_FUNCTIONS: Final = frozenset(
    """
    String Number Boolean BigInt Array Object Date JSON Math parseInt parseFloat isNaN isFinite encodeURI decodeURI
    encodeURIComponent decodeURIComponent btoa atob structuredClone
    """.split()  # noqa: SIM905 - names read better as words
)
_CALLED: Final = ("fn", "condition", "validate")
_NEW: Final = (
    (re.compile(r"\bObject\s*\.\s*groupBy\b"), "Object.groupBy", 21, "reduce"),
    (re.compile(r"\bMap\s*\.\s*groupBy\b"), "Map.groupBy", 21, "reduce"),
    (re.compile(r"\bArray\s*\.\s*fromAsync\b"), "Array.fromAsync", 22, "a loop with await"),
    (re.compile(r"\bPromise\s*\.\s*withResolvers\b"), "Promise.withResolvers", 22, "new Promise"),
    (re.compile(r"\bPromise\s*\.\s*try\b"), "Promise.try", 23, "an async function"),
    (re.compile(r"\bRegExp\s*\.\s*escape\b"), "RegExp.escape", 24, "replace with an escaped class"),
    (re.compile(r"\bIterator\s*\.\s*from\b"), "Iterator.from", 22, "an array"),
    (re.compile(r"\bJSON\s*\.\s*rawJSON\b"), "JSON.rawJSON", 21, "JSON.stringify"),
    (re.compile(r"\bError\s*\.\s*isError\b"), "Error.isError", 24, "instanceof Error"),
    (re.compile(r"\bFloat16Array\b"), "Float16Array", 24, "Float32Array"),
    (re.compile(r"\bMath\s*\.\s*f16round\b"), "Math.f16round", 24, "Math.fround"),
    (re.compile(r"\bUint8Array\s*\.\s*from(?:Base64|Hex)\b"), "Uint8Array.fromBase64", 25, "Buffer.from"),
)
_CHANGING: Final = (
    (re.compile(r"\bMath\s*\.\s*random\b"), "Math.random()", "the event's id"),
    (re.compile(r"\bDate\s*\.\s*now\b"), "Date.now()", "event.timestamp"),
    (re.compile(r"\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))"), "new Date()", "new Date(event.timestamp)"),
    (re.compile(r"\bperformance\s*\.\s*now\b"), "performance.now()", "event.timing"),
    (
        re.compile(r"\bcrypto\s*\.\s*(?:randomUUID|getRandomValues)\b"),
        "crypto's random numbers",
        "the event's id",
    ),
)


def check_functions(subject: Subject) -> Iterator[LintReport]:
    """Yield the problems of functions, except for their syntax."""
    for key, value in subject.config.items():
        if key in ("env", "credentials"):
            continue
        for path, source in _functions(value, (key,)):
            code = _TEXT.sub(" ", source)
            if path[-1] in _CALLED and not _may_be_function(code):
                sentence = f"{path[-1]} must be a function, but this text is not one"
                yield LintReport("code_no_function", path, sentence, on_value=True)
            yield from _function(code, path, subject.node)


def _functions(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    source = code_source(value)
    if source is not None:
        yield path, source
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _functions(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _functions(inner, (*path, index))


def _may_be_function(code: str) -> bool:
    name = _NAME.fullmatch(code)
    return bool(_FUNCTION.search(code)) or (name is not None and name[1] in _OWN_FUNCTIONS)


def _function(code: str, path: Path, node: int) -> Iterator[LintReport]:
    for pattern, name, instead in _MISSING:
        if pattern.search(code):
            sentence = f"the function uses {name}, which does not exist in walkerOS' server"
            yield LintReport("code_missing_api", path, sentence, f"use {instead}", on_value=True)
    if _ENVIRONMENT.search(code):
        sentence = (
            "process.env exists in walkerOS' server but not in this sender, where the value is undefined"
        )
        yield LintReport("code_environment", path, sentence, on_value=True)
    for pattern, name, since, instead in _NEW:
        if since > node and pattern.search(code):
            sentence = f"{name} needs Node.js {since}, but --node is {node}"
            yield LintReport(
                "code_new_api", path, sentence, f"use {instead}, or --node {since}", on_value=True
            )
    for pattern, name, instead in _CHANGING:
        if pattern.search(code):
            sentence = f"{name} returns a different value at every call, so a retry does not send what was sent before"
            yield LintReport("code_not_deterministic", path, sentence, f"use {instead}", on_value=True)
