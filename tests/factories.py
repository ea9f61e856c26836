"""Factories for the events and configurations of tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.hubspot import FakeHubSpot

__all__ = ["ADA", "BEGIN_MS", "PREFIX", "make_config", "make_event", "write_config"]

ADA = "ada@example.org"
BEGIN_MS = 1_700_000_000_000
PREFIX = "pe12345678_"


def make_event(
    number: int = 1,
    email: str | None = ADA,
    *,
    name: str = "page view",
    user: Mapping[str, Any] | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """Make a walkerOS event.

    Args:
        number: determines the id (`e7`) and the timestamp, in milliseconds after `BEGIN_MS`.
        email: the user's e-mail; None for an event without one.
        name: entity and action.
        user: additional fields of the user, such as an id or a plan.
        **fields: additional fields of the event, such as `data`; they override the defaults.

    """
    identity = {} if email is None else {"email": email}
    event = {
        "name": name,
        "id": f"e{number}",
        "timestamp": BEGIN_MS + number,
        "user": {**identity, **(user or {})},
    }
    return {**event, **fields}


def make_config(
    hubspot: FakeHubSpot | None = None, *, config: Mapping[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """Make a configuration.

    Args:
        hubspot: the simulated HubSpot, for base URL and token; None leaves both out.
        config: keys beside `settings`, such as `mapping` or `consent`.
        **settings: additional settings; they override the defaults.

    """
    reach = {} if hubspot is None else {"accessToken": hubspot.token, "baseUrl": hubspot.base_url}
    return {"settings": {"eventNamePrefix": PREFIX, **reach, **settings}, **(config or {})}


def write_config(folder: Path, hubspot: FakeHubSpot | None = None, **options: Any) -> Path:
    """Write a configuration from `make_config` to a file in a folder and return its path."""
    path = folder / "config.json"
    path.write_text(json.dumps(make_config(hubspot, **options)), encoding="utf-8")
    return path
