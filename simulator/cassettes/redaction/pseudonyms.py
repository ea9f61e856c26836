"""Consistent pseudonyms for people and secrets, whatever the encoding or letter case.

Text is searched for every known value in the encodings that occur in requests and responses: plain, percent-encoded
(once or twice), form-encoded, escaped as JSON or HTML, base64. Addresses and tokens are also recognised by their
format, whether known or not.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import quote, quote_plus

from hubspot_dest.masking import Masker
from simulator.cassettes.redaction.encodings import rewrapped
from simulator.cassettes.redaction.trie import one_of

__all__ = ["EMAIL", "Known", "PERSONAL", "STAND_IN", "Pseudonyms", "known_in"]

# Excludes the delimiters around an address in a URL; a plus may be written as %2B there.
# Must not begin inside a percent-encoded character (encoded once or twice) or with a quotation mark.
EMAIL: Final = re.compile(
    r"(?<!%)(?<!%[0-9A-F])(?<!%25)(?<!%25[0-9A-F])"
    r"(?:\w|%2B)(?:[\w.!#$'*+^`{|}~-]|%2B)*(?:@|%40)[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
STAND_IN: Final = re.compile(r"person\d+(?:@|%40)example\.com", re.IGNORECASE)
# Fields that identify a person in a walkerOS user or a HubSpot contact.
PERSONAL: Final = frozenset(
    "firstname lastname first_name last_name name fullname phone mobilephone fax address street zip city ip ip_address "  # noqa: SIM905
    "device session hash twitterhandle linkedinbio company jobtitle date_of_birth userid user_id".split()
)
_CAMEL: Final = {"firstName": "firstname", "lastName": "lastname", "jobTitle": "jobtitle"}
_ABOUT_PEOPLE: Final = frozenset({"user", "properties"})
_TIMES: Final = frozenset(
    "createdAt updatedAt createdate lastmodifieddate startedAt completedAt archivedAt timestamp".split()  # noqa: SIM905
)
# Event and rule names are not personal data, although a person may be called Page or Order.
_NAMES_OF_THINGS: Final = frozenset({"name", "eventName", "entity", "action", "event"})
_CORRELATION: Final = "00000000-0000-7000-8000-000000000000"
_MOMENT: Final = "2026-01-01T00:00:00.000Z"
# Fields that always contain secrets, besides those of HubSpot's API.
_SECRETS: Final = frozenset(
    ["password", "passwd", "pwd", "apikey", "api_key", "authorization", "cookie", "cookies", "set-cookie"]
)
_DEEPEST: Final = 3  # a proxy may encode a second time
_ANY_CASE: Final = 4  # names of at least this many letters match case-insensitively
_BEFORE: Final = (
    r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
)
_SCHEMA_WORD: Final = re.compile(r"[a-z][a-zA-Z0-9_]*")
_LETTERS: Final = re.compile(r"[^a-z]")
_EXISTING: Final = re.compile(r"(Existing ID: )(\d+)")
_SEGMENT: Final = re.compile(r"(?<=/)(\d{2,})(?=[/?]|$)")


# The pattern of all encodings; the replacement of each; the same by lower-case encoding.
_Search = tuple[re.Pattern[str], Mapping[str, str], Mapping[str, str]] | None


class Known(NamedTuple):
    """A value that identifies a person, and the field that contains it."""

    field: str
    value: str


def known_in(value: Any, *, ids: bool) -> Iterable[Known]:
    """Yield every personal identifier in a JSON value, in document order.

    Args:
        value: events, bodies, account contents.
        ids: include HubSpot's contact ids.

    """
    return _named(value, "", ids)


def _named(value: Any, under: str, ids: bool) -> Iterable[Known]:
    if isinstance(value, dict):
        if ids and "properties" in value and str(value.get("id", "")).isdigit():
            yield Known("contactid", str(value["id"]))
        for name, inner in value.items():
            kind = _CAMEL.get(name, name.lower())
            text = str(inner) if isinstance(inner, (str, int)) and not isinstance(inner, bool) else ""
            if EMAIL.fullmatch(text):
                yield Known("email", text)
            elif (
                len(text) > 1
                and under in _ABOUT_PEOPLE
                and (kind in PERSONAL or (under, name) == ("user", "id"))
            ):
                yield Known(kind, text)
            elif ids and name in ("objectId", "hs_object_id", "vid") and text.isdigit():
                yield Known("contactid", text)
            yield from _named(inner, name, ids)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, under, ids)
    elif isinstance(value, str) and value[:1] in "[{" and len(value) > 2:
        try:
            yield from _named(json.loads(value), under, ids)
        except ValueError:
            return


class Pseudonyms:
    """Replaces people, secrets, times and correlation ids.

    Args:
        known: the values that identify people.
        keep_people: do not replace people.
        patterns: additional regular expressions; each match becomes `****`.
        recognise: returns a value's pseudonym from an earlier recording, or None.

    Attributes:
        made: the pseudonym of every replaced original.
        keeps_people: whether people are left unreplaced.

    """

    def __init__(
        self,
        known: Iterable[Known] = (),
        *,
        keep_people: bool = False,
        patterns: tuple[str, ...] = (),
        recognise: Callable[[str], str | None] = lambda value: None,  # noqa: ARG005
        taken: int = 0,
    ) -> None:
        self.keeps_people = keep_people
        self._recognise = recognise
        self._masker = Masker()
        self._patterns = [re.compile(pattern) for pattern in patterns]
        self._emails = taken
        self.made: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        self._taken = taken
        self._find_names: _Search = None
        self._find_addresses: _Search = None
        self.learn(known)

    def learn(self, known: Iterable[Known]) -> None:
        """Add people to replace from now on."""
        before, addresses = len(self.made), len(self._addresses)
        for kind, value in known if not self.keeps_people else ():
            if value in self.made or value in self._ids or value in self._addresses:
                continue
            if kind == "email":
                self._addresses[value] = self._address(value)
                continue
            self._counts[kind] += 1
            found, number = self._recognise(value), self._counts[kind] + self._taken
            if kind == "contactid":
                self._ids[value] = found or str(10_000_000_000 + number)
            else:
                self.made[value] = found or _stand_in(kind, value, number)
        if len(self._addresses) != addresses:
            self._find_addresses = _compiled(self._addresses)
        if len(self.made) != before:
            self._find_names = _compiled(self.made)

    # ---- values

    def value(self, value: Any, name: str = "") -> Any:
        """Return a JSON value with people and secrets replaced and timestamps normalised."""
        if isinstance(value, dict):
            return {self._key(key): self.value(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, name) for inner in value]
        if name == "correlationId" and isinstance(value, str):
            return _CORRELATION
        if name in _TIMES and isinstance(value, str):
            return _MOMENT
        if name == "hs_email_domain" and isinstance(value, str) and not self.keeps_people:
            return "example.com"
        if isinstance(value, str):
            if value and name.lower() in _SECRETS:
                return "****"
            if name in ("id", "objectId", "hs_object_id", "vid") and value in self._ids:
                return self._ids[value]
            return self.text(value, names=name not in _NAMES_OF_THINGS)
        if isinstance(value, int) and not isinstance(value, bool):
            pseudonym = self.made.get(str(value), self._ids.get(str(value), ""))
            return (
                int(pseudonym)
                if pseudonym.isdigit() and name.lower() in (PERSONAL | {"vid", "id"})
                else value
            )
        return value

    def _key(self, name: str) -> str:
        """Return an object's key: unchanged if it looks like a schema name and is not a known person's name."""
        if name in self.made and not _SCHEMA_WORD.fullmatch(name) and not self.keeps_people:
            return self.made[name]
        return self.text(name, names=False)

    def body(self, text: str, target: str) -> str:
        """Return a body with people and secrets replaced, as JSON if possible, otherwise as text."""
        try:
            value = json.loads(text) if text else None
        except ValueError:
            value = None
        if not isinstance(value, (dict, list)):
            if text and target.startswith("/oauth/"):
                return "****"
            return self.text(self._masker.loose(self.text(text)))
        masked = self._masker.part(value, target.encode("latin-1", "replace"))
        return json.dumps(self.value(masked), ensure_ascii=False, separators=(",", ":"))

    def target(self, target: str) -> str:
        """Return path and query with people and secrets replaced."""
        target = _SEGMENT.sub(lambda match: self._ids.get(match[1], match[1]), self.people(target))
        masked = self._masker.target(target.encode("latin-1", "replace"))
        return self._without_own(masked if masked == target else self.people(masked))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return headers with people and secrets replaced and cookies removed."""
        kept = [(name, value) for name, value in headers.items() if "cookie" not in name.lower()]
        fixed = {"x-hubspot-correlation-id": _CORRELATION, "authorization": "****"}
        return {
            name: fixed.get(name.lower()) or self.text(value) for name, value in self._masker.headers(kept)
        }

    # ---- texts

    def text(self, text: str, *, names: bool = True) -> str:
        """Return text with addresses, tokens, known people and matches of the custom patterns replaced."""
        # People first: the masker leaves text decoded if decoding reveals a token.
        clean = self.people(text, names=names)
        masked = self._masker.text(clean)
        if masked != clean:
            masked = self.people(masked, names=names)
        return self._without_own(masked)

    def _without_own(self, text: str) -> str:
        for pattern in self._patterns:
            text = pattern.sub("****", text)
        return text

    def people(self, text: str, *, names: bool = True, deep: int = 0) -> str:
        """Return text with only people replaced."""
        if self.keeps_people:
            return text
        # Addresses first, since a name may be part of one; known addresses before merely similar text.
        text = _replaced(text, self._find_addresses)
        text = EMAIL.sub(lambda found: self._address(found[0]), text)
        if names:
            text = _replaced(text, self._find_names)
        text = _EXISTING.sub(lambda match: match[1] + self._ids.get(match[2], match[2]), text)
        if deep == _DEEPEST:
            return text
        return rewrapped(text, lambda inner: self.people(inner, names=names, deep=deep + 1))

    def _address(self, address: str) -> str:
        if STAND_IN.fullmatch(address):
            return address
        # HubSpot stores addresses in lower case, so both spellings are the same person.
        key = address.lower().replace("%40", "@").replace("%2b", "+")
        pseudonym = self.made.get(key)
        if pseudonym is None:
            pseudonym = self._recognise(key)
            if pseudonym is None:
                self._emails += 1
                pseudonym = f"person{self._emails}@example.com"
            self.made[key] = pseudonym
        pseudonym = pseudonym.replace("@", "%40") if "%40" in address else pseudonym
        return pseudonym.capitalize() if address[:1].isupper() else pseudonym


