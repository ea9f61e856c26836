"""Build answers: HubSpot's error envelope, JSON and 204 (HubSpot wire facts, sections 3 to 6)."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from simulator.hubspot.messages import Answer
from simulator.hubspot.state.rate_limits import LimitExceededError

__all__ = ["Refusal", "answer_json", "correlation_id", "html_not_found", "no_content", "too_many"]

_RANDOM: Final = random.SystemRandom()  # ids must differ between processes; they are not secret
_FREE: Final = 0x0FFF_3FFF_FFFF_FFFF_FFFF  # every bit except version and variant
_JSON = "application/json;charset=utf-8"


@dataclass(slots=True)
class Refusal(Exception):  # noqa: N818 - HubSpot's answer, not an error of this program
    """An error answer of HubSpot, raised by handlers.

    Attributes:
        status: HTTP status code.
        message: HubSpot's `message`.
        rule: the stable name of the rule that applied.
        decision: one sentence for the journal; `message` if empty.
        category: HubSpot's `category`; None leaves the field out.
        more: further fields of the body.
        headers: further headers.
        checks: codes of the failed checks.
        evidence: the tag of `docs/fidelity.md`: `INFER`, `GAP` or empty.

    """

    status: int
    message: str
    rule: str
    decision: str = ""
    category: str | None = "VALIDATION_ERROR"
    more: dict[str, Any] = field(default_factory=dict)
    headers: Sequence[tuple[str, str]] = ()
    checks: Sequence[str] = ()
    evidence: str = ""

    def answer(self) -> Answer:
        """Return the error envelope (HubSpot wire facts, section 5)."""
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
        return Answer(
            self.status,
            headers,
            orjson.dumps(body),
            decision,
            self.rule,
            checks=tuple(self.checks),
            evidence=self.evidence,
        )


def correlation_id() -> str:
    """Generate a correlation id as on every answer of HubSpot: like a UUIDv7, time first (section 5)."""
    number = (
        (time.time_ns() // 1_000_000 << 80) | 0x7000_8000_0000_0000_0000 | _RANDOM.getrandbits(80) & _FREE
    )
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def answer_json(status: int, body: Any, decision: str, rule: str) -> Answer:
    """Return a JSON answer with HubSpot's headers."""
    headers = (("Content-Type", _JSON), ("X-HubSpot-Correlation-Id", correlation_id()))
    return Answer(status, headers, orjson.dumps(body), decision, rule)


def no_content(decision: str, rule: str, checks: Sequence[str] = ()) -> Answer:
    """Return a 204. For send requests it means accepted, not processed."""
    return Answer(
        204, (("X-HubSpot-Correlation-Id", correlation_id()),), b"", decision, rule, checks=tuple(checks)
    )


def html_not_found(path: str) -> Answer:
    """Return the 404 for an unknown path, which is HTML instead of JSON."""
    page = (
        b"<html>\n<head><title>Error 404 Not Found</title></head>\n"
        b"<body><h2>HTTP ERROR 404 Not Found</h2></body>\n</html>\n"
    )
    headers = (("Content-Type", "text/html;charset=iso-8859-1"),)
    return Answer(404, headers, page, f"404: no route {path}", "route.unknown")


def too_many(limit: LimitExceededError) -> Refusal:
    """Return the 429 for a rate limit, which has no category (HubSpot wire facts, section 6)."""
    word = limit.policy.lower()
    group = f"publicapi:private-app-api-calls-{word.replace('_rolling', '').replace('_', '-')}:1"
    more = {"errorType": "RATE_LIMIT", "policyName": limit.policy, "groupName": group}
    headers = (("Retry-After", str(limit.retry_after)),) if limit.retry_after else ()
    rule = {"DAILY": "limit.daily", "SECONDLY": "limit.secondly"}.get(limit.policy, "limit.ten_secondly")
    message = f"You have reached your {word} limit."
    return Refusal(429, message, rule, category=None, more=more, headers=headers)
