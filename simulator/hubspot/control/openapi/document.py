"""Build the OpenAPI document from the tables of HubSpot's routes and of the control routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import msgspec

from simulator.hubspot.control.openapi.shapes import CONTROL_SHAPES
from simulator.hubspot.control.registry import CONTROL_ROUTES
from simulator.hubspot.control.route import ControlRoute
from simulator.hubspot.endpoints.registry import ROUTES, SHAPES
from simulator.hubspot.endpoints.route import Route
from simulator.hubspot.endpoints.shapes import Schema, reference_to

__all__ = ["make_document"]

_REFERENCE: Final = "#/components/schemas/{name}"
_BRACES: Final = re.compile(r"{(\w+)}")
_CONVERTER: Final = re.compile(r":\w+}")
_SEGMENTS: Final[dict[str, Schema]] = {
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}$"},
    "number": {"type": "integer", "minimum": 0, "maximum": 2**31},
}
_ANY_SEGMENT: Final[Schema] = {"type": "string", "minLength": 1}
_TOO_LONG: Final[Schema] = {"description": "the body is too long", "content": {"text/html": {}}}
_ABOUT: Final = """\
The part of HubSpot's API that the sender uses, simulated on this machine; nothing is ever sent to the real HubSpot. The
evidence for each rule is in `docs/fidelity.md`. Faults can answer any request with any status, 5xx included; they are
not listed. A request whose `Host` header names another server is answered with 421.
"""


def make_document(*, aliases: bool = True) -> Schema:
    """Return an OpenAPI 3.1 document of every operation.

    Args:
        aliases: include the aliases of each documented path: dated versions and the numeric object type.

    """
    requests, components = _request_schemas()
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        for number, path in enumerate(route.paths if aliases else route.paths[:1]):
            operation = _operation(route, path, number, requests)
            paths.setdefault(path, {})[route.method.lower()] = operation
    for control in CONTROL_ROUTES:
        path = _CONVERTER.sub("}", control.path)
        paths.setdefault(path, {})[control.method.lower()] = _control_operation(control, path, requests)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "HubSpot on this machine",
            "version": version("hubspot-dest"),
            "description": _ABOUT,
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**SHAPES, **CONTROL_SHAPES, **components},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A private app's access token."},
                "control": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Simulator-Token",
                    "description": "Printed when the server starts.",
                },
            },
        },
    }


def _request_schemas() -> tuple[dict[Any, Schema], dict[str, Schema]]:
    requests = [*(route.request for route in ROUTES), *(route.request for route in CONTROL_ROUTES)]
    types = {request for request in requests if isinstance(request, type)}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    return dict(zip(ordered, schemas, strict=True)), components


def _operation(route: Route, path: str, number: int, requests: Mapping[Any, Schema]) -> Schema:
    answers = {status: _answer(status, shape) for status, shape in route.answers.items()}
    if route.token_of is None:
        answers[401] = _answer(401, "Error", "the token is missing or unknown")
        answers[403] = _answer(403, "Error", "the token lacks a scope")
        answers[429] = _answer(429, "Error", f"a limit was reached ({route.counting})")
    else:
        answers[401] = _answer(401, "Error", "no account has this token")
    if "{date}" in path:  # any other text in its place is an unknown path, which HubSpot answers with HTML
        unknown = answers.setdefault(404, {"description": "no such path", "content": {}})
        unknown["content"]["text/html"] = {}
    operation: Schema = {
        "operationId": f"{route.name}{f'.{number}' if number else ''}",
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*_path_parameters(path), *_query_parameters(route.query)],
    }
    if route.scope:
        operation["description"] = f"Needs the scope `{route.scope}`."
    if route.token_of is not None:
        operation["security"] = []
    if number:
        operation["x-alias-of"] = route.paths[0]
    if route.request is not None:
        operation["requestBody"] = _body(requests[route.request])
        answers[413] = _TOO_LONG
    operation["responses"] = _sorted(answers)
    return operation


def _control_operation(route: ControlRoute, path: str, requests: Mapping[Any, Schema]) -> Schema:
    answers = {status: _answer(status, shape) for status, shape in route.answers.items()}
    answers[400] = _answer(400, "ControlError", "the request is not valid")
    answers[401] = _answer(401, "ControlError", "the control token is missing or wrong")
    if "{" in path or route.request is not None or "account" in route.query:
        answers[404] = _answer(404, "ControlError", "the named object does not exist")
    name = path.removeprefix("/_simulator/").replace("/", ".").replace("{", "").replace("}", "")
    operation: Schema = {
        "operationId": f"simulator.{name}.{route.method.lower()}",
        "tags": ["The simulator itself"],
        "summary": route.summary,
        "security": [{"control": []}],
        "parameters": [*_path_parameters(path), *_query_parameters(route.query)],
    }
    if route.request is not None:
        named = isinstance(route.request, str)
        operation["requestBody"] = _body(
            reference_to(route.request) if named else requests[route.request]  # type: ignore[arg-type]
        )
        answers[413] = _TOO_LONG
    operation["responses"] = _sorted(answers)
    return operation


def _answer(status: int, shape: str, why: str = "") -> Schema:
    described: Schema = {"description": why or (f"{status}" if shape else "no body")}
    if shape.startswith(":"):
        described["content"] = {shape[1:]: {}}
    elif shape:
        described["content"] = {"application/json": {"schema": reference_to(shape)}}
    return described


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _path_parameters(path: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _SEGMENTS.get(name, _ANY_SEGMENT)}
        for name in _BRACES.findall(path)
    ]


def _query_parameters(query: Mapping[str, Mapping[str, Any]]) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": dict(schema)} for name, schema in query.items()]


def _sorted(answers: Mapping[int, Schema]) -> dict[str, Schema]:
    return {str(status): answers[status] for status in sorted(answers)}
