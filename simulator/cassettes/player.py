"""Answer the client's requests from a cassette, without network access."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from urllib3.exceptions import ProtocolError

from hubspot_dest.delivery.client.client import Pool
from simulator.cassettes.cassette import UNANSWERED, Interaction, decoded
from simulator.cassettes.recorder import target_of

__all__ = ["CassettePlayer", "PlayedRequest"]


@dataclass(frozen=True, slots=True)
class _PlayedResponse:
    status: int
    data: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PlayedRequest:
    """A request that was made, and the index of the interaction that answered it; None if none did.

    Attributes:
        exact: whether target and body equal the recorded request's.

    """

    method: str
    target: str
    body: Any
    position: int | None
    exact: bool


class CassettePlayer:
    """Answers every request from a cassette. Thread-safe.

    A recorded request gets its recorded response; repetitions use the next matching interaction. A request with a
    different body gets the next unused response for the same method and path, so that a run continues and reports
    all changes at once. Any other request is refused.
    """

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self._exchanges = interactions
        self._lock = threading.Lock()
        self._used = [False] * len(interactions)
        self._exact: dict[tuple[str, str, str], deque[int]] = defaultdict(deque)
        self._alike: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        for position, interaction in enumerate(interactions):
            self._exact[interaction.method, interaction.target, _key(interaction.json)].append(position)
            self._alike[interaction.method, interaction.target].append(position)
        self.played: list[PlayedRequest] = []

    def around(self, _: Pool) -> Pool:
        """Return a pool that answers from the cassette and never uses the network."""
        return self

    @property
    def unused(self) -> list[int]:
        """Return the indexes of the interactions that were not requested."""
        return [position for position, used in enumerate(self._used) if not used]

    def has(self, method: str, target: str, body: Any) -> bool:
        """Return whether this exact request is in the cassette and unused."""
        with self._lock:
            shelf = self._exact.get((method, target, _key(body)), ())
            return any(not self._used[position] for position in shelf)

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:  # noqa: ARG002 - a pool's shape
        """Answer a request from the cassette, with status 599 if no interaction matches.

        Raises:
            ProtocolError: the recorded connection closed without a response.
        """
        target, sent = target_of(url), decoded((body or b"").decode("utf-8", "backslashreplace"))
        with self._lock:
            position, exact = self._find(method, target, sent)
            self.played.append(PlayedRequest(method, target, sent, position, exact))
        if position is None:
            return _PlayedResponse(
                599, b'{"status":"error","message":"the cassette has no such request"}', {}
            )
        found = self._exchanges[position]
        if found.status == UNANSWERED:
            raise ProtocolError("the recorded connection closed without a response")
        return _PlayedResponse(found.status, found.answer.encode(), dict(found.headers))

    def _find(self, method: str, target: str, sent: Any) -> tuple[int | None, bool]:
        for exact, shelf in (
            (True, self._exact.get((method, target, _key(sent)), deque())),
            (False, self._alike.get((method, target), deque())),
        ):
            while shelf:
                position = shelf.popleft()
                if not self._used[position]:
                    self._used[position] = True
                    return position, exact
        return None, False


def _key(body: Any) -> str:
    import json

    return json.dumps(body, sort_keys=True, ensure_ascii=False)
