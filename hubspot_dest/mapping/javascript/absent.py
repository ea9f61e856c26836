"""Calls that do not exist where walkerOS runs, found in the text of a function before any event reaches it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["AbsentCall", "absent_calls"]

_OF_NODE_CRYPTO: Final = re.compile(
    r"\bcrypto\s*\??\.\s*(createHash|createHmac|randomBytes|randomInt|createCipheriv|timingSafeEqual|pbkdf2Sync|scryptSync)\b"
)
_DIGEST: Final = 'await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))'
_INSTEAD: Final = {
    "createHash": f"hash with {_DIGEST}, in an async function",
    "randomBytes": "use crypto.getRandomValues(new Uint8Array(size))",
    "randomInt": "use crypto.getRandomValues(new Uint32Array(1))[0]",
}


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


def absent_calls(source: str) -> list[AbsentCall]:
    """Return what a function calls that Node's global objects do not have, each once."""
    return [
        AbsentCall(
            f"crypto.{name}",
            "Node's global crypto is the Web Crypto; this function belongs to the module node:crypto",
            _INSTEAD.get(name, "the Web Crypto has no such function: do it outside of the mapping"),
        )
        for name in dict.fromkeys(_OF_NODE_CRYPTO.findall(source))
    ]
