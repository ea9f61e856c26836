"""Remove people and secrets from a cassette, and refuse to save one that still contains any.

A person has the same pseudonym in events, requests, responses and paths. Equal values stay equal, so that a replay
still matches.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from hubspot_dest.masking import SECRET
from simulator.cassettes.cassette import Cassette, Interaction, Meta, decoded
from simulator.cassettes.redaction.pseudonyms import EMAIL, STAND_IN, Known, Pseudonyms, known_in

__all__ = ["ScrubError", "leaks", "replaced", "scrubbed"]

_BINARY: Final = re.compile(r"(?:\\+x[0-9a-f]{2}[^\\]{0,4}){6,}")
_WORDY: Final = re.compile(r"[A-Za-z0-9+/_-]{24,}")
_PLAIN: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64}|[a-z0-9_]+"
)


class ScrubError(Exception):
    """Raised if the cassette still contains something that looks like a person or a secret."""


def scrubbed(cassette: Cassette, *, keep_people: bool = False, patterns: tuple[str, ...] = ()) -> Cassette:
    """Return the cassette with pseudonyms for people, times and correlation ids in one form, and no secrets.

    Args:
        cassette: as recorded.
        keep_people: do not replace people.
        patterns: additional regular expressions; each match becomes `****`.

    Raises:
        ScrubError: a secret or an address remains; the cassette must not be saved.

    """
    known = [] if keep_people else list(_known(cassette))
    return replaced(
        cassette, Pseudonyms(known, keep_people=keep_people, patterns=(SECRET.pattern, *patterns))
    )


def replaced(cassette: Cassette, pseudonyms: Pseudonyms) -> Cassette:
    """Return the cassette with pseudonyms and without secrets.

    Raises:
        ScrubError: a secret or an address remains.

    """
    meta = cassette.meta.model_dump()
    for part in ("events", "account", "meanwhile", "config"):
        meta[part] = pseudonyms.value(meta[part])
    interactions = tuple(_exchange(interaction, pseudonyms) for interaction in cassette.interactions)
    scrubbed_cassette = Cassette(Meta.model_validate(meta), interactions)
    leaked = leaks(scrubbed_cassette.text(), people=not pseudonyms.keeps_people)
    if leaked:
        raise ScrubError(f"still in the cassette: {'; '.join(leaked[:5])}")
    return scrubbed_cassette


def _exchange(interaction: Interaction, pseudonyms: Pseudonyms) -> Interaction:
    return Interaction(
        interaction.method,
        pseudonyms.target(interaction.target),
        pseudonyms.body(interaction.body, interaction.target),
        interaction.status,
        pseudonyms.body(interaction.answer, interaction.target),
        pseudonyms.headers(interaction.request_headers),
        pseudonyms.headers(interaction.headers),
    )


def leaks(text: str, *, people: bool = True) -> list[str]:
    """Return a masked description of each suspected token, high-entropy secret or personal address."""
    found = [f"a token ({item[:8]}…)" for item in SECRET.findall(text) if "****" not in item]
    if people:
        found += [f"an address ({item[:3]}…)" for item in EMAIL.findall(text) if not STAND_IN.fullmatch(item)]
    if _BINARY.search(text):
        found.append("a compressed or binary body, which cannot be inspected")
    found += [
        f"something that looks like a secret ({item[:6]}…, {len(item)} characters)"
        for item in _WORDY.findall(text)
        if not _PLAIN.fullmatch(item) and _entropy(item) > 4.2
    ]
    return list(dict.fromkeys(found))


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _known(cassette: Cassette) -> Iterator[Known]:
    """Yield every value that identifies a person, in order of first appearance."""
    meta, ids = cassette.meta, cassette.meta.live
    yield from known_in(meta.events, ids=ids)
    yield from known_in(meta.account, ids=ids)
    if meta.meanwhile is not None:
        yield from known_in(meta.meanwhile.account, ids=ids)
    for interaction in cassette.interactions:
        yield from known_in(interaction.json, ids=ids)
        yield from known_in(decoded(interaction.answer), ids=ids)
