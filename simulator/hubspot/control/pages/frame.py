"""The frame of every page, and the pieces that pages are made of. Every value is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest

__all__ = ["CURRENT", "Markup", "link", "moment", "page_frame", "section", "table"]

_NAME = "HubSpot on this machine"
CURRENT = ' aria-current="page"'


class Markup(str):
    """HTML that is escaped already."""

    __slots__ = ()


def page_frame(content: str, *, title: str = _NAME, here: str = "") -> str:
    """Return a whole page around its content; the content must be escaped already."""
    places = (
        ("/", "Overview"),
        ("/_simulator/pages/contacts", "Contacts"),
        ("/_simulator/pages/definitions", "Definitions"),
        ("/_simulator/api", "API"),
    )
    links = "".join(f'<a href="{path}"{CURRENT if path == here else ""}>{name}</a>' for path, name in places)
    named = f" · {_NAME}" if title != _NAME else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}{named}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/_simulator/page.css">'
        '<script src="/_simulator/page.js" defer></script></head><body>'
        f"<header><strong>{_NAME}</strong><nav>{links}</nav></header>"
        f"<main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )


def link(path: str, text: str) -> Markup:
    """Return a link within this server."""
    return Markup(f'<a href="{escape(path)}">{escape(text)}</a>')


def section(title: str, content: str, *, count: int | None = None) -> str:
    """Return a chapter of a page."""
    counted = f' <span class="count">{count:,}</span>' if count is not None else ""
    return f"<section><h2>{escape(title)}{counted}</h2>{content}</section>"


def moment(iso: str) -> Markup:
    """Return a moment, ISO 8601 in UTC, for people; the whole of it stands in the title."""
    return Markup(
        f'<time datetime="{escape(iso)}" title="{escape(iso)}">{escape(iso[:19].replace("T", " "))}</time>'
    )


def table(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    empty: str = "",
    kinds: Sequence[str] = (),
) -> str:
    """Return a table; a row's cells are text, or `Markup`.

    `empty` stands in place of a table without rows; `kinds` are the rows' classes, if they have any.
    """
    body = "".join(
        f"<tr{f' class={kind}' if kind else ''}>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>"
        for row, kind in zip_longest(rows, kinds, fillvalue="")
    )
    if not body and empty:
        return f'<p class="empty">{escape(empty)}</p>'
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    whole = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="wide"><table id="{escape(name)}">{whole}</table></div>'


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, Markup) else escape(str(value))
