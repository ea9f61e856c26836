"""Why a call to HubSpot failed: one error type for every layer."""

from __future__ import annotations

import json
import re
from typing import Any, Literal
from urllib.parse import urlsplit, urlunsplit

from hubspot_dest.masking import mask_token

__all__ = ["DeliveryError", "ErrorKind", "error_from_answer"]

ErrorKind = Literal[
    "refused",  # HubSpot understood and refused it: 400, 404, 409, 413 …; sending it again changes nothing
    "unauthorized",  # 401, 403
    "rate_limited",  # 429
    "unavailable",  # 423, 477, 5xx
    "unreachable",  # no connection, or it broke
    "timeout",  # no answer in time; HubSpot may have accepted it all the same
    "unreadable",  # an answer that cannot be read; HubSpot may have accepted it all the same
    "impossible",  # it cannot be written as JSON
]

_EXISTING_ID = re.compile(r"Existing ID: (\d+)")
_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = re.compile(r"(?is)<(style|script)\b.*?(?:</\1>|\Z)")
_PAGE = 20_000
"""How many characters of a web page are read for its message."""


class DeliveryError(Exception):
    """A call that did not succeed.

    Attributes:
        kind: the kind of failure.
        message: HubSpot's message, or a sentence of ours.
        status: the HTTP status; None where there was no answer.
        category: HubSpot's category (`VALIDATION_ERROR`, `CONFLICT` …) or `errorType`, where it gave one.
        correlation_id: what HubSpot's support asks for.
        policy_name: which limit was hit (`TEN_SECONDLY_ROLLING`, `DAILY` …).
        retry_after: seconds that HubSpot asks to wait, if it does.
        scopes: the scopes that the token lacks, where HubSpot names them.

    """

    def __init__(
        self,
        kind: ErrorKind,
        message: str,
        *,
        status: int | None = None,
        category: str | None = None,
        correlation_id: str | None = None,
        policy_name: str | None = None,
        retry_after: float | None = None,
        scopes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.status = status
        self.category = category
        self.correlation_id = correlation_id
        self.policy_name = policy_name
        self.retry_after = retry_after
        self.scopes = scopes

    @property
    def existing_id(self) -> str | None:
        """The id of the contact that exists already; a 409 names it inside its message only."""
        match = _EXISTING_ID.search(self.message)
        return match[1] if match else None

    def describe(self) -> str:
        """Return one line for people: `404 resource not found (correlation …)`."""
        parts: list[str] = []
        if self.status is not None:
            parts.append(str(self.status))
        elif self.kind != "impossible":  # its message explains itself
            parts.append(f"{self.kind}:")
        if self.category:
            parts.append(self.category)
        parts.append(self.message)
        if self.scopes:
            parts.append(f"(missing scope: {', '.join(self.scopes)})")
        if self.correlation_id:
            parts.append(f"(correlation {self.correlation_id})")
        return " ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Return what is known, for reports."""
        known = {
            "kind": self.kind,
            "status": self.status,
            "category": self.category,
            "message": self.message,
            "correlationId": self.correlation_id,
            "policyName": self.policy_name,
            "retryAfter": self.retry_after,
            "missingScopes": list(self.scopes) or None,
        }
        return {name: value for name, value in known.items() if value is not None}


def error_from_answer(status: int, body: bytes, headers: Any, token: str | None = None) -> DeliveryError:
    """Read an answer outside 2xx, whether or not its body is JSON or UTF-8 (HubSpot wire facts, section 5)."""
    text = body.decode("utf-8", "replace")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {}
    if not isinstance(answer, dict):
        answer = {}
    message = answer.get("message")
    if not isinstance(message, str) and 300 <= status < 400 and headers.get("Location"):
        target = _without_login(str(headers["Location"]))
        message = f"a redirect to {target}, which is not followed; is the base URL right?"
    elif not isinstance(message, str):
        plain = _words_of(text[:_PAGE], str(status))
        message = f"no JSON: {plain[:120]}" if plain else "no body"
    return DeliveryError(
        _kind(status),
        mask_token(message, token),
        status=status,
        category=_word(answer, "category") or _word(answer, "errorType"),
        correlation_id=_word(answer, "correlationId") or headers.get("X-HubSpot-Correlation-Id"),
        policy_name=_word(answer, "policyName"),
        retry_after=_seconds(headers.get("Retry-After")),
        scopes=_missing_scopes(answer),
    )


def _missing_scopes(answer: dict[str, Any]) -> tuple[str, ...]:
    """Return `requiredGranularScopes`, of the errors and of the answer itself (HubSpot wire facts, section 4)."""
    errors = answer.get("errors")
    found: dict[str, None] = {}
    for item in [answer, *(errors if isinstance(errors, list) else [])]:
        context = item.get("context") if isinstance(item, dict) else None
        scopes = context.get("requiredGranularScopes") if isinstance(context, dict) else None
        for scope in scopes if isinstance(scopes, list) else []:
            if isinstance(scope, str):
                found[scope] = None
    return tuple(found)


def _without_login(url: str) -> str:
    """Return an address without user, password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "an address that cannot be read"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _words_of(page: str, status: str) -> str:
    """Return the text of a web page, each sentence once: title and heading are often the same."""
    said: dict[str, None] = {}
    for part in _TAG.split(_UNSEEN.sub(" ", page)):
        words = " ".join(part.split())
        said[words.removeprefix(f"{status} ")] = None
    return " ".join(filter(None, said))


def _kind(status: int) -> ErrorKind:
    if status in (401, 403):
        return "unauthorized"
    if status == 429:
        return "rate_limited"
    if status in (408, 423, 477) or status >= 500:
        return "unavailable"
    return "refused"


def _word(answer: dict[str, Any], name: str) -> str | None:
    value = answer.get(name)
    return value if isinstance(value, str) else None


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None
