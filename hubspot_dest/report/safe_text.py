"""Make text from outside safe to print on a terminal."""

from __future__ import annotations

from typing import Any

__all__ = ["safe_text"]

# Characters that could mislead a terminal or a reader: controls, escapes, bidirectional overrides, invisibles.
_HARMLESS_SPACES = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def safe_text(text: Any, *, limit: int | None = None) -> str:
    r"""Return `text` with every character that a terminal would interpret escaped as `\xNN` or `\uNNNN`.

    Args:
        text: any value; event values are untrusted.
        limit: maximum length; a longer text is cut and ends with `…`.

    """
    plain = text if isinstance(text, str) else str(text)
    if limit is not None and len(plain) > limit:
        plain = plain[: limit - 1] + "…"
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(character if _harmless(character) else _escaped(character) for character in plain)


def _harmless(character: str) -> bool:
    # isprintable is false for controls, surrogates, format characters (bidi, zero-width) and separators but a space.
    return character.isprintable()


def _escaped(character: str) -> str:
    code = ord(character)
    if character in _HARMLESS_SPACES:
        return _HARMLESS_SPACES[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
