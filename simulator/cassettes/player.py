"""What stands in place of the client's connections: one that records, and one that answers from a tape.

vcrpy patches whole libraries, for the process and not for a thread, and lets what it does not know go to the network
(both measured). The sender's requests all go through one place: recording there is safe with threads and leaks nothing.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError, ProtocolError

from hubspot_dest.delivery.client.client import Pool
from simulator.cassettes.cassette import UNANSWERED, Exchange, decoded

__all__ = ["Answered", "Recorder", "CassettePlayer"]

_KEPT: Final = ("content-type", "retry-after", "x-hubspot-correlation-id", "location")
_MASK: Final = "****"


@dataclass(frozen=True, slots=True)
class _Response:
    status: int
    data: bytes
    headers: Mapping[str, str]


class Recorder:
    """Records what goes through the pools that it is put around. Safe to use from several threads.

    Args:
        on_noted: is told how many exchanges there are, after each and before the sender sees its answer.

    """

    def __init__(self, on_noted: Callable[[int], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._on_noted = on_noted
        self.exchanges: list[Exchange] = []

    def around(self, pool: Pool) -> Pool:
        """Return a pool that sends through `pool` and records."""
        return _RecordingPool(pool, self)

    def note(self, exchange: Exchange) -> None:
        """Keep an exchange."""
        with self._lock:
            self.exchanges.append(exchange)
            count = len(self.exchanges)
        if self._on_noted is not None:
            self._on_noted(count)


class _RecordingPool:
    def __init__(self, pool: Pool, recorder: Recorder) -> None:
        self._pool = pool
        self._recorder = recorder

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        try:
            response = self._pool.request(method, url, body=body, headers=headers, **options)
        except HTTPError:
            # It was made, and HubSpot may have taken it: a tape without it could not be replayed.
            self._note(method, url, body, headers, UNANSWERED, b"", {})
            raise
        kept = {name.lower(): value for name, value in response.headers.items() if name.lower() in _KEPT}
        self._note(method, url, body, headers, int(response.status), bytes(response.data), kept)
        return response

    def _note(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Any,
        status: int,
        answer: bytes,
        kept: dict[str, str],
    ) -> None:
        sent = {name.lower(): str(value) for name, value in dict(headers or {}).items()}
        if "authorization" in sent:
            sent["authorization"] = _MASK
        sent.pop("user-agent", None)  # the version of the sender is none of the request's meaning
        self._recorder.note(
            Exchange(
                method,
                target_of(url),
                (body or b"").decode("utf-8", "backslashreplace"),
                status,
                answer.decode("utf-8", "backslashreplace"),
                sent,
                kept,
            )
        )


def target_of(url: str) -> str:
    """Return path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was made, and the place on the tape that answered it: None where the tape has none.

    Attributes:
        exact: the tape has this very request, body and all.

    """

    method: str
    target: str
    body: Any
    place: int | None
    exact: bool


@dataclass(slots=True)
class _Shelf:
    places: deque[int] = field(default_factory=deque)


class CassettePlayer:
    """Answers every request from a tape and nothing from anywhere else. Safe to use from several threads.

    A request that stands on the tape is answered as it was; the same one again, by the next such. One that differs in
    its body is answered by the next of the same method and path that was not asked for, so that a run goes on and
    everything that changed is seen at once. One that the tape does not know is refused.
    """

    def __init__(self, exchanges: Sequence[Exchange]) -> None:
        self._exchanges = exchanges
        self._lock = threading.Lock()
        self._used = [False] * len(exchanges)
        self._exact: dict[tuple[str, str, str], deque[int]] = defaultdict(deque)
        self._alike: dict[tuple[str, str], deque[int]] = defaultdict(deque)
        for place, one in enumerate(exchanges):
            self._exact[one.method, one.target, _key(one.json)].append(place)
            self._alike[one.method, one.target].append(place)
        self.answered: list[Answered] = []

    def around(self, _: Pool) -> Pool:
        """Return a pool that never touches the network."""
        return self

    @property
    def unused(self) -> list[int]:
        """Return the places of the tape that nobody asked for."""
        return [place for place, used in enumerate(self._used) if not used]

    def has(self, method: str, target: str, body: Any) -> bool:
        """Tell whether this very request stands on the tape and was not asked for yet."""
        with self._lock:
            shelf = self._exact.get((method, target, _key(body)), ())
            return any(not self._used[place] for place in shelf)

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:  # noqa: ARG002 - a pool's shape
        """Answer a request from the tape; 599 where it has none. Raises ProtocolError where it was not answered."""
        target, sent = target_of(url), decoded((body or b"").decode("utf-8", "backslashreplace"))
        with self._lock:
            place, exact = self._find(method, target, sent)
            self.answered.append(Answered(method, target, sent, place, exact))
        if place is None:
            return _Response(599, b'{"status":"error","message":"the cassette has no such request"}', {})
        found = self._exchanges[place]
        if found.status == UNANSWERED:
            raise ProtocolError("the connection was closed without an answer when this was recorded")
        return _Response(found.status, found.answer.encode(), dict(found.headers))

    def _find(self, method: str, target: str, sent: Any) -> tuple[int | None, bool]:
        for exact, shelf in (
            (True, self._exact.get((method, target, _key(sent)), deque())),
            (False, self._alike.get((method, target), deque())),
        ):
            while shelf:
                place = shelf.popleft()
                if not self._used[place]:
                    self._used[place] = True
                    return place, exact
        return None, False


def _key(body: Any) -> str:
    import json

    return json.dumps(body, sort_keys=True, ensure_ascii=False)
