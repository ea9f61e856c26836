"""One request to HubSpot and its answer, for logs and metrics. Holds no secret and no body."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from hubspot_dest.delivery.client.errors import DeliveryError

__all__ = ["Exchange", "timed_api_client"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        method: `POST` …
        path: the requested path without the query; that of a contact holds its e-mail, percent-encoded.
        status: of the answer; None where there was none.
        seconds: from the request to the whole answer.
        correlation_id: what HubSpot's support asks for; None where HubSpot gave none.
        error: the kind of a failure (`rate_limited`, `timeout` …), or None.

    """

    method: str
    path: str
    status: int | None
    seconds: float
    correlation_id: str | None = None
    error: str | None = None

    @property
    def call(self) -> str:
        """The kind of call, without personal data: `send`, `send batch`, `contact update`, `read`."""
        if self.method == "GET":
            return "read"
        if "/events/" in self.path:
            return "send batch" if self.path.endswith("/batch") else "send"
        last = self.path.rstrip("/").rpartition("/")[2]
        if "/batch/" in self.path:
            return f"contacts {last}"
        return "contact update" if self.method == "PATCH" else "contact create"


def timed_api_client(base: type[Any], on_exchange: Callable[[Exchange], None]) -> type[Any]:
    """Return an ApiClient that reports every exchange, from the thread that made it."""

    class TimedApiClient(base):  # type: ignore[misc]
        """Reports how long each request took, and how it was answered."""

        def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            """Send one request. Raises DeliveryError."""
            path = urlsplit(url).path
            begun = time.perf_counter()
            try:
                answer = super().request(method, url, *args, **kwargs)
            except DeliveryError as error:
                seconds = time.perf_counter() - begun
                on_exchange(Exchange(method, path, error.status, seconds, error.correlation_id, error.kind))
                raise
            seconds = time.perf_counter() - begun
            known = answer.headers.get("X-HubSpot-Correlation-Id")
            on_exchange(Exchange(method, path, answer.status, seconds, known))
            return answer

    return TimedApiClient
