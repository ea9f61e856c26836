"""Scrub encoded text: percent-encoding, HTML entities, JSON escapes, base64, hexadecimal, gzip.

Each encoded part is decoded and changed only if the scrubber changes its content; other text stays byte for byte.
Percent-encoding, entities and escapes are encoded again; base64, hexadecimal and compressed data are removed.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, unquote

from hubspot_dest.intake.byte_stream import DecompressionError, decompress

__all__ = ["readable", "rewrapped", "unpacked"]

_MOST_BYTES: Final = 16 * 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_PERCENT: Final = re.compile(r"[^&=?/\s\"'<>,;%]*(?:%[0-9A-Fa-f]{2}[^&=?/\s\"'<>,;%]*)+")
_ENTITY: Final = re.compile(r"[\w@.+\- ]*(?:&#?\w{2,31};[\w@.+\- ]*)+")
_ESCAPE: Final = re.compile(r"[\w@.+\- ]*(?:\\u[0-9a-fA-F]{4}[\w@.+\- ]*)+")
_ONE_ESCAPE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_PACKED: Final = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{8,}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2}){5,}")

Scrub = Callable[[str], str]


def rewrapped(text: str, scrub: Scrub) -> str:
    """Apply `scrub` to the encoded parts of `text`; plain parts are left to the caller."""
    if "%" in text:
        text = _PERCENT.sub(_inside(unquote, lambda made: quote(made, safe=""), scrub), text)
    if "&" in text:
        text = _ENTITY.sub(_inside(html.unescape, html.escape, scrub), text)
    if "\\u" in text:
        text = _ESCAPE.sub(_inside(_unescaped, lambda made: json.dumps(made)[1:-1], scrub), text)
    return _PACKED.sub(lambda found: _emptied(found[0], scrub), text)


def _emptied(word: str, scrub: Scrub) -> str:
    """Remove an encoded word if `scrub` changes its content."""
    plain = unpacked(word)
    return word if not plain or scrub(plain) == plain else "****"


def unpacked(word: str) -> str | None:
    """Decode a base64 or hexadecimal word, decompressed if necessary; None if it contains no text."""
    found = _decoded(word)
    return None if found is None else readable(found)


def readable(data: bytes) -> str | None:
    """Decode bytes to text, decompressed if necessary; None if they are not text."""
    if data[:2] == _GZIP or data[:1] == b"\x78":
        try:
            data = decompress(data, _MOST_BYTES)
        except DecompressionError as error:
            # Not compressed after all: zlib's first byte is also the letter x.
            data = data if error.reason == "damaged" else error.partial
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(word.isprintable() or word in "\r\n\t" for word in text) else None


def _inside(unwrap: Scrub, wrap: Scrub, scrub: Scrub) -> Callable[[re.Match[str]], str]:
    def replaced(found: re.Match[str]) -> str:
        plain = unwrap(found[0])
        if plain == found[0]:
            return plain
        made = scrub(plain)
        return found[0] if made == plain else wrap(made)

    return replaced


def _unescaped(text: str) -> str:
    return _ONE_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _decoded(word: str) -> bytes | None:
    if _HEX.fullmatch(word):
        return bytes.fromhex(word)
    bare = word.rstrip("=")
    if len(bare) % 4 == 1:
        return None
    try:
        return base64.b64decode(bare.translate(_URLSAFE) + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


_URLSAFE: Final = str.maketrans("-_", "+/")
