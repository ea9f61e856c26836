"""The control application: routes under `/_simulator/` and the status page at `/`.

Every route requires the control token. No answer has a CORS header, so pages of other origins cannot read it.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.hubspot.control.context import GUARDS, ControlContext, guarded
from simulator.hubspot.control.openapi_routes import DOCUMENT_ROUTES
from simulator.hubspot.control.pages.routes import PAGE_ROUTES
from simulator.hubspot.control.registry import CONTROL_ROUTES

__all__ = ["control_app"]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    messages = {
        404: f"there is no control route {request.url.path}",
        405: f"{request.url.path} takes no {request.method}",
    }
    headers = {**GUARDS, **(error.headers or {})}
    return JSONResponse(
        {"error": messages.get(error.status_code, error.detail)}, error.status_code, headers=headers
    )


def control_app(context: ControlContext) -> Starlette:
    """Return the ASGI application of the control routes and the status page."""
    routes = [Route(route.path, guarded(route.endpoint), methods=[route.method]) for route in CONTROL_ROUTES]
    app = Starlette(routes=[*routes, *(Route(path, end) for path, end in PAGE_ROUTES + DOCUMENT_ROUTES)])
    app.add_exception_handler(HTTPException, _refused)
    app.state.context = context
    return app
