"""Text from outside, made harmless and cut to cells: whatever an event holds, columns stay straight."""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, get_character_cell_size, set_cell_size

from hubspot_dest.report.safe_text import safe_text

__all__ = ["fit", "harmless"]


def harmless(text: object, limit: int = 4000) -> str:
    """Return text that moves no cursor, turns no direction and hides nothing; at most `limit` characters of it.

    A character without a cell of its own is shown as its code: terminals disagree about its width.
    """
    plain = text if isinstance(text, str) else str(text)
    cut = len(plain) > limit
    if cut:
        plain = plain[:limit]
    if not (plain.isascii() and plain.isprintable()):
        plain = safe_text(unicodedata.normalize("NFC", plain))
        plain = "".join(word if get_character_cell_size(word) else f"\\u{ord(word):04x}" for word in plain)
    return f"{plain}… ({len(str(text)):,} characters)" if cut else plain


def fit(text: object, width: int) -> str:
    """Return harmless text of exactly `width` cells, with `…` where it was cut."""
    if width <= 0:
        return ""
    plain = text if isinstance(text, str) else str(text)
    whole = len(plain) <= width * 2 + 8
    plain = harmless(plain if whole else plain[: width * 2 + 8])
    if plain.isascii():
        if len(plain) <= width:
            return plain.ljust(width)
        return plain[: width - 1] + "…"
    if cell_len(plain) <= width:
        return set_cell_size(plain, width)
    return set_cell_size(plain, width - 1) + "…"
