"""Text that is shown masked wherever it is printed: tokens, passwords, addresses of proxies."""

from __future__ import annotations

from typing import Protocol

__all__ = ["MaskedText", "Secret"]


class Secret(Protocol):
    """A text that only shows itself when asked: `MaskedText`, or pydantic's `SecretStr`."""

    def get_secret_value(self) -> str:
        """Return the text."""


class MaskedText:
    """A secret text. `str` and `repr` show asterisks, as those of pydantic's `SecretStr` do, without loading pydantic.

    Args:
        text: the secret.

    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def get_secret_value(self) -> str:
        """Return the text."""
        return self._text

    def __eq__(self, other: object) -> bool:
        """Compare with another secret, whatever its class; a plain text is not a secret."""
        read = getattr(other, "get_secret_value", None)
        return NotImplemented if read is None else bool(read() == self._text)

    def __hash__(self) -> int:
        return hash(self._text)

    def __len__(self) -> int:
        return len(self._text)

    def __str__(self) -> str:
        return "**********" if self._text else ""

    def __repr__(self) -> str:
        return f"MaskedText({str(self)!r})"
