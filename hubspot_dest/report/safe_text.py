"""Make untrusted text safe to print on a terminal."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["masked_text", "safe_text"]

# Characters that could mislead a terminal or a reader: controls, escapes, bidirectional overrides, invisibles.
# The login of an address; one slash, since a path has no empty parts.
_LOGIN: Final = re.compile(r"([a-z][a-z0-9+.-]*:/{1,2})[^\s/?#:@]*:[^\s/?#]*@", re.IGNORECASE)
_HARMLESS_SPACES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def safe_text(text: Any, *, limit: int | None = None) -> str:
    r"""Escape every character that a terminal would interpret as `\xNN` or `\uNNNN`, and mask secrets.

    A token becomes `pat-na1-****`; the user and password of an address become `****`: `redis://****@host`.

    Args:
        text: any value; event values are untrusted.
        limit: the maximum length; a longer text is truncated and ends with `…`.

    """
    plain = text if isinstance(text, str) else str(text)
    plain = masked_text(plain)
    if limit is not None and len(plain) > limit:
        plain = plain[: limit - 1] + "…"
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(character if _harmless(character) else _escaped(character) for character in plain)


def masked_text(text: str) -> str:
    """Return the text without tokens and without user and password of an address."""
    if "@" in text and ":/" in text:
        text = _LOGIN.sub(r"\1****@", text)
    if "pat-" in text:
        from hubspot_dest.masking import mask_token  # here, so that --help stays fast

        text = mask_token(text)
    return text


def _harmless(character: str) -> bool:
    # isprintable is false for controls, surrogates, format characters (bidi, zero-width) and separators except space.
    return character.isprintable()


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _HARMLESS_SPACES:
        return _HARMLESS_SPACES[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
