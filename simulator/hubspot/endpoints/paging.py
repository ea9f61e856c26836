"""Parse paging parameters, and build cursors and page links."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import quote, unquote, urlencode

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal

__all__ = ["cursor_link", "decode_cursor", "encode_cursor", "next_page", "page_link", "whole_number"]


def whole_number(call: Call, name: str, default: int) -> int:
    """Parse a whole number of the query; return `default` if it is absent or empty.

    Raises:
        Refusal: 400 for anything else.

    """
    text = call.query_value(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refusal(400, f"{name} must be a whole number: {text}", "query.number")
    return int(text)


def page_link(call: Call, name: str, position: str) -> str:
    """Return the URL of another page, on this server and with the same path and filters.

    Clients send their token when they follow the link, so it must never point to another server.
    """
    rest = [(key, value) for key, value in call.query if key not in ("after", "before")]
    return f"{call.url}?{urlencode([*rest, (name, position)])}"


def next_page(call: Call, position: str) -> dict[str, Any]:
    """Return the `paging` of an answer that is followed by another page."""
    return {"next": {"after": position, "link": page_link(call, "after", position)}}


def encode_cursor(key: str) -> str:
    """Return an opaque cursor: base64, already percent-encoded for a query.

    It always ends in `%3D`, as captured (HubSpot wire facts, section 11), so that a client that encodes it again
    requests a page that does not exist.
    """
    padded = key + "\n" * (2 - len(key.encode()) % 3 if len(key.encode()) % 3 < 2 else 2)
    return quote(base64.b64encode(padded.encode()).decode(), safe="")


def decode_cursor(cursor: str) -> str | None:
    """Return the key of a percent-decoded cursor, or None if it is invalid."""
    try:
        return base64.b64decode(cursor, validate=True).decode().rstrip("\n")
    except (binascii.Error, ValueError):
        return None


def cursor_link(call: Call, name: str, cursor: str) -> str:
    """Return the URL of the page that starts at a cursor, without encoding the cursor again."""
    return page_link(call, name, unquote(cursor))
