"""Mask secrets in texts, request targets, headers and bodies, in any encoding.

A secret is a private-app token (`pat-…`), a value given to the masker, any value of a field or header that HubSpot's
API uses for tokens, or a credential of a well-known form (bearer tokens, JSON Web Tokens, cloud and repository keys,
private keys). Percent-encoding and JSON escapes do not hide a secret: if decoding reveals one, the decoded text is
masked and returned.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote

import orjson

__all__ = ["SECRET", "Masker", "mask_token"]

_STARS: Final = "****"
_DASH: Final = r"(?:-|%2d|\\u002d)"
_TOKEN: Final = re.compile(rf"pat{_DASH}([a-z0-9]{{2,4}}){_DASH}[0-9a-z%\\-]+", re.IGNORECASE)
SECRET: Final = re.compile(
    r"(?i:pat-[a-z0-9]{2,4}-[0-9a-z-]{8,}|Bearer\s+(?!pat-[a-z0-9]{2,4}-\*)[\w.~+/-]{8,}=*|Basic\s+(?=[A-Za-z+/-]*[\d=])[\w.~+/-]{8,}=*)"
    r"|(?<![\w-])(?i:sk|xox[abprs]|gh[opsru]|github_pat|glpat)[-_][\w-]{10,}"
    r"|(?<!\w)eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*|(?<!\w)(?:AKIA|ASIA)[0-9A-Z]{16}(?!\w)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.)*?(?:-----END [A-Z ]*-----|\Z)"
)
"""Credentials that are recognised by their form, including HubSpot's."""
_CREDENTIAL_SIGNS: Final = (
    "bearer", "basic", "sk-", "sk_", "xox", "ghp", "gho", "ghs", "ghr", "ghu", "github_pat", "glpat", "eyj", "akia",
    "asia", "private key",
)  # fmt: skip
"""Every credential of `SECRET` other than HubSpot's contains one of these in lower case."""
_HUBLET: Final = re.compile(r"pat-([a-z0-9]{2,4})-")
_ASCII_ESCAPE: Final = re.compile(r"\\u00([0-7][0-9a-f])", re.IGNORECASE)
_ENCODINGS: Final = 3  # a proxy may encode what was encoded

_SECRET_HEADER: Final = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
# Names that HubSpot and OAuth use only for secrets, in any body.
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
# Every HubSpot secret contains one of these, in any encoding.
_SUSPECTS: Final = (b"pat", b"\\u00", b"token", b"secret", b"hapikey", b"\x00")
_PERCENT: Final = re.compile(rb"%[0-7][0-9a-f]")
_OAUTH: Final = "/oauth/"
# The segments of paths under /oauth/ that are not tokens, except for versions.
_OAUTH_WORDS: Final = frozenset(
    ("", "oauth", "access-tokens", "refresh-tokens", "private-apps", "get", "access-token-info", "token")
)
_OAUTH_VERSION: Final = re.compile(r"v\d{1,2}|\d{4}-\d{2}")
_DEEPEST: Final = 64  # JSON is serialised again after masking, and the serialiser stops at 254 levels


