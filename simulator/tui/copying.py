"""Calls as text to take away: JSON, or a curl command that asks for the token by name."""

from __future__ import annotations

import json
import shlex
from typing import Any

from simulator.documented.wire import documented_request

__all__ = ["as_curl", "as_json"]


def as_json(calls: list[list[Any]]) -> str:
    """Return calls in the documented notation."""
    return json.dumps(calls, indent=2, ensure_ascii=False, default=str)


def as_curl(calls: list[list[Any]], base_url: str) -> str:
    """Return one curl command a call; the token is read from the environment, never written down."""
    commands = []
    for call in calls:
        request = documented_request(call)
        body = json.dumps(request["body"], ensure_ascii=False, default=str)
        commands.append(
            f"curl -X {request['method']} {shlex.quote(base_url + request['target'])} \\\n"
            '  -H "Authorization: Bearer $HUBSPOT_ACCESS_TOKEN" \\\n'
            "  -H 'Content-Type: application/json' \\\n"
            f"  -d {shlex.quote(body)}"
        )
    return "\n\n".join(commands)
