"""Read the paging parameters of a query, and write the links to other pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal

__all__ = ["next_page", "page_link", "whole_number"]


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
