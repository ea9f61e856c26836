"""The routes of the OpenAPI document, as JSON and HTML. They need no token: the document has no secrets."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from simulator.hubspot.control.context import GUARDS
from simulator.hubspot.control.openapi import make_document
from simulator.hubspot.control.pages.rendering import render

__all__ = ["DOCUMENT_ROUTES"]


async def _document(_: Request) -> Response:
    return JSONResponse(make_document(), headers=GUARDS)


async def _page(_: Request) -> Response:
    document = make_document()
    shapes = [
        (name, json.dumps(schema, indent=1))
        for name, schema in sorted(document["components"]["schemas"].items())
    ]
    page = render(
        "api.html", here="/_simulator/api", document=document, chapters=_chapters(document), shapes=shapes
    )
    return HTMLResponse(page, headers=GUARDS)


def _chapters(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Group the operations by tag, each with its aliases."""
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    aliases: dict[tuple[str, str], list[str]] = {}
    for path, method, operation in operations:
        if "x-alias-of" in operation:
            aliases.setdefault((operation["x-alias-of"], method), []).append(path)
    chapters: dict[str, list[dict[str, Any]]] = {}
    for path, method, operation in operations:
        if "x-alias-of" not in operation:
            row = {
                "method": method.upper(),
                "path": path,
                "operation": operation,
                "aliases": aliases.get((path, method), []),
            }
            chapters.setdefault(operation["tags"][0], []).append(row)
    return chapters


DOCUMENT_ROUTES = (("/_simulator/openapi.json", _document), ("/_simulator/api", _page))
