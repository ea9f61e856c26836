"""One control route as data: its path, request, answers and endpoint."""

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
    """One row of the control route table; routing and the OpenAPI document are derived from it.

    Attributes:
        method: HTTP method, upper case.
        path: the path, with parameters in Starlette's syntax.
        endpoint: the function that answers the request.
        summary: a short imperative.
        answers: HTTP status -> name of the answer's schema, or a media type after a colon if it is not JSON.
        request: the type of the body or the name of its schema; None without a body.
        query: name -> JSON Schema of the query parameters.

    """

    method: str
    path: str
    endpoint: Callable[[Request], Awaitable[Response]]
    summary: str
    answers: Mapping[int, str]
    request: type[Any] | str | None = None
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
