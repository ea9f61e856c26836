"""HubSpot's answers when it says no, as captured (HubSpot wire facts, sections 3 to 5)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from .exchange import Answer

__all__ = ["Refusal", "answer_json", "correlation_id", "html_not_found", "no_content"]

_JSON = "application/json;charset=utf-8"


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - what HubSpot says, not a fault of ours
    """A refusal on its way out: status, HubSpot's fields, and why in words for the journal."""

    status: int
    message: str
    rule: str
    decision: str = ""
    category: str | None = "VALIDATION_ERROR"
    more: dict[str, Any] = field(default_factory=dict)
    headers: Sequence[tuple[str, str]] = ()

    def answer(self) -> Answer:
        """Return the envelope of section 5: status, message, correlationId, what more there is, category."""
        identifier = correlation_id()
        body: dict[str, Any] = {
            "status": "error",
            "message": self.message,
            "correlationId": identifier,
            **self.more,
        }
        if self.category is not None:
            body["category"] = self.category
        headers = (("Content-Type", _JSON), ("X-HubSpot-Correlation-Id", identifier), *self.headers)
        decision = f"{self.status}: {self.decision or self.message}"
        return Answer(self.status, headers, orjson.dumps(body), decision, self.rule)


def correlation_id() -> str:
    """Return an id such as HubSpot puts on every answer."""
    return str(uuid.uuid4())


def answer_json(status: int, body: Any, decision: str, rule: str) -> Answer:
    """Return a JSON answer with HubSpot's headers."""
    headers = (("Content-Type", _JSON), ("X-HubSpot-Correlation-Id", correlation_id()))
    return Answer(status, headers, orjson.dumps(body), decision, rule)


def no_content(decision: str, rule: str) -> Answer:
    """Return 204: accepted, which is not processed."""
    return Answer(204, (("X-HubSpot-Correlation-Id", correlation_id()),), b"", decision, rule)


def html_not_found(path: str) -> Answer:
    """Return what HubSpot's server says to a path that it does not know: a page, no JSON."""
    page = (
        b"<html>\n<head><title>Error 404 Not Found</title></head>\n"
        b"<body><h2>HTTP ERROR 404 Not Found</h2></body>\n</html>\n"
    )
    headers = (("Content-Type", "text/html;charset=iso-8859-1"),)
    return Answer(404, headers, page, f"404: no route {path}", "route.unknown")
