"""The expected HTTP request of a documented call, derived independently of the client."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from simulator.hubspot.journal.journal import Entry

__all__ = ["arrived_request", "documented_request", "is_documented"]

Request = dict[str, Any]


def documented_request(call: list[Any]) -> Request:
    """Return the method, target and body that HubSpot's API reference gives for a call (wire facts, 1.1 and 3).

    Raises:
        ValueError: the call is not one of the documented examples'.

    """
    match call:
        case ["events.send.basicApi.send", body]:
            return {"method": "POST", "target": "/events/v3/send", "body": body}
        case ["events.send.batchApi.send", body]:
            return {"method": "POST", "target": "/events/v3/send/batch", "body": body}
        case ["crm.contacts.basicApi.create", body]:
            return {"method": "POST", "target": "/crm/v3/objects/contacts", "body": body}
        case ["crm.contacts.basicApi.update", str(identifier), body, *more]:
            query = f"?idProperty={quote(more[0], safe='')}" if more else ""
            target = f"/crm/v3/objects/contacts/{quote(identifier, safe='')}{query}"
            return {"method": "PATCH", "target": target, "body": body}
    msg = f"no documented example makes the call {call[0]!r}"
    raise ValueError(msg)


def is_documented(call: list[Any]) -> bool:
    """Return whether `documented_request` supports the call."""
    try:
        documented_request(call)
    except ValueError:
        return False
    return True


def arrived_request(entry: Entry) -> Request:
    """Return the received request with its decoded body; a body that is not JSON stays text."""
    try:
        body: Any = orjson.loads(entry.body)
    except orjson.JSONDecodeError:
        body = entry.body.decode("utf-8", "backslashreplace")
    return {"method": entry.method, "target": entry.target.decode("latin-1"), "body": body}
