"""Calls that do not exist where walkerOS runs, found in the text of a function before any event reaches it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["DEFAULT_NODE", "AbsentCall", "absent_calls"]

DEFAULT_NODE: Final = 22
"""The major version of Node that walkerOS is taken to run on."""

_OF_NODE_CRYPTO: Final = re.compile(
    r"\bcrypto\s*\??\.\s*(createHash|createHmac|randomBytes|randomInt|createCipheriv|timingSafeEqual|pbkdf2Sync|scryptSync)\b"
)
_DIGEST: Final = 'await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))'
_INSTEAD: Final = {
    "createHash": f"hash with {_DIGEST}, in an async function",
    "randomBytes": "use crypto.getRandomValues(new Uint8Array(size))",
    "randomInt": "use crypto.getRandomValues(new Uint32Array(1))[0]",
}
# What this engine has, and since which major version Node has it; None where no version has it yet.
_SINCE: Final[dict[str, int | None]] = {
    "Object.groupBy": 21,
    "Map.groupBy": 21,
    "JSON.rawJSON": 21,
    "Array.fromAsync": 22,
    "Iterator.from": 22,
    "Promise.withResolvers": 22,
    "Promise.try": 23,
    "RegExp.escape": 24,
    "Error.isError": 24,
    "Float16Array": 24,
    "Math.f16round": 24,
    "DisposableStack": 24,
    "Uint8Array.fromBase64": 25,
    "Uint8Array.fromHex": 25,
    "Iterator.concat": None,
    "Iterator.zip": None,
    "Math.sumPrecise": None,
}
_NEW: Final = re.compile(rf"(?<![\w.$])({'|'.join(map(re.escape, _SINCE))})\b")


@dataclass(frozen=True, slots=True)
class AbsentCall:
    """A call that production cannot make.

    Attributes:
        name: what is called, as written: `crypto.createHash`.
        why: why it does not exist there.
        fix: what to write instead.

    """

    name: str
    why: str
    fix: str


def absent_calls(source: str, node: int = DEFAULT_NODE) -> list[AbsentCall]:
    """Return what a function calls that Node does not have, each once.

    Args:
        source: the text of the function.
        node: the major version of Node that walkerOS runs on.

    """
    found = [
        AbsentCall(
            f"crypto.{name}",
            "Node's global crypto is the Web Crypto; this function belongs to the module node:crypto",
            _INSTEAD.get(name, "the Web Crypto has no such function: do it outside of the mapping"),
        )
        for name in dict.fromkeys(_OF_NODE_CRYPTO.findall(source))
    ]
    for name in dict.fromkeys(_NEW.findall(source)):
        since = _SINCE[name]
        if since is None:
            found.append(AbsentCall(name, "no release of Node has it yet", "write it out"))
        elif node < since:
            fix = f"write it out, or run walkerOS on Node {since} or newer"
            found.append(AbsentCall(name, f"Node {node} does not have it, Node {since} does", fix))
    return found
