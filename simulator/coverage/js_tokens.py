"""Tokenize the JavaScript of a configuration, as far as the scanner needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["JsToken", "tokens"]

Kind = Literal["name", "text", "number", "regex", "sign"]
_SPACE: Final = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NAME: Final = re.compile(r"(?:[^\W\d]|\$)[\w$]*")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?")
_TEXT: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`", re.DOTALL)
_REGEX: Final = re.compile(r"/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+)/[a-z]*")
_SIGN: Final = re.compile(r"===|!==|==|!=|>=|<=|=>|&&|\|\||\?\?|\?\.(?!\d)|\.\.\.|.", re.DOTALL)
_BEFORE_REGEX: Final = frozenset("(,=:[!&|?{};") | {"=>", "&&", "||", "??", "return", "===", "!=="}
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE: Final = re.compile(r"\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsToken:
    """A token: its kind and its text (a string's value, a regex's pattern)."""

    kind: Kind
    text: str

    @property
    def literal(self) -> str | float | int | bool | None:
        """The value of a literal token.

        Raises:
            ValueError: the token is not a literal.

        """
        if self.kind == "text":
            return self.text
        if self.kind == "number":
            plain = self.text.replace("_", "")
            number = float(int(plain, 16)) if plain[:2].lower() == "0x" else float(plain)
            return int(number) if number.is_integer() and abs(number) < 2**53 else number
        if self.text in _WORDS and self.kind == "name":
            return _WORDS[self.text]
        raise ValueError(self.text)


_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


def tokens(source: str) -> list[JsToken]:
    """Return the tokens of a source in order; unreadable characters are skipped."""
    found: list[JsToken] = []
    place = 0
    while place < len(source):
        if space := _SPACE.match(source, place):
            place = space.end()
            continue
        place = _next(source, place, found)
    return found


def _next(source: str, place: int, found: list[JsToken]) -> int:
    if name := _NAME.match(source, place):
        found.append(JsToken("name", name.group()))
        return name.end()
    if number := _NUMBER.match(source, place):
        found.append(JsToken("number", number.group()))
        return number.end()
    if text := _TEXT.match(source, place):
        found.append(JsToken("text", _ESCAPE.sub(_unescaped, text.group()[1:-1])))
        return text.end()
    begins = source[place] == "/" and bool(found) and found[-1].text in _BEFORE_REGEX
    if begins and (regex := _REGEX.match(source, place)):
        found.append(JsToken("regex", regex.group(1)))
        return regex.end()
    sign = _SIGN.match(source, place)
    assert sign is not None
    found.append(JsToken("sign", sign.group()))
    return sign.end()


def _unescaped(found: re.Match[str]) -> str:
    text = found.group(1)
    if text[0] in "ux" and len(text) > 1:
        return chr(min(int(text.strip("ux{}"), 16), 0x10FFFF))
    return _ESCAPES.get(text, text)
