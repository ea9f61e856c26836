"""The routes that serve the OpenAPI document, as JSON and as a page. They need no token: they hold no secret."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from simulator.hubspot.control.context import GUARDS
from simulator.hubspot.control.pages import page_frame
from simulator.hubspot.openapi import make_document
from simulator.hubspot.openapi.page import document_page

__all__ = ["DOCUMENT_ROUTES"]


async def _document(_: Request) -> Response:
    return JSONResponse(make_document(), headers=GUARDS)


async def _page(_: Request) -> Response:
    return HTMLResponse(page_frame(document_page(make_document())), headers=GUARDS)


DOCUMENT_ROUTES = (("/_simulator/openapi.json", _document), ("/_simulator/api", _page))
