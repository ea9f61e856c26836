"""Magic addresses: `anything+429@example.com` triggers a fault without any set-up.

The address is found anywhere in path, query or body. `+invalid@` is not a fault: the rules of contacts and occurrences
refuse it as an invalid e-mail address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType

from simulator.hubspot.faults.fault_board import Fault, FaultKind

__all__ = ["MAGIC", "Magic", "magic_fault", "may_be_magic"]


@dataclass(frozen=True, slots=True)
class Magic:
    """A magic tag, its description and its fault."""

    tag: str
    does: str
    fault: Fault


def _status(kind: FaultKind, does: str, *, retry_after: int | None = None) -> Magic:
    return Magic(kind.value, does, Fault(kind, name=f"magic +{kind.value}@", retry_after=retry_after))


MAGIC: MappingProxyType[str, Magic] = MappingProxyType(
    {
        magic.tag: magic
        for magic in (
            _status(FaultKind.UNAUTHORIZED, "401, as if the token had been revoked"),
            _status(FaultKind.FORBIDDEN, "403, a scope is missing"),
            _status(FaultKind.LOCKED, "423, the record is locked"),
            _status(FaultKind.RATE_LIMITED, "429, the ten-second limit is reached"),
            _status(FaultKind.MIGRATING, "477 with Retry-After, the account is being moved"),
            _status(FaultKind.INTERNAL_ERROR, "500 with HubSpot's JSON"),
            _status(FaultKind.BAD_GATEWAY, "502 as an HTML page"),
            _status(FaultKind.UNAVAILABLE, "503 as an HTML page"),
            _status(FaultKind.GATEWAY_TIMEOUT, "504 as an HTML page"),
            Magic(
                "slow",
                "the answer takes two seconds",
                Fault(FaultKind.LATENCY, name="magic +slow@", delay_ms=2000),
            ),
            Magic(
                "lost",
                "stored, but the connection closes without an answer",
                Fault(FaultKind.LOST, name="magic +lost@"),
            ),
        )
    }
)

# JSON can escape characters: `\u002b` is a plus sign, `\u0040` an at sign.
_PATTERN = re.compile(rb"(?:\+|\\u002[bB])(%s)(?:@|\\u0040)" % b"|".join(tag.encode() for tag in MAGIC))
_IN_PATH = re.compile(rb"(?:\+|%%2[bB])(%s)(?:@|%%40)" % b"|".join(tag.encode() for tag in MAGIC))


def may_be_magic(raw_path: bytes, query: bytes, body: bytes) -> bool:
    """Return quickly whether the request can contain a magic address."""
    return b"+" in body or b"\\u002" in body or b"+" in raw_path + query or b"%" in raw_path + query


def magic_fault(raw_path: bytes, query: bytes, body: bytes) -> Fault | None:
    """Return the fault of the first magic address in path, query or body, or None."""
    found = _PATTERN.search(body) or _IN_PATH.search(raw_path) or (query and _IN_PATH.search(query))
    return MAGIC[found[1].decode()].fault if found else None
