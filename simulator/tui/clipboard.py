"""Calls as text for the clipboard: JSON, or curl commands that work unchanged against the HubSpot on this machine."""

from __future__ import annotations

import json
import shlex
from typing import Any

from simulator.examples.wire_format import documented_request

__all__ = ["as_curl", "as_json"]


def as_json(calls: list[list[Any]]) -> str:
    """Return calls in the documented notation."""
    return json.dumps(calls, indent=2, ensure_ascii=False, default=str)


_ELSEWHERE = '# To HubSpot itself: https://api.hubapi.com, and "Authorization: Bearer $HUBSPOT_ACCESS_TOKEN"'


def as_curl(calls: list[list[Any]], base_url: str, token: str) -> str:
    """Return one curl command a call, for the HubSpot at `base_url`.

    The token is the one that opens a HubSpot on this machine, and nothing else; of a real
    one only the variable is named.
    """
    commands = [_ELSEWHERE]
    for call in calls:
        request = documented_request(call)
        body = json.dumps(request["body"], ensure_ascii=False, default=str)
        commands.append(
            f"curl -i -X {request['method']} {shlex.quote(base_url + request['target'])} \\\n"
            f"  -H {shlex.quote(f'Authorization: Bearer {token}')} \\\n"
            "  -H 'Content-Type: application/json' \\\n"
            f"  -d {shlex.quote(body)}"
        )
    return "\n\n".join(commands)
