"""Split JavaScript into tokens, as far as `screening` needs it; unknown syntax is an error."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["Token", "UnknownTextError", "tokens"]

_PIECE: Final = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<number>(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<string>"(?:[^"\\\n]|\\[^xu\n])*"|'(?:[^'\\\n]|\\[^xu\n])*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<sign>\.\.\.|=>|===|!==|\*\*=|<<=|>>=|>>>=|&&=|\|\|=|\?\?=|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\+=|-=|\*=
        |/=|%=|&=|\|=|\^=|\*\*|[-+*%&|^!~?:=<>()\[\]{},;.])
    """,
    re.VERBOSE | re.ASCII,
)
_REGEX: Final = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[dgimsuvy]*", re.ASCII)
_BEFORE_REGEX: Final = frozenset("( , = : [ ! & | ? { } ; => && || ?? === !== == != + += return".split())  # noqa: SIM905


class UnknownTextError(Exception):
    """Raised for syntax that this module does not know."""


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: `name`, `number`, `string`, `regex`, `template`, `embed` or `sign`.
        text: the source text; for a template its opening backtick, for an embedded expression `${`.

    """

    kind: str
    text: str


def tokens(source: str) -> list[Token]:
    """Return the tokens of a source; the expressions embedded in a template follow it in parentheses.

    Raises:
        UnknownTextError: the syntax is unknown, such as escapes and non-ASCII letters in names.

    """
    found: list[Token] = []
    end = _read(source, 0, found, closing="")
    assert end == len(source)
    return found


def _read(source: str, at: int, found: list[Token], closing: str) -> int:
    depth = 0
    while at < len(source):
        character = source[at]
        if character == "`":
            at = _template(source, at, found)
            continue
        if character == "/" and (match := _REGEX.match(source, at)) and _regex_may_follow(found):
            found.append(Token("regex", match[0]))
            at = match.end()
            continue
        match = _PIECE.match(source, at)
        if match is None:
            if character != "/":
                raise UnknownTextError(character)
            found.append(Token("sign", "/"))
            at += 1
            continue
        kind, text = match.lastgroup or "", match[0]
        if closing and kind == "sign":
            depth += (text == "{") - (text == "}")
            if depth < 0:
                return at
        if kind != "space":
            found.append(Token(kind, text))
        at = match.end()
    if closing:
        raise UnknownTextError(source[-1:])
    return at


def _regex_may_follow(found: list[Token]) -> bool:
    return not found or found[-1].text in _BEFORE_REGEX


def _template(source: str, at: int, found: list[Token]) -> int:
    found.append(Token("template", "`"))
    at += 1
    while at < len(source):
        if source[at] == "`":
            return at + 1
        if source[at] == "\\":
            at += 2
        elif source.startswith("${", at):
            found += (Token("embed", "${"), Token("sign", "("))
            at = _read(source, at + 2, found, closing="}") + 1
            found.append(Token("sign", ")"))
        else:
            at += 1
    raise UnknownTextError("`")
