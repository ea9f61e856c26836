"""The control application: routes under `/_simulator/` and the status page at `/`.

Every route needs the control token; no answer carries a CORS header, so no web page of another origin can read one.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .control_accounts import ACCOUNT_ROUTES
from .control_document import DOCUMENT_ROUTES
from .control_reading import READING_ROUTES
from .control_room import GUARDS, ControlRoom, guarded
from .control_routes import CHANGING_ROUTES
from .control_switches import SWITCH_ROUTES
from .pages import PAGE_ROUTES

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


def control_app(room: ControlRoom) -> Starlette:
    """Make the ASGI application of the control routes and the status page."""
    routes = [
        Route(path, guarded(end), methods=[method])
        for method, path, end in CHANGING_ROUTES + READING_ROUTES + SWITCH_ROUTES + ACCOUNT_ROUTES
    ]
    app = Starlette(routes=[*routes, *(Route(path, end) for path, end in PAGE_ROUTES + DOCUMENT_ROUTES)])
    app.add_exception_handler(HTTPException, _refused)
    app.state.room = room
    return app