class Masker:
    """Mask every recognised secret; may be used from any thread.

    Args:
        secrets: values to mask in addition, whatever their form; see `learn`.

    """

    def __init__(self, *secrets: str) -> None:
        self._known: tuple[str, ...] = ()
        self.learn(*secrets)

    def learn(self, *secrets: str) -> None:
        """Mask these values from now on; values of fewer than four characters are ignored."""
        fresh = {secret for secret in secrets if len(secret) >= 4}
        self._known = tuple(sorted(fresh | set(self._known), key=len, reverse=True))

    def text(self, text: str) -> str:
        """Return the text with tokens masked as `pat-na1-****`; it is decoded if only decoding reveals a secret."""
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
        low = text.lower()
        if (
            "pat" in low
        ):  # plain searches first, since most texts have no secret and a trail has millions of lines
            text = _TOKEN.sub(_masked_token, text)
        if any([sign in low for sign in _CREDENTIAL_SIGNS]):
            text = SECRET.sub(_masked_credential, text)
        return text

    def target(self, target: bytes) -> str:
        """Return a request target with secrets masked; under `/oauth/`, only the words of HubSpot's API are kept."""
        path, mark, query = target.decode("latin-1").partition("?")
        if _is_oauth(target):
            path = "/".join(map(_oauth_segment, unquote(path).split("/")))
        masked = self.text(path + mark + query)
        return _QUERY.sub(rf"\g<1>{_STARS}", masked)

    def sentence(self, sentence: str, target: bytes) -> str:
        """Return a sentence about a request with secrets masked, including those of a quoted path."""
        if _is_oauth(target):
            path = target.decode("latin-1").partition("?")[0]
            shown = self.target(target).partition("?")[0]
            sentence = sentence.replace(path, shown).replace(unquote(path), shown)
        return self.text(sentence)

    def headers(self, headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the headers with secrets masked; of `Authorization`, at most the scheme and the hublet are kept."""
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
        """Return a body as a JSON value, or as text if it is not JSON, with secrets masked; None for an empty body.

        Under `/oauth/`, every token field is masked, and a body that is not JSON is not shown.
        """
        if not body:
            return None
        try:
            match = orjson.loads(body)
        except orjson.JSONDecodeError:
            if _is_oauth(target):
                return f"{len(body)} bytes, not shown: they may contain a token"
            return self.loose(body.decode("utf-8", "backslashreplace"))
        is_innocent = not _is_oauth(target) and self._is_innocent(body) and _can_be_written(match)
        return match if is_innocent else self.part(match, target)

    def _is_innocent(self, body: bytes) -> bool:
        """Return whether a body certainly has no secret, without traversing it, since batches are long."""
        low = body.lower()  # plain searches in one pass are ten times as fast as a case-insensitive pattern
        return (
            not any(suspect in low for suspect in _SUSPECTS)
            and not any(sign.encode() in low for sign in _CREDENTIAL_SIGNS)
            and not any(secret.encode() in body for secret in self._known)
            and (b"%" not in low or _PERCENT.search(low) is None)
        )

    def part(self, part: object, target: bytes) -> object:
        """Return a part of a JSON body with secrets masked."""
        return self.value(part, _OAUTH_NAMES if _is_oauth(target) else _SECRET_NAMES)

    def body_text(self, body: bytes, target: bytes) -> str:
        """Return a body as text: unchanged, or serialised again if it contains a secret."""
        if not body:
            return ""
        shown = self.body(body, target)
        try:
            if orjson.loads(body) == shown:
                return self.loose(
                    body.decode("utf-8", "backslashreplace")
                )  # of duplicate names, one was parsed
        except orjson.JSONDecodeError:
            return str(shown)
        return orjson.dumps(shown).decode()

    def loose(self, text: str) -> str:
        """Return text that may be malformed JSON or a form, with secret fields masked."""
        masked = _SECRET_TEXT.sub(rf"\g<1>{_STARS}", self.text(text))
        return _QUERY.sub(rf"\g<1>{_STARS}", masked)

    def value(self, value: object, secret_names: frozenset[str] = _SECRET_NAMES, depth: int = 0) -> object:
        """Return a JSON value with secrets masked in its texts, names and token fields."""
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, dict | list):
            return value
        if depth >= _DEEPEST:
            return f"(nested deeper than {_DEEPEST} levels)"
        if isinstance(value, list):
            return [self.value(item, secret_names, depth + 1) for item in value]
        return {
            self.text(name): _STARS
            if name.lower() in secret_names
            else self.value(item, secret_names, depth + 1)
            for name, item in value.items()
        }


def _masked_token(match: re.Match[str]) -> str:
    return f"pat-{match[1].lower()}-{_STARS}"


def _masked_credential(match: re.Match[str]) -> str:
    scheme, space, _ = match[0].partition(" ")
    return f"{scheme} {_STARS}" if space and scheme.lower() in ("bearer", "basic") else _STARS


def _unescaped(text: str) -> str:
    return _ASCII_ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def _without_nuls(text: str) -> str:
    return text.replace("\x00", "")  # ASCII in UTF-16


def _can_be_written(value: object) -> bool:
    try:
        orjson.dumps([[[[[[[[value]]]]]]]])  # as deep as an export nests a body
    except orjson.JSONEncodeError:
        return False
    return True


def _is_oauth(target: bytes) -> bool:
    return unquote(target.decode("latin-1")).lower().startswith(_OAUTH)


def _oauth_segment(segment: str) -> str:
    is_word = segment.lower() in _OAUTH_WORDS or _OAUTH_VERSION.fullmatch(segment)
    return segment if is_word else _STARS


def mask_token(text: str, token: str | None = None) -> str:
    """Return the text with the token, and everything else that is recognised as a secret, masked."""
    return Masker(token or "").text(text)
