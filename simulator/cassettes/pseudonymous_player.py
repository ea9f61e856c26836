"""Record and replay requests about people whom a test supplies at every run.

The cassette contains pseudonyms; the test sends real values. Keyed digests in the cassette map each value to its
pseudonym, so that every run pseudonymises a request alike before looking it up. A digest does not reveal a name, but
it can confirm a guess: record real people with `hubspot-sim record` instead.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hubspot_dest.delivery.client.client import Pool
from simulator.cassettes.cassette import Interaction, People, decoded
from simulator.cassettes.player import CassettePlayer
from simulator.cassettes.recorder import TrafficRecorder, target_of
from simulator.cassettes.redaction.pseudonyms import Pseudonyms, known_in
from simulator.cassettes.redaction.scrubber import ScrubError
from simulator.cassettes.redaction.trie import one_of

__all__ = ["PlayOrRecordPool", "PseudonymousPlayer", "pseudonymise"]


@dataclass(frozen=True, slots=True)
class _PersonalisedResponse:
    status: int
    data: bytes
    headers: dict[str, str]


def _pseudonyms(people: People | None) -> Pseudonyms:
    known = {} if people is None else people.stand_ins
    taken = len(known)

    def recognise(value: str) -> str | None:
        return None if people is None else known.get(_digest(people.key, value))

    return Pseudonyms(recognise=recognise, taken=taken)


def _digest(key: str, value: str) -> str:
    return hmac.new(bytes.fromhex(key), value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]


def _request(pseudonyms: Pseudonyms, target: str, body: str) -> tuple[str, str]:
    """Return target and body with pseudonyms, and learn the people whom the body names."""
    pseudonyms.learn(known_in(decoded(body), ids=False))
    return pseudonyms.target(target), pseudonyms.body(body, target)


def pseudonymise(
    interactions: Iterable[Interaction],
    before: People | None = None,
    events: Sequence[tuple[int, Any]] = (),
) -> tuple[tuple[Interaction, ...], People]:
    """Return recorded interactions with pseudonyms, and the digests that identify the originals.

    Args:
        interactions: the recorded interactions, in order.
        before: the digests of the recording that these are added to.
        events: the pushed events, each with the number of interactions before it. The people in an event are known
            from then on, wherever the mapping puts their values.

    Raises:
        ScrubError: a request contains a name before any request identifies it as a name.

    """
    pseudonyms, made = _pseudonyms(before), []
    waiting = deque(events)
    for number, interaction in enumerate(interactions):
        while waiting and waiting[0][0] <= number:
            pseudonyms.learn(known_in([waiting.popleft()[1]], ids=False))
        target, body = _request(pseudonyms, interaction.target, interaction.body)
        answer = pseudonyms.body(interaction.answer, interaction.target)
        sent, headers = (
            pseudonyms.headers(interaction.request_headers),
            pseudonyms.headers(interaction.headers),
        )
        made.append(Interaction(interaction.method, target, body, interaction.status, answer, sent, headers))
    for current_interaction in made:
        if any(
            pseudonyms.people(text) != text for text in (current_interaction.target, current_interaction.body)
        ):
            message = "a request contains a name before the request that identifies it as one"
            raise ScrubError(f"{message}: {current_interaction.method} {current_interaction.target}")
    key = before.key if before is not None else secrets.token_hex(16)
    known = {_digest(key, original): pseudonym for original, pseudonym in pseudonyms.made.items()}
    return tuple(made), People(key=key, stand_ins={**(before.stand_ins if before else {}), **known})


class PseudonymousPlayer(CassettePlayer):
    """Answers requests about a test's own people from a pseudonymised cassette.

    Args:
        interactions: see `CassettePlayer`.
        people: the cassette's digests and pseudonyms.

    """

    def __init__(self, interactions: Sequence[Interaction], people: People | None) -> None:
        super().__init__(interactions)
        self._people = _pseudonyms(people)
        self._knowing = threading.Lock()

    def _known(self, target: str, body: bytes | None) -> tuple[str, str]:
        with self._knowing:
            return _request(self._people, target, (body or b"").decode("utf-8", "backslashreplace"))

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        """Answer a request from the cassette, with the pseudonyms in the response replaced by the test's values."""
        target, pseudonymised_body = self._known(target_of(url), body)
        parts = urlsplit(url)
        response = super().request(
            method,
            f"{parts.scheme}://{parts.netloc}{target}",
            body=pseudonymised_body.encode(),
            headers=headers,
            **options,
        )
        answer = _turned_back(response.data.decode("utf-8", "backslashreplace"), self._people.made)
        return _PersonalisedResponse(response.status, answer.encode(), dict(response.headers))

    def learn(self, event: Any) -> None:
        """Learn the people in an event before its requests are made."""
        with self._knowing:
            self._people.learn(known_in([event], ids=False))

    def holds(self, method: str, url: str, body: bytes | None) -> bool:
        """Return whether this exact request is in the cassette and unused."""
        target, pseudonymised_body = self._known(target_of(url), body)
        return self.has(method, target, decoded(pseudonymised_body))


def _turned_back(answer: str, made: Mapping[str, str]) -> str:
    """Restore the originals in one pass, so that Firstname1 does not match inside Firstname12."""
    originals = {pseudonym: original for original, pseudonym in tuple(made.items())}
    if not originals:
        return answer
    pattern = re.compile(rf"(?<![^\W_]){one_of(originals)}(?![^\W_])")
    value = decoded(answer)
    plain = not isinstance(value, (dict, list))

    def original(found: re.Match[str]) -> str:
        text = originals[found[0]]
        return text if plain else json.dumps(text, ensure_ascii=False)[1:-1]

    return pattern.sub(original, answer)


class PlayOrRecordPool:
    """Answers recorded requests from the cassette and records all others."""

    def __init__(self, player: PseudonymousPlayer, recorder: TrafficRecorder) -> None:
        self._player = player
        self._recorder = recorder
        self._pool: Pool | None = None

    def around(self, pool: Pool) -> Pool:
        """Wrap a pool: recorded requests are answered from the cassette, others are sent through `pool`."""
        self._pool = self._recorder.around(pool)
        return self

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        """Answer a request."""
        pool: Any = self._player if self._player.holds(method, url, body) else self._pool
        return pool.request(method, url, body=body, headers=headers, **options)
