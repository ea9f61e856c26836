"""The collector endpoint's responses, worded as by walkerOS' server sources with `async: false` (4.4, section 10)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from hubspot_dest.outcome import Outcome

__all__ = [
    "NOT_PROCESSED",
    "PIXEL",
    "UNSTORED",
    "Reply",
    "batch_reply",
    "failure",
    "pixel_reply",
    "single_reply",
]

# A transparent pixel.
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
NOT_PROCESSED: Final = "Event was not processed"

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response."""

    status: int
    body: bytes = b""
    content_type: bytes = b"application/json"
    headers: Headers = field(default=())

    @classmethod
    def of(cls, status: int, body: dict[str, Any], headers: Headers = ()) -> Reply:
        """Return a JSON response."""
        return cls(status, orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), headers=headers)


def failure(status: int, message: str, now_ms: int, headers: Headers = ()) -> Reply:
    """Return an error response with its reason."""
    return Reply.of(status, {"success": False, "error": message, "timestamp": now_ms}, headers)


def single_reply(outcome: Outcome, now_ms: int) -> Reply:
    """Return the response to a single event."""
    if outcome.kind != "failed":
        return Reply.of(200, {"success": True, "id": outcome.event_id or None, "timestamp": now_ms})
    status, message, headers = _trouble(outcome)
    return failure(status, message, now_ms, headers)


def batch_reply(outcomes: Iterable[Outcome]) -> Reply:
    """Return the response to several events: 200, or 207 with the failed ones by position.

    It is 503 if none could be stored (a full disk): the sender should keep all of them and send them again.
    """
    several = list(outcomes)
    troubles = [
        (index, _trouble(outcome)) for index, outcome in enumerate(several) if outcome.kind == "failed"
    ]
    done = len(several) - len(troubles)
    if not troubles:
        ids = [outcome.event_id or None for outcome in several]
        return Reply.of(200, {"success": True, "processed": done, "ids": ids})
    errors = [{"index": index, "error": message} for index, (_, message, _) in troubles]
    body = {"success": False, "processed": done, "failed": len(troubles), "errors": errors}
    if done == 0 and all(status == 503 for _, (status, _, _) in troubles):
        return Reply.of(503, body, _AGAIN)
    return Reply.of(207, body)


def pixel_reply(outcome: Outcome | None) -> Reply:
    """Return the pixel; its status is that of the event, although pages ignore it."""
    status = 400 if outcome is None else _trouble(outcome)[0] if outcome.kind == "failed" else 200
    return Reply(status, PIXEL, b"image/gif", ((b"cache-control", b"no-store"),))


# An event without a name; one with a null field, or nested too deeply; one that cannot be written as JSON.
_NEVER_RIGHT: Final = ("invalid_event", "push_error", "impossible")
UNSTORED: Final = ("outbox", "stream")
"""The reasons of events that are neither stored on disk or in the stream, nor sent."""
_AGAIN: Final[Headers] = ((b"retry-after", b"5"),)


def _trouble(outcome: Outcome) -> tuple[int, str, Headers]:
    if outcome.reason in _NEVER_RIGHT or (outcome.plan is not None and outcome.plan.error is not None):
        return 400, outcome.sentence, ()
    if outcome.reason in UNSTORED:
        # The only failure that sending again can resolve.
        return 503, "The event could not be stored; send it again", _AGAIN
    return 500, NOT_PROCESSED, ()
