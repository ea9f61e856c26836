"""One control route as data: its path, request and answers, and the function that handles it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

__all__ = ["ACCOUNT", "LIMIT", "PAGE", "ControlRoute"]

ACCOUNT: Final = MappingProxyType({"account": {"type": "integer", "minimum": 0, "maximum": 0}})
LIMIT: Final = MappingProxyType({"limit": {"type": "integer", "minimum": 0, "maximum": 999_999_999}})
PAGE: Final = MappingProxyType(
    {
        "after": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
        "limit": {"type": "integer", "minimum": 1, "maximum": 500},
    }
)


@dataclass(frozen=True, slots=True)
class ControlRoute:
    """One row of the table of control routes; routing and the OpenAPI document are made from it.

    Attributes:
        method: upper case.
        path: with parameters in braces, in Starlette's syntax.
        endpoint: answers the request.
        summary: what the route does, as a short imperative.
        answers: status to the name of the answer's shape; a media type after a colon for what is not JSON.
        request: the type of the body, or the name of a shape.
        query: name to schema of the query's parameters.

    """

    method: str
    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    summary: str
    answers: Mapping[int, str]
    request: type[Any] | str | None = None
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
