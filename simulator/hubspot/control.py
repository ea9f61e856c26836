"""The control application: routes under `/_simulator/` and the status page at `/`.

Every route needs the control token; no answer carries a CORS header, so no web page of another origin can read one.
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from .control_reading import READING_ROUTES
from .control_room import ControlRoom, guarded
from .control_routes import CHANGING_ROUTES
from .pages import PAGE_ROUTES

__all__ = ["control_app"]


def control_app(room: ControlRoom) -> Starlette:
    """Make the ASGI application of the control routes and the status page."""
    routes = [
        Route(path, guarded(end), methods=[method]) for method, path, end in CHANGING_ROUTES + READING_ROUTES
    ]
    app = Starlette(routes=[*routes, *(Route(path, end) for path, end in PAGE_ROUTES)])
    app.state.room = room
    return app
