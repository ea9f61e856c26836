"""Unusual inputs that break mappings in practice, one kind at a time, so that a test can name the kind."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

__all__ = ["ODDITIES", "make_odd"]

Event = dict[str, Any]
_TEXTS = (
    "Zoë \N{WOMAN}\u200d\N{ROCKET} Ångström",  # one grapheme of three code points
    "\u05e2\u05d1\u05e8\u05d9\u05ea \u200fRTL",  # right-to-left text
    "e\u0301 and \u200b nothing",  # a combining letter and a zero-width space
    "\u0130stanbul \ufb00",  # letters whose case mapping is longer
    "\u65e5\u672c\u8a9e\u306e\u30bf\u30a4\u30c8\u30eb",  # double-width characters
)


def _null_values(event: Event, _: random.Random) -> None:
    event["data"] = dict.fromkeys(event["data"])


def _null_data(event: Event, _: random.Random) -> None:
    event["data"] = None


def _unicode(event: Event, rng: random.Random) -> None:
    text = rng.choice(_TEXTS)
    event["data"] = {**(event["data"] or {}), "title": text, "naïve key": text}


def _numeric_id(event: Event, rng: random.Random) -> None:
    event["user"] = {**event["user"], "id": rng.randrange(10**9)}
    event["data"] = {**(event["data"] or {}), "id": rng.randrange(10**6)}


def _no_user(event: Event, _: random.Random) -> None:
    del event["user"]


def _null_user(event: Event, _: random.Random) -> None:
    event["user"] = {"id": None, "email": None}


def _long_name(event: Event, _: random.Random) -> None:
    event["name"] = f"{event['name']} really twice"


def _one_word(event: Event, _: random.Random) -> None:
    event["name"] = event["entity"]


def _deep(event: Event, _: random.Random) -> None:
    inner: Any = "the bottom"
    for level in range(30):
        inner = {f"level{level}": inner} if level % 2 else [inner]
    event["data"] = {**(event["data"] or {}), "deep": inner}


def _texts_for_numbers(event: Event, _: random.Random) -> None:
    data = event["data"] or {}
    event["data"] = {
        key: f"{value:,}" if isinstance(value, (int, float)) else value for key, value in data.items()
    }


def _numbers_at_the_edge(event: Event, rng: random.Random) -> None:
    edge = rng.choice((0, -0.0, 1e21, 1e-7, 9007199254740993, -1, 0.1 + 0.2))
    event["data"] = {**(event["data"] or {}), "total": edge, "value": edge}


def _capital_email(event: Event, _: random.Random) -> None:
    email = str(event["user"].get("email", "Nobody@Example.COM"))
    event["user"] = {**event["user"], "email": f"  {email.upper()} "}


def _bad_email(event: Event, _: random.Random) -> None:
    event["user"] = {**event["user"], "email": "not an address"}


def _empty(event: Event, _: random.Random) -> None:
    for name in ("data", "context", "globals", "custom"):
        event[name] = {}
    event["nested"] = []


def _old_release(event: Event, _: random.Random) -> None:
    """Convert an event to walkerOS 3: `event` beside `name`, version and group at the top level, a numeric count."""
    source = event.pop("source")
    event["event"] = event["name"]
    event["version"] = {"source": "3.4.2", "tagging": 1}
    event["group"] = source["trace"][:6]
    event["count"] = source["count"]
    event["source"] = {"type": "web", "id": event["globals"].get("url", ""), "previous_id": ""}


def _long_value(event: Event, _: random.Random) -> None:
    event["data"] = {**(event["data"] or {}), "title": "long " * 2000}


ODDITIES: dict[str, Callable[[Event, random.Random], None]] = {
    "null-values": _null_values,
    "null-data": _null_data,
    "unicode": _unicode,
    "numeric-id": _numeric_id,
    "no-user": _no_user,
    "null-user": _null_user,
    "name-of-several-words": _long_name,
    "name-of-one-word": _one_word,
    "deep": _deep,
    "texts-for-numbers": _texts_for_numbers,
    "numbers-at-the-edge": _numbers_at_the_edge,
    "capital-email": _capital_email,
    "bad-email": _bad_email,
    "empty": _empty,
    "release-3": _old_release,
    "long-value": _long_value,
}


def make_odd(event: Event, rng: random.Random, kind: str | None = None) -> str:
    """Make an event odd in place and return the kind: a name of `ODDITIES`."""
    kind = kind or rng.choice(list(ODDITIES))
    ODDITIES[kind](event, rng)
    return kind
