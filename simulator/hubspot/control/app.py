"""The control application: routes under `/_simulator/` and the status page at `/`.

Every route needs the control token; no answer carries a CORS header, so no web page of another origin can read one.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.hubspot.control.accounts import ACCOUNT_ROUTES
from simulator.hubspot.control.behaviours import SWITCH_ROUTES
from simulator.hubspot.control.context import GUARDS, ControlContext, guarded
from simulator.hubspot.control.journal_routes import READING_ROUTES
from simulator.hubspot.control.openapi_routes import DOCUMENT_ROUTES
from simulator.hubspot.control.pages import PAGE_ROUTES
from simulator.hubspot.control.state_routes import CHANGING_ROUTES

__all__ = ["control_app"]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {
        404: f"there is no control route {request.url.path}",
        405: f"{request.url.path} takes no {request.method}",
    }
    headers = {**GUARDS, **(error.headers or {})}
    return JSONResponse(
        {"error": said.get(error.status_code, error.detail)}, error.status_code, headers=headers
    )


def control_app(room: ControlContext) -> Starlette:
    """Make the ASGI application of the control routes and the status page."""
    routes = [
        Route(path, guarded(end), methods=[method])
        for method, path, end in CHANGING_ROUTES + READING_ROUTES + SWITCH_ROUTES + ACCOUNT_ROUTES
    ]
    app = Starlette(routes=[*routes, *(Route(path, end) for path, end in PAGE_ROUTES + DOCUMENT_ROUTES)])
    app.add_exception_handler(HTTPException, _refused)
    app.state.room = room
    return app
