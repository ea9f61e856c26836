"""One operation of HubSpot's API as data: its paths, request, answers and handler.

Routing, scopes, rate limits and the OpenAPI document are all derived from these rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal
from urllib.parse import unquote

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.messages import Answer, Request

__all__ = [
    "BAD_REQUEST",
    "CONFLICT",
    "NOT_FOUND",
    "OBJECT_TYPES",
    "Counting",
    "Route",
    "versioned",
]

Counting = Literal["send", "search", "call"]

BAD_REQUEST: Final = MappingProxyType({400: "Error"})
NOT_FOUND: Final = MappingProxyType({404: "Error"})
CONFLICT: Final = MappingProxyType({409: "Error"})
OBJECT_TYPES: Final = ("contacts", "0-1")
"""The object types of contacts in paths (HubSpot wire facts, section 3)."""

_BRACES: Final = re.compile(r"{\w+}")
_SEGMENTS: Final = {"{date}": r"\d{4}-\d{2}"}


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table.

    Attributes:
        method: HTTP method, upper case.
        paths: the documented path and its aliases, with parameters in braces. `{date}` is a version such as 2026-03;
            any other parameter matches one segment.
        handler: the function that answers the request.
        tag: the OpenAPI tag.
        summary: a short imperative.
        answers: HTTP status -> name of the answer's schema, empty for an answer without a body.
        scope: the required scope; empty for any valid token.
        request: the type of the request body; None without one.
        query: name -> JSON Schema of the query parameters.
        counting: the rate limit that the request counts against.
        token_of: returns the token to describe, for routes that need no `Authorization`; None for the others.

    """

    method: str
    paths: tuple[str, ...]
    handler: Callable[[Call], Answer]
    tag: str
    summary: str
    answers: Mapping[int, str]
    scope: str = ""
    request: type[Any] | None = None
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    counting: Counting = "call"
    token_of: Callable[[Request, tuple[str, ...]], str] | None = None
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        """Compile the paths to one pattern; like HubSpot, accept a trailing slash."""
        paths = "|".join(
            _BRACES.sub(lambda found: _SEGMENTS.get(found[0], "([^/]+)"), path) for path in self.paths
        )
        object.__setattr__(self, "pattern", re.compile(f"(?:{paths})/?"))

    @property
    def name(self) -> str:
        """The stable name, endpoint and handler: `contacts.update`."""
        return f"{self.handler.__module__.split('.')[-2]}.{self.handler.__name__}"

    def match(self, path: str) -> tuple[str, ...] | None:
        """Return the percent-decoded parameters of a raw path, or None if it does not match."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return tuple(unquote(part) for part in found.groups() if part is not None)


def versioned(bases: tuple[str, ...], rest: str = "") -> tuple[str, ...]:
    """Append `rest` to each base path; v3 and dated versions share one handler."""
    return tuple(base + rest for base in bases)
