"""Decompress a whole gzip or zlib body in memory, up to a limit; `byte_stream` does it for streams."""

from __future__ import annotations

import zlib
from typing import Final, Literal

__all__ = ["DecompressionError", "decompress"]

_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32  # zlib tells them apart by their header

Reason = Literal["damaged", "too large", "cut off"]


class DecompressionError(ValueError):
    """Data that cannot be decompressed whole.

    Attributes:
        reason: `damaged`, `too large` (more than the limit), or `cut off` (it does not end).
        partial: what could be decompressed.

    """

    def __init__(self, reason: Reason, partial: bytes = b"") -> None:
        super().__init__(f"the compressed data is {reason}")
        self.reason: Reason = reason
        self.partial = partial


def decompress(data: bytes, limit: int) -> bytes:
    """Return gzip or zlib data decompressed.

    Args:
        data: all of it.
        limit: bytes at most; a decompression bomb stops there.

    Raises:
        DecompressionError: it is damaged, larger than the limit, or cut off.

    """
    inflate = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
    try:
        plain = inflate.decompress(data, limit + 1)
    except zlib.error:
        raise DecompressionError("damaged") from None
    if len(plain) > limit:
        raise DecompressionError("too large", plain[:limit])
    if not inflate.eof:
        raise DecompressionError("cut off", plain)
    return plain
