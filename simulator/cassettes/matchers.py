"""Record and replay where the people come from outside the cassette: a test's own events, at every run.

What stands on the tape are stand-ins; what a test says is about its own people. Keyed digests on the tape tell who is
who, so that a request is made harmless in the same way at every run before it is looked up. A digest is not a name, but
whoever guesses a name can check the guess: a cassette of real people is recorded with `hubspot-sim record` instead.
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
from simulator.cassettes.cassette import Exchange, People, decoded
from simulator.cassettes.player import CassettePlayer, Recorder, target_of
from simulator.cassettes.redaction.pseudonyms import Pseudonyms, known_in
from simulator.cassettes.redaction.scrubber import ScrubError
from simulator.cassettes.redaction.trie import one_of

__all__ = ["MixedPool", "RecognisingPlayer", "harmless"]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    data: bytes
    headers: dict[str, str]


def _stand_ins(people: People | None) -> Pseudonyms:
    known = {} if people is None else people.stand_ins
    taken = len(known)

    def recognise(value: str) -> str | None:
        return None if people is None else known.get(_digest(people.key, value))

    return Pseudonyms(recognise=recognise, taken=taken)


def _digest(key: str, value: str) -> str:
    return hmac.new(bytes.fromhex(key), value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16]


def _request(stand_ins: Pseudonyms, target: str, body: str) -> tuple[str, str]:
    """Return target and body without people; whom the body names is known from then on."""
    stand_ins.learn(known_in(decoded(body), ids=False))
    return stand_ins.target(target), stand_ins.body(body, target)


def harmless(
    exchanges: Iterable[Exchange],
    before: People | None = None,
    events: Sequence[tuple[int, Any]] = (),
) -> tuple[tuple[Exchange, ...], People]:
    """Return recorded exchanges with stand-ins, and how to recognise whom they stand for.

    Args:
        exchanges: in the order in which they were made.
        before: of the recording that these are added to.
        events: what was pushed, each with the number of exchanges before it: whoever they are about is known from then
            on, wherever the mapping puts the name.

    Raises:
        ScrubError: somebody's name stands in a request before anything says that it is a name.

    """
    stand_ins, made = _stand_ins(before), []
    waiting = deque(events)
    for number, one in enumerate(exchanges):
        while waiting and waiting[0][0] <= number:
            stand_ins.learn(known_in([waiting.popleft()[1]], ids=False))
        target, body = _request(stand_ins, one.target, one.body)
        answer = stand_ins.body(one.answer, one.target)
        sent, headers = stand_ins.headers(one.request_headers), stand_ins.headers(one.headers)
        made.append(Exchange(one.method, target, body, one.status, answer, sent, headers))
    for one in made:
        if any(stand_ins.people(text) != text for text in (one.target, one.body)):
            message = "a name stands in a request before the request that says it is one"
            raise ScrubError(f"{message}: {one.method} {one.target}")
    key = before.key if before is not None else secrets.token_hex(16)
    known = {_digest(key, original): stand_in for original, stand_in in stand_ins.made.items()}
    return tuple(made), People(key=key, stand_ins={**(before.stand_ins if before else {}), **known})


class RecognisingPlayer(CassettePlayer):
    """A tape that is asked by a test's own people. Args: as `CassettePlayer`; people: who is on the tape."""

    def __init__(self, exchanges: Sequence[Exchange], people: People | None) -> None:
        super().__init__(exchanges)
        self._people = _stand_ins(people)
        self._knowing = threading.Lock()

    def _known(self, target: str, body: bytes | None) -> tuple[str, str]:
        with self._knowing:
            return _request(self._people, target, (body or b"").decode("utf-8", "backslashreplace"))

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        """Answer a request from the tape, with the test's own people in the answer."""
        target, said = self._known(target_of(url), body)
        parts = urlsplit(url)
        response = super().request(
            method, f"{parts.scheme}://{parts.netloc}{target}", body=said.encode(), headers=headers, **options
        )
        answer = _turned_back(response.data.decode("utf-8", "backslashreplace"), self._people.made)
        return _Answer(response.status, answer.encode(), dict(response.headers))

    def meet(self, event: Any) -> None:
        """Know whom an event is about, before its requests come."""
        with self._knowing:
            self._people.learn(known_in([event], ids=False))

    def holds(self, method: str, url: str, body: bytes | None) -> bool:
        """Tell whether this very request stands on the tape and was not asked for yet."""
        target, said = self._known(target_of(url), body)
        return self.has(method, target, decoded(said))


def _turned_back(answer: str, made: Mapping[str, str]) -> str:
    """Return an answer with the originals of stand-ins: all at once, so that Firstname1 is no part of Firstname12."""
    originals = {stand_in: original for original, stand_in in tuple(made.items())}
    if not originals:
        return answer
    pattern = re.compile(rf"(?<![^\W_]){one_of(originals)}(?![^\W_])")
    value = decoded(answer)
    plain = not isinstance(value, (dict, list))

    def original(found: re.Match[str]) -> str:
        text = originals[found[0]]
        return text if plain else json.dumps(text, ensure_ascii=False)[1:-1]

    return pattern.sub(original, answer)


class MixedPool:
    """Answers from a tape what stands on it, and records the rest."""

    def __init__(self, player: RecognisingPlayer, recorder: Recorder) -> None:
        self._player = player
        self._recorder = recorder
        self._pool: Pool | None = None

    def around(self, pool: Pool) -> Pool:
        """Return a pool that asks the tape first, and `pool` for what the tape has not."""
        self._pool = self._recorder.around(pool)
        return self

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        """Answer a request."""
        pool: Any = self._player if self._player.holds(method, url, body) else self._pool
        return pool.request(method, url, body=body, headers=headers, **options)
