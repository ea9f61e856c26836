"""Read the paging parameters of a query, and write cursors and the links to other pages."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote, unquote, urlencode

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal

__all__ = ["cursor_link", "decode_cursor", "encode_cursor", "next_page", "page_link", "whole_number"]


def whole_number(call: Call, name: str, default: int) -> int:
    """Return a whole number of the query.

    Raises:
        Refusal: 400 for any other text.

    """
    text = call.one(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(400, f"{name} must be a whole number: {text}", "query.number")
    return int(text)


def page_link(call: Call, name: str, position: str) -> str:
    """Return the address of another page: this server's own, on the path that was asked, with the same filters.

    HubSpot's clients follow the link with their token, so it must never lead to another server.
    """
    rest = [(key, value) for key, value in call.query if key not in ("after", "before")]
    return f"{call.url}?{urlencode([*rest, (name, position)])}"


def next_page(call: Call, position: str) -> dict[str, Any]:
    """Return the `paging` of an answer that has a page after it."""
    return {"next": {"after": position, "link": page_link(call, "after", position)}}


def encode_cursor(key: str) -> str:
    """Return an opaque cursor: base64, percent-encoded already, so that it goes into a query as it is.

    It always ends in `%3D`, as in the capture (HubSpot wire facts, section 11): a client that encodes it again asks for
    a page that does not exist.
    """
    padded = key + "\n" * (2 - len(key.encode()) % 3 if len(key.encode()) % 3 < 2 else 2)
    return quote(base64.b64encode(padded.encode()).decode(), safe="")


def decode_cursor(cursor: str) -> str | None:
    """Return the key of a cursor that came in a query, where it was decoded once; None for any other text."""
    try:
        return base64.b64decode(cursor, validate=True).decode().rstrip("\n")
    except (binascii.Error, ValueError):
        return None


def cursor_link(call: Call, name: str, cursor: str) -> str:
    """Return the address of the page that a cursor names; the cursor is in it as it is."""
    return page_link(call, name, unquote(cursor))
