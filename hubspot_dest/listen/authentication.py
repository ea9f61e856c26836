"""Authenticate senders by a shared secret, or a signature over time stamp and content. Both are off by default."""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Protocol

__all__ = [
    "SIGNATURE_HEADER",
    "AuthenticationError",
    "BearerSecret",
    "NoSignature",
    "RequestSignature",
    "Signatures",
]

SIGNATURE_HEADER: Final = b"x-signature-256"
_FORM: Final = re.compile(rb"t=(\d{1,12}(?:\.\d{1,9})?),v1=([0-9a-fA-F]{64})")
_TOLERANCE_SECONDS: Final = 300.0
_EXPECTED: Final = "X-Signature-256: t=UNIX_SECONDS,v1=HMAC_SHA256"

Headers = Mapping[bytes, bytes]


class AuthenticationError(Exception):
    """A request without the right secret or signature; the message is sent to the client."""


class BearerSecret:
    """Require `Authorization: Bearer SECRET`.

    Args:
        secret: the shared secret, which is compared in constant time.

    """

    def __init__(self, secret: str) -> None:
        self._expected = hashlib.sha256(secret.encode()).digest()

    def __repr__(self) -> str:
        return "BearerSecret(****)"

    def require(self, headers: Headers) -> None:
        """Check the secret of a request.

        Raises:
            AuthenticationError: the secret is missing or wrong.

        """
        scheme, _, given = headers.get(b"authorization", b"").strip().partition(b" ")
        # All digests have the same length, so the comparison does not reveal that of the secret.
        same = hmac.compare_digest(hashlib.sha256(given.strip()).digest(), self._expected)
        if scheme.lower() != b"bearer" or not same:
            msg = "the header Authorization: Bearer SECRET is missing or wrong"
            raise AuthenticationError(msg)


class Signatures(Protocol):
    """A check of request signatures."""

    def check_time(self, headers: Headers, /) -> None:
        """Check, before the body is read, that there is a signature with a current time stamp."""

    def claim(self, headers: Headers, content: bytes, /) -> bytes:
        """Check that the signature is valid and unused, and mark it as used."""

    def release(self, claimed: bytes, /) -> None:
        """Allow a request that was not accepted to be repeated."""


class NoSignature:
    """Accept every request."""

    def check_time(self, headers: Headers, /) -> None:
        """Accept the request."""

    def claim(self, headers: Headers, content: bytes, /) -> bytes:  # noqa: ARG002 - the Protocol's shape
        """Accept the request."""
        return b""

    def release(self, claimed: bytes, /) -> None:
        """Do nothing."""


class RequestSignature:
    """Require `X-Signature-256: t=TIME,v1=SIGNATURE`.

    TIME is the UNIX time in seconds, optionally with decimals. SIGNATURE is the hexadecimal HMAC-SHA256 of TIME as
    sent, a dot, and the body as sent (for GET: the query string). A signature is valid for five minutes before and
    after its time, and for one accepted request.

    Args:
        secret: the key shared with the senders.
        now: returns the UNIX time in seconds.

    """

    def __init__(self, secret: str, *, now: Callable[[], float] = time.time) -> None:
        self._key = secret.encode()
        self._now = now
        self._used: set[bytes] = set()
        self._expiry: deque[tuple[float, bytes]] = deque()

    def __repr__(self) -> str:
        return "RequestSignature(****)"

    def check_time(self, headers: Headers, /) -> None:
        """Check that there is a signature with a current time stamp.

        Raises:
            AuthenticationError: the signature is missing, malformed or too old.

        """
        moment, _ = self._parts(headers)
        if abs(self._now() - float(moment)) > _TOLERANCE_SECONDS:
            msg = (
                f"the time stamp of X-Signature-256 is more than {_TOLERANCE_SECONDS:.0f} seconds off this server's "
                "clock; sign each attempt with the current time"
            )
            raise AuthenticationError(msg)

    def claim(self, headers: Headers, content: bytes, /) -> bytes:
        """Check that the signature is valid and unused, and mark it as used.

        Raises:
            AuthenticationError: the signature is wrong, or was used before.

        """
        moment, given = self._parts(headers)
        expected = hmac.new(self._key, moment + b"." + content, hashlib.sha256).digest()
        if not hmac.compare_digest(expected, given):
            msg = "X-Signature-256 does not match the time stamp and the content of this request"
            raise AuthenticationError(msg)
        self._forget_expired()
        if given in self._used:
            msg = "this X-Signature-256 was used before; sign each attempt with the current time"
            raise AuthenticationError(msg)
        self._used.add(given)
        # A time stamp in the future is valid for longer than a current one.
        self._expiry.append((self._now() + 2 * _TOLERANCE_SECONDS, given))
        return given

    def release(self, claimed: bytes, /) -> None:
        """Allow a request that was not accepted to be repeated."""
        self._used.discard(claimed)

    def _parts(self, headers: Headers) -> tuple[bytes, bytes]:
        header = headers.get(SIGNATURE_HEADER, b"").strip()
        if not header:
            msg = f"a signature is missing: {_EXPECTED}"
            raise AuthenticationError(msg)
        match = _FORM.fullmatch(header)
        if match is None:
            msg = f"X-Signature-256 does not have the form {_EXPECTED}"
            raise AuthenticationError(msg)
        return match[1], bytes.fromhex(match[2].decode())

    def _forget_expired(self) -> None:
        now = self._now()
        while self._expiry and self._expiry[0][0] < now:
            self._used.discard(self._expiry.popleft()[1])
