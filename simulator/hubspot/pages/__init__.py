"""The status page: server-rendered HTML, one style sheet, one script for the live journal. Nothing from outside."""

from __future__ import annotations

import hmac
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..control_room import COOKIE, GUARDS, ControlRoom, admitted, room_of
from ..faults_syntax import fault_to_mapping
from ..magic import MAGIC
from ..stories import STORIES

__all__ = ["PAGE_ROUTES", "page_frame"]

_JOURNAL_ROWS = 100


async def _page(request: Request) -> Response:
    """Show the status page; `?token=` sets the cookie and goes away from the address bar."""
    room = room_of(request)
    offered = request.query_params.get("token")
    if offered is not None and hmac.compare_digest(offered.encode(), room.token.encode()):
        response: Response = RedirectResponse("/", 303, headers=GUARDS)
        response.set_cookie(COOKIE, room.token, httponly=True, samesite="strict", path="/")
        return response
    if not admitted(request):
        return HTMLResponse(
            page_frame("<p>Open the link with <code>?token=…</code> printed at start.</p>"), 401, GUARDS
        )
    return HTMLResponse(page_frame(_status(room)), headers=GUARDS)


async def _style(_: Request) -> Response:
    return Response(_asset("page.css"), media_type="text/css", headers=GUARDS)


async def _script(_: Request) -> Response:
    return Response(_asset("page.js"), media_type="text/javascript", headers=GUARDS)


def _asset(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def page_frame(content: str) -> str:
    """Return a whole page around its content; the content must be escaped already."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>HubSpot on this machine</title>'
        '<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/_simulator/page.css">'
        '<script src="/_simulator/page.js" defer></script></head><body>'
        f"<h1>HubSpot on this machine</h1>{content}</body></html>"
    )


def _status(room: ControlRoom) -> str:
    return _journal(room) + _faults(room) + _stories() + _magic()


def _journal(room: ControlRoom) -> str:
    views = [room.journal.view(entry) for entry in room.journal.entries(limit=_JOURNAL_ROWS)]
    columns = ("number", "method", "target", "status", "decision", "rule", "fault", "milliseconds")
    rows = [[view[column] for column in columns] for view in reversed(views)]
    dropped = f"<p>{room.journal.dropped} older entries were dropped.</p>" if room.journal.dropped else ""
    return _section("Journal", dropped + _table("journal", columns, rows))


def _faults(room: ControlRoom) -> str:
    rows = [
        [
            one.number,
            ", ".join(f"{k}={v}" for k, v in fault_to_mapping(one.fault).items()),
            one.matched,
            one.struck,
        ]
        for one in room.faults.active()
    ]
    return _section("Faults", _table("faults", ("number", "fault", "matched", "struck"), rows))


def _stories() -> str:
    rows: list[list[object]] = [[story.name, story.tells] for story in STORIES.values()]
    return _section("Stories", _table("stories", ("name", "tells"), rows))


def _magic() -> str:
    rows: list[list[object]] = [[f"anything+{magic.tag}@example.com", magic.does] for magic in MAGIC.values()]
    rows.append(["anything+invalid@example.com", "an e-mail address that HubSpot refuses"])
    return _section("Magic addresses", _table("magic", ("address", "does"), rows))


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _table(name: str, columns: tuple[str, ...], rows: list[list[object]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f'<table id="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _cell(value: object) -> str:
    return "" if value is None else escape(str(value))


PAGE_ROUTES = (("/", _page), ("/_simulator/page.css", _style), ("/_simulator/page.js", _script))
