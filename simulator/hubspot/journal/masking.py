"""Take secrets out of whatever is shown: text, targets, headers and bodies, however a token is written in them.

A token may be a `pat-…`, one that the server was told of, or one of any form in a place that HubSpot's API has for
tokens. Percent-encoding and JSON's escapes hide none of them: what holds a token once it is decoded is shown decoded.
Nothing here runs while a request is answered, only when somebody reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote

import orjson

__all__ = ["Masker"]

_STARS: Final = "****"
_DASH: Final = r"(?:-|%2d|\\u002d)"
_TOKEN: Final = re.compile(rf"pat{_DASH}([a-z0-9]{{2,4}}){_DASH}[0-9a-z%\\-]+", re.IGNORECASE)
_HUBLET: Final = re.compile(r"pat-([a-z0-9]{2,4})-")
_ASCII_ESCAPE: Final = re.compile(r"\\u00([0-7][0-9a-f])", re.IGNORECASE)
_ENCODINGS: Final = 3  # a proxy may encode what was encoded

_SECRET_HEADER: Final = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
# Anywhere: names that HubSpot and OAuth give to secrets and to nothing else.
_SECRET_NAMES: Final = frozenset(
    {"tokenkey", "access_token", "refresh_token", "client_secret", "hapikey", "accesstoken", "refreshtoken"}
)
_OAUTH_NAMES: Final = _SECRET_NAMES | {"token", "code", "code_verifier", "id_token", "client_assertion"}
_SECRET_TEXT: Final = re.compile(
    rf"(\\?\"(?:{'|'.join(sorted(_SECRET_NAMES))})\\?\"\s*:\s*)(?:\"(?:[^\"\\]|\\.)*\"?|[^,}}\]]*)",
    re.IGNORECASE,
)
_QUERY: Final = re.compile(
    rf"((?:^|[?&])(?:{'|'.join(sorted(_SECRET_NAMES | {'token'}))})=)[^&#\s]*", re.IGNORECASE
)
# What a secret, written in whatever way, cannot do without.
_SUSPECTS: Final = (b"pat", b"\\u00", b"token", b"secret", b"hapikey", b"\x00")
_PERCENT: Final = re.compile(rb"%[0-7][0-9a-f]")
_OAUTH: Final = "/oauth/"
# What stands in paths under /oauth/ beside tokens, versions aside.
_OAUTH_WORDS: Final = frozenset(
    ("", "oauth", "access-tokens", "refresh-tokens", "private-apps", "get", "access-token-info", "token")
)
_OAUTH_VERSION: Final = re.compile(r"v\d{1,2}|\d{4}-\d{2}")
_DEEPEST: Final = 64  # JSON is written again after masking, and its writer stops at 254 levels


class Masker:
    """Mask every secret that it can tell. Safe to use from any thread."""

    def __init__(self) -> None:
        self._known: tuple[str, ...] = ()

    def learn(self, *secrets: str) -> None:
        """Mask these secrets from now on, in old entries too; those under four letters are left alone."""
        fresh = {secret for secret in secrets if len(secret) >= 4}
        self._known = tuple(sorted(fresh | set(self._known), key=len, reverse=True))

    def text(self, text: str) -> str:
        """Give the text with `pat-na1-****` in place of tokens; decoded, if only decoding shows a token."""
        for decode, sign in ((unquote, "%"), (_unescaped, "\\u00"), (_without_nuls, "\x00")):
            text = self._decoded(text, decode, sign)
        return self._plain(text)

    def _decoded(self, text: str, decode: Callable[[str], str], sign: str) -> str:
        decoded = text
        for _ in range(_ENCODINGS):
            if sign not in decoded:
                break
            decoded = decode(decoded)
            if self._plain(decoded) != decoded:
                return decoded
        return text

    def _plain(self, text: str) -> str:
        for secret in self._known:
            if secret in text:
                hublet = _HUBLET.match(secret)
                text = text.replace(secret, f"pat-{hublet[1]}-{_STARS}" if hublet else _STARS)
        return _TOKEN.sub(_masked_token, text)

    def target(self, target: bytes) -> str:
        """Give path and query; under `/oauth/` only the words that HubSpot has there stay."""
        path, mark, query = target.decode("latin-1").partition("?")
        if _is_oauth(target):
            path = "/".join(map(_oauth_segment, unquote(path).split("/")))
        whole = self.text(path + mark + query)
        return _QUERY.sub(rf"\g<1>{_STARS}", whole)

    def said(self, sentence: str, target: bytes) -> str:
        """Give a sentence about a request, which may quote its path."""
        if _is_oauth(target):
            path = target.decode("latin-1").partition("?")[0]
            shown = self.target(target).partition("?")[0]
            sentence = sentence.replace(path, shown).replace(unquote(path), shown)
        return self.text(sentence)

    def headers(self, headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Give the headers with their secrets masked; of `Authorization` at most the scheme and hublet stay."""
        return [(name, self._header(name, value)) for name, value in headers]

    def _header(self, name: str, value: str) -> str:
        if not _SECRET_HEADER.search(name):
            return self.text(value)
        scheme, space, rest = value.partition(" ")
        token = _TOKEN.fullmatch(rest)
        if token:
            return f"{scheme} pat-{token[1]}-{_STARS}"
        return f"{scheme} {_STARS}" if space and scheme.lower() == "bearer" else _STARS

    def body(self, body: bytes, target: bytes) -> object:
        """Give a body as JSON where it is JSON, else as text; None for none.

        Under `/oauth/` every field for tokens is masked, and what is not JSON is not shown.
        """
        if not body:
            return None
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            if _is_oauth(target):
                return f"{len(body)} bytes, not shown: they may hold a token"
            return self.loose(body.decode("utf-8", "backslashreplace"))
        is_innocent = not _is_oauth(target) and self._is_innocent(body) and _can_be_written(found)
        return found if is_innocent else self.part(found, target)

    def _is_innocent(self, body: bytes) -> bool:
        """Tell that no secret stands in a body, without walking through it; most are such, and batches are long."""
        low = body.lower()  # one pass, and plain searches: ten times as fast as a pattern that ignores case
        return (
            not any(suspect in low for suspect in _SUSPECTS)
            and not any(secret.encode() in body for secret in self._known)
            and (b"%" not in low or _PERCENT.search(low) is None)
        )

    def part(self, part: object, target: bytes) -> object:
        """Give a part of a JSON body."""
        return self.value(part, _OAUTH_NAMES if _is_oauth(target) else _SECRET_NAMES)

    def body_text(self, body: bytes, target: bytes) -> str:
        """Give a body as the text that came, unless it holds a secret: then JSON is written anew."""
        if not body:
            return ""
        shown = self.body(body, target)
        try:
            if orjson.loads(body) == shown:
                return self.loose(body.decode("utf-8", "backslashreplace"))  # a name given twice is read once
        except orjson.JSONDecodeError:
            return str(shown)
        return orjson.dumps(shown).decode()

    def loose(self, text: str) -> str:
        """Give text that may be broken JSON, or a form, with its secret fields masked."""
        masked = _SECRET_TEXT.sub(rf"\g<1>{_STARS}", self.text(text))
        return _QUERY.sub(rf"\g<1>{_STARS}", masked)

    def value(self, value: object, secret_names: frozenset[str] = _SECRET_NAMES, depth: int = 0) -> object:
        """Give a JSON value without secrets, in its texts, its names and the fields that are made for them."""
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, dict | list):
            return value
        if depth >= _DEEPEST:
            return f"(nested deeper than {_DEEPEST} levels)"
        if isinstance(value, list):
            return [self.value(one, secret_names, depth + 1) for one in value]
        return {
            self.text(name): _STARS
            if name.lower() in secret_names
            else self.value(held, secret_names, depth + 1)
            for name, held in value.items()
        }


def _masked_token(found: re.Match[str]) -> str:
    return f"pat-{found[1].lower()}-{_STARS}"


def _unescaped(text: str) -> str:
    return _ASCII_ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _without_nuls(text: str) -> str:
    return text.replace("\x00", "")  # ASCII in UTF-16


def _can_be_written(value: object) -> bool:
    try:
        orjson.dumps([[[[[[[[value]]]]]]]])  # as deep as an export puts a body
    except orjson.JSONEncodeError:
        return False
    return True


def _is_oauth(target: bytes) -> bool:
    return unquote(target.decode("latin-1")).lower().startswith(_OAUTH)


def _oauth_segment(segment: str) -> str:
    is_word = segment.lower() in _OAUTH_WORDS or _OAUTH_VERSION.fullmatch(segment)
    return segment if is_word else _STARS
