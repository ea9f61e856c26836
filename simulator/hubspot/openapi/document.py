"""Make the document: HubSpot's paths with their aliases, and the control routes."""

from __future__ import annotations

import re
from importlib.metadata import version
from typing import Any, Final

import msgspec

from simulator.hubspot.endpoints.account_info import TokenKey
from simulator.hubspot.endpoints.routes import ROUTES, TOKEN_ROUTES, Route, TokenRoute

from .control_operations import CONTROL_OPERATIONS, SHAPE_BODIES
from .operations import OPERATIONS
from .shapes import SHAPES, ref

__all__ = ["make_document"]

Schema = dict[str, Any]
_REF: Final = "#/components/schemas/{name}"
_BRACES: Final = re.compile(r"{(\w+)}")
_SEGMENTS: Final[dict[str, Schema]] = {
    "date": {"type": "string", "pattern": r"^\d{4}-\d{2}$"},
    "number": {"type": "integer", "minimum": 0, "maximum": 2**31},
}
_ANY_SEGMENT: Final[Schema] = {"type": "string", "minLength": 1}
_TOO_LONG: Final[Schema] = {"description": "the body is too long", "content": {"text/html": {}}}
_ABOUT: Final = """\
HubSpot as far as the sender touches it, played on this machine; nothing here was ever sent to the real one. What each
rule rests on stands in `docs/fidelity.md`. Faults may answer anything at any time, 5xx included; they are not listed. A
`Host` header that names another server is answered with 421.
"""


def make_document(*, aliases: bool = True) -> Schema:
    """Return an OpenAPI 3.1 document of every operation.

    Args:
        aliases: the dated paths and the numeric object type, too, not only the first form of each.

    """
    requests, components = _request_schemas()
    paths: dict[str, Schema] = {}
    for route in ROUTES:
        for number, form in enumerate(route.forms if aliases else route.forms[:1]):
            operation = _operation(route, form, number, requests)
            paths.setdefault(form, {})[route.method.lower()] = operation
    for about in TOKEN_ROUTES:
        paths[about.form] = {about.method.lower(): _token_operation(about, requests)}
    for (method, path), (summary, answers, asks, query) in CONTROL_OPERATIONS.items():
        shape = SHAPE_BODIES.get((method, path))
        body = ref(shape) if shape else requests.get(asks)
        operation = _control_operation(method, path, summary, answers, body, query)
        paths.setdefault(path, {})[method.lower()] = operation
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
            "schemas": {**SHAPES, **components},
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
    types = {one.asks for one in OPERATIONS.values() if one.asks is not None}
    types.add(TokenKey)
    types |= {one[2] for one in CONTROL_OPERATIONS.values() if one[2] is not None}
    ordered = sorted(types, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    return dict(zip(ordered, schemas, strict=True)), components


def _operation(route: Route, form: str, number: int, requests: dict[Any, Schema]) -> Schema:
    described = OPERATIONS[route.answer]
    chapter = route.answer.__module__.rpartition(".")[2]
    answers = {status: _answer(status, shape) for status, shape in described.answers.items()}
    for status, why in ((401, "no token, or none that opens an account"), (403, "the token lacks a scope")):
        answers[status] = _answer(status, "Error", why)
    answers[429] = _answer(429, "Error", f"a limit was reached ({route.counting})")
    if "{date}" in form:  # another text in its place is no route at all: HubSpot's page
        unknown = answers.setdefault(404, {"description": "no such path", "content": {}})
        unknown["content"]["text/html"] = {}
    made: Schema = {
        "operationId": f"{chapter}.{route.answer.__name__}{f'.{number}' if number else ''}",
        "tags": [described.tag],
        "summary": described.summary,
        "parameters": [*_path_parameters(form), *_query_parameters(described.query)],
        "responses": _sorted(answers),
    }
    if route.scope:
        made["description"] = f"Needs the scope `{route.scope}`."
    if number:
        made["x-alias-of"] = route.forms[0]
    if described.asks is not None:
        made["requestBody"] = _body(requests[described.asks])
        answers[413] = _TOO_LONG
        made["responses"] = _sorted(answers)
    return made


def _token_operation(route: TokenRoute, requests: dict[Any, Schema]) -> Schema:
    made: Schema = {
        "operationId": f"identity.{route.answer.__name__}",
        "tags": ["Account"],
        "summary": (route.answer.__doc__ or "").rstrip("."),
        "security": [],
        "parameters": _path_parameters(route.form),
        "responses": {"200": _answer(200, "AnyObject"), "401": _answer(401, "Error", "no such token")},
    }
    if route.method == "POST":
        made["requestBody"] = _body(requests[TokenKey])
        made["responses"] |= {"400": _answer(400, "Error"), "413": _TOO_LONG}
    return made


def _control_operation(
    method: str, path: str, summary: str, answers: dict[int, str], body: Schema | None, query: Schema
) -> Schema:
    responses = {status: _answer(status, shape) for status, shape in answers.items()}
    responses[400] = _answer(400, "ControlError", "the request says something that there is not")
    responses[401] = _answer(401, "ControlError", "the control token is missing or wrong")
    if "{" in path or body is not None or "account" in query:
        responses[404] = _answer(404, "ControlError", "there is no such thing")
    if body is not None:
        responses[413] = _TOO_LONG
    name = path.removeprefix("/_simulator/").replace("/", ".").replace("{", "").replace("}", "")
    made: Schema = {
        "operationId": f"simulator.{name}.{method.lower()}",
        "tags": ["The simulator itself"],
        "summary": summary,
        "security": [{"control": []}],
        "parameters": [*_path_parameters(path), *_query_parameters(query)],
        "responses": _sorted(responses),
    }
    if body is not None:
        made["requestBody"] = _body(body)
    return made


def _answer(status: int, shape: str, why: str = "") -> Schema:
    described: Schema = {"description": why or ("no body" if not shape else f"{status}")}
    if shape.startswith(":"):
        described["content"] = {shape[1:]: {}}
    elif shape:
        described["content"] = {"application/json": {"schema": ref(shape)}}
    return described


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def _path_parameters(path: str) -> list[Schema]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _SEGMENTS.get(name, _ANY_SEGMENT)}
        for name in _BRACES.findall(path)
    ]


def _query_parameters(query: dict[str, Schema]) -> list[Schema]:
    return [{"name": name, "in": "query", "schema": schema} for name, schema in query.items()]


def _sorted(answers: dict[int, Schema]) -> dict[str, Schema]:
    return {str(status): answers[status] for status in sorted(answers)}
