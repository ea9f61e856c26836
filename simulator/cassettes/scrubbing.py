"""Take people and secrets out of a cassette, consistently, and refuse to save what still holds any.

The same person is the same stand-in everywhere: events, requests, answers, paths. What is equal stays equal, so that a
replay still matches.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from .tape import Cassette, Exchange, Meta, decoded

__all__ = ["ScrubError", "leaks", "scrubbed"]

# Without the signs that part an address from the rest of a URL; a plus may be written %2B there.
_EMAIL: Final = re.compile(r"(?:[\w.!#$'*+^`{|}~-]|%2B)+(?:@|%40)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_STAND_IN: Final = re.compile(r"person\d+(?:@|%40)example\.com", re.IGNORECASE)
_TOKEN: Final = re.compile(
    r"pat-[a-z0-9]{2,4}-[0-9a-zA-Z-]{8,}|Bearer\s+[\w.-]{8,}|(?:sk|xox[bp]|ghp)[-_][\w-]{10,}"
)
_WORDY: Final = re.compile(r"[A-Za-z0-9+/_-]{24,}")
_PLAIN: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64}|[a-z0-9_]+"
)
# Fields that tell who somebody is, in walkerOS' users and in HubSpot's contacts.
_PERSONAL: Final = frozenset(
    {
        *(
            "firstname",
            "lastname",
            "name",
            "fullname",
            "phone",
            "mobilephone",
            "fax",
            "address",
            "street",
            "zip",
        ),
        *(
            "city",
            "ip",
            "ip_address",
            "device",
            "session",
            "twitterhandle",
            "linkedinbio",
            "company",
            "jobtitle",
        ),
        "date_of_birth",
    }
)
_ABOUT_PEOPLE: Final = frozenset({"user", "properties"})
_TIMES: Final = frozenset(
    "createdAt updatedAt createdate lastmodifieddate startedAt completedAt archivedAt timestamp".split()  # noqa: SIM905
)
_CORRELATION: Final = "00000000-0000-7000-8000-000000000000"
_MOMENT: Final = "2026-01-01T00:00:00.000Z"


class ScrubError(Exception):
    """Something that looks like a person or a secret is still there; nothing was saved."""


def scrubbed(cassette: Cassette, *, keep_people: bool = False, patterns: tuple[str, ...] = ()) -> Cassette:
    """Return the cassette with stand-ins for people, times and correlation ids in one form, and no secrets.

    Args:
        cassette: as recorded.
        keep_people: leave people as they are.
        patterns: regular expressions of one's own; what they match becomes `****`.

    Raises:
        ScrubError: a secret or an address is left over: the cassette must not be saved.

    """
    stand_ins = _StandIns([] if keep_people else list(_known(cassette)), keep_people, patterns)
    meta = cassette.meta.model_dump()
    meta["events"], meta["account"] = stand_ins.value(meta["events"]), stand_ins.value(meta["account"])
    meta["meanwhile"] = stand_ins.value(meta["meanwhile"])
    meta["config"] = stand_ins.value(meta["config"])
    made = Cassette(Meta.model_validate(meta), tuple(stand_ins.exchange(one) for one in cassette.exchanges))
    found = leaks(made.text(), people=not keep_people)
    if found:
        raise ScrubError(f"still in the cassette: {'; '.join(found[:5])}")
    return made


def leaks(text: str, *, people: bool = True) -> list[str]:
    """Return what looks like a token, a secret of high entropy, or somebody's address, shortened."""
    found = [f"a token ({one[:8]}…)" for one in _TOKEN.findall(text)]
    if people:
        found += [f"an address ({one[:3]}…)" for one in _EMAIL.findall(text) if not _STAND_IN.fullmatch(one)]
    found += [
        f"something that looks like a secret ({one[:6]}…, {len(one)} characters)"
        for one in _WORDY.findall(text)
        if not _PLAIN.fullmatch(one) and _entropy(one) > 4.2
    ]
    return list(dict.fromkeys(found))


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _known(cassette: Cassette) -> Iterator[tuple[str, str]]:
    """Yield (field, value) of everything that names somebody, in the order in which it first stands there."""
    yield from _personal(cassette.meta.events, "")
    yield from _personal(cassette.meta.account, "")
    if cassette.meta.meanwhile is not None:
        yield from _personal(cassette.meta.meanwhile.account, "")
    for one in cassette.exchanges:
        yield from _personal(one.json, "")
        yield from _personal(decoded(one.answer), "")


def _personal(value: Any, under: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if under in _ABOUT_PEOPLE and name in _PERSONAL and isinstance(inner, str) and len(inner) > 1:
                yield name, inner
            yield from _personal(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _personal(inner, under)


class _StandIns:
    def __init__(self, known: list[tuple[str, str]], keep_people: bool, patterns: tuple[str, ...]) -> None:
        self._keep_people = keep_people
        self._emails: dict[str, str] = {}
        self._values: dict[str, str] = {}
        counts: Counter[str] = Counter()
        for name, value in known:
            if value not in self._values:
                counts[name] += 1
                self._values[value] = f"{name.capitalize()} {counts[name]}"
        self._patterns = [re.compile(one) for one in patterns]

    def exchange(self, one: Exchange) -> Exchange:
        headers = {
            name: _CORRELATION if name == "x-hubspot-correlation-id" else self.text(value)
            for name, value in one.headers.items()
        }
        return Exchange(
            one.method,
            self.text(one.target),
            self._body(one.body),
            one.status,
            self._body(one.answer),
            {name: self.text(value) for name, value in one.request_headers.items()},
            headers,
        )

    def _body(self, text: str) -> str:
        value = decoded(text)
        if isinstance(value, str) or value is None:
            return self.text(text)
        return json.dumps(self.value(value), ensure_ascii=False, separators=(",", ":"))

    def value(self, value: Any, name: str = "") -> Any:
        """Return a value with its people replaced and its times in one form."""
        if isinstance(value, dict):
            return {self.text(key): self.value(inner, key) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.value(inner, name) for inner in value]
        if not isinstance(value, str):
            return value
        if name == "correlationId":
            return _CORRELATION
        if name in _TIMES:
            return _MOMENT
        return self._values.get(value) or self.text(value)

    def text(self, text: str) -> str:
        """Return a text with addresses, tokens and the user's own patterns replaced."""
        text = _TOKEN.sub("****", text)
        if not self._keep_people:
            text = _EMAIL.sub(self._email, text)
        for pattern in self._patterns:
            text = pattern.sub("****", text)
        return text

    def _email(self, found: re.Match[str]) -> str:
        address = found[0]
        # HubSpot keeps addresses in lower case: both writings are the same person.
        key = address.lower().replace("%40", "@").replace("%2b", "+")
        stand_in = self._emails.setdefault(key, f"person{len(self._emails) + 1}@example.com")
        stand_in = stand_in.replace("@", "%40") if "%40" in address else stand_in
        return stand_in.capitalize() if address[:1].isupper() else stand_in