def _compiled(known: Mapping[str, str]) -> _Search:
    """Return the pattern of every encoding of each value, and the replacements."""
    ways: dict[str, str] = {}
    for value, pseudonym in known.items():
        for write in _WRITINGS:
            ways.setdefault(write(value), write(pseudonym))
    folded: dict[str, str] = {}
    for written, pseudonym in ways.items():
        folded.setdefault(written.lower(), pseudonym)
    pattern = re.compile(f"{_BEFORE}{one_of((*ways, *folded))}(?![A-Za-z0-9])", re.IGNORECASE)
    return pattern, ways, folded


def _replaced(text: str, search: _Search) -> str:
    if search is None:
        return text
    pattern, ways, folded = search

    def pseudonym(found: re.Match[str]) -> str:
        written = found[0]
        if written in ways:
            return ways[written]
        if sum(word.isalpha() for word in written) < _ANY_CASE:
            return written
        made = folded.get(written.lower(), written)
        return made.lower() if written.islower() else made.upper() if written.isupper() else made

    return pattern.sub(pseudonym, text)


def _stand_in(kind: str, value: str, number: int) -> str:
    """Return a pseudonym with the shape of the value: digits stay digits."""
    if value.isdigit():
        return str(number).rjust(len(value), "5")[: max(len(value), len(str(number)))]
    if value.startswith("+") and sum(text.isdigit() for text in value) >= 6:
        return f"+1555{number:07}"
    return f"{_LETTERS.sub('', kind).capitalize()}{number}"  # valid in paths and sentences


def _same(text: str) -> str:
    return text


def _json_escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


# The encodings of a value in text, applied to both the original and its pseudonym.
_WRITINGS: Final[tuple[Callable[[str], str], ...]] = (
    _same,
    lambda text: quote(text, safe=""),
    quote,
    quote_plus,
    lambda text: text.replace(" ", "+"),
    lambda text: quote(quote(text, safe=""), safe=""),
    _json_escaped,
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    html.escape,
    lambda text: quote(text, safe="").lower() if "%" in quote(text, safe="") else text,
)
