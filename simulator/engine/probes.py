"""What HubSpot took, noted apart from any fault on the way back: reconciliation compares it with the sender's calls."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

import orjson

from simulator.hubspot.http.messages import Answer, Request
from simulator.hubspot.service import HubSpot

__all__ = ["BY_HAND", "Handled", "WatchedHubSpot"]

BY_HAND: Final = "pat-na1-00000000-0000-0000-0000-0000000000b1"
"""The token of copied commands, so that what somebody sends by hand is told apart from what the sender sends."""
_SENDS = {"/events/v3/send": False, "/events/v3/send/batch": True}


@dataclass(frozen=True, slots=True)
class Handled:
    """One request that HubSpot's rules took, whether or not the sender was told.

    Attributes:
        received_at: UNIX time in seconds.
        inputs: how many occurrences it brought; 0 for anything but a send.

    """

    received_at: float
    inputs: int


class WatchedHubSpot(HubSpot):
    """HubSpot's rules with a note of every request that they took, apart from any fault on the way back."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._noting = threading.Lock()
        self.by_hand = 0
        self._handled: deque[Handled] = deque(maxlen=10_000)

    def handle(self, request: Request) -> Answer:
        """Apply the rules, and note what was taken."""
        answer = super().handle(request)
        if request.method == "POST" and request.path in _SENDS and 200 <= answer.status < 300:
            body = orjson.loads(request.body)
            count = len(body["inputs"]) if _SENDS[request.path] else 1
            with self._noting:
                if request.headers.get("authorization") == f"Bearer {BY_HAND}":
                    self.by_hand += count
                    return answer
                self._handled.append(Handled(request.received_at, count))
        return answer

    def taken_between(self, started: float, ended: float) -> int:
        """Return how many occurrences were taken from requests that arrived in a span of time."""
        with self._noting:
            found = 0
            for one in reversed(self._handled):
                if one.received_at < started:
                    break
                if one.received_at <= ended:
                    found += one.inputs
            return found

    def forget(self) -> None:
        """Count from zero."""
        with self._noting:
            self.by_hand = 0
            self._handled.clear()
