"""Record the client's requests and responses at its connection pools.

vcrpy patches HTTP libraries for the whole process and sends unknown requests to the network (both measured). All
requests of the sender pass through its pools, so recording there is thread-safe and leaks nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from urllib3.exceptions import HTTPError

from hubspot_dest.delivery.client.client import Pool
from simulator.cassettes.cassette import UNANSWERED, Interaction

__all__ = ["TrafficRecorder", "target_of"]

_KEPT: Final = ("content-type", "retry-after", "x-hubspot-correlation-id", "location")
_MASK: Final = "****"


class TrafficRecorder:
    """Records the traffic of the pools that it wraps. Thread-safe.

    Args:
        on_noted: called with the number of interactions after each one, before the sender gets the response.

    """

    def __init__(self, on_noted: Callable[[int], None] | None = None) -> None:
        self._lock = threading.Lock()
        self._on_noted = on_noted
        self.interactions: list[Interaction] = []

    def around(self, pool: Pool) -> Pool:
        """Wrap a pool so that its traffic is recorded."""
        return _RecordingPool(pool, self)

    def note(self, interaction: Interaction) -> None:
        """Record one interaction."""
        with self._lock:
            self.interactions.append(interaction)
            count = len(self.interactions)
        if self._on_noted is not None:
            self._on_noted(count)


class _RecordingPool:
    def __init__(self, pool: Pool, recorder: TrafficRecorder) -> None:
        self._pool = pool
        self._recorder = recorder

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        try:
            response = self._pool.request(method, url, body=body, headers=headers, **options)
        except HTTPError:
            # HubSpot may have processed the request, so a cassette without it could not be replayed.
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
        sent.pop("user-agent", None)  # the sender's version does not matter
        self._recorder.note(
            Interaction(
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
    """Return path and query of a URL."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
