"""What the control routes are asked and answer, for the document; the routes themselves stand in `control`."""

from __future__ import annotations

from typing import Any, Final

from simulator.hubspot.control.state_routes import NewAccount, Reset, Seeding, Skip

__all__ = ["CONTROL_OPERATIONS", "SHAPE_BODIES"]

_FILTERS: Final[dict[str, Any]] = {
    **{name: {"type": "string"} for name in ("method", "path", "rule", "fault")},
    **{name: {"type": "integer", "minimum": 0} for name in ("status", "portal", "after")},
    "verdict": {"enum": ["good", "bad"]},
}
_LIMIT: Final = {"limit": {"type": "integer", "minimum": 0, "maximum": 999_999_999}}

_ACCOUNT: Final = {"account": {"type": "integer", "minimum": 0, "maximum": 0}}
_PAGE: Final = {
    "after": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    "limit": {"type": "integer", "minimum": 1, "maximum": 500},
}

# A body that is a shape of the document instead of a type of Python.
SHAPE_BODIES: Final = {
    ("POST", "/_simulator/faults"): "FaultWanted",
    ("PATCH", "/_simulator/switches"): "SwitchesWanted",
}

# Method and path: summary, answers (a media type after the colon, JSON without), body, query.
CONTROL_OPERATIONS: Final[dict[tuple[str, str], tuple[str, dict[int, str], Any, dict[str, Any]]]] = {
    ("POST", "/_simulator/reset"): (
        "Empty an account, the journal and the faults",
        {200: "AnyObject"},
        Reset,
        {},
    ),
    ("POST", "/_simulator/seed"): ("Fill an account", {200: "AnyObject"}, Seeding, {}),
    ("POST", "/_simulator/accounts"): ("Make an account of its own", {201: "AnyObject"}, NewAccount, {}),
    ("POST", "/_simulator/clock"): ("Put the clock forward", {200: "AnyObject"}, Skip, {}),
    ("GET", "/_simulator/faults"): ("List the faults", {200: "FaultList"}, None, {}),
    ("POST", "/_simulator/faults"): ("Set faults", {201: "FaultList"}, None, {}),
    ("DELETE", "/_simulator/faults"): ("Clear all faults", {200: "AnyObject"}, None, {}),
    ("DELETE", "/_simulator/faults/{number}"): ("Clear one fault", {200: "AnyObject"}, None, {}),
    ("GET", "/_simulator/stories"): ("List the stories", {200: "AnyList"}, None, {}),
    ("POST", "/_simulator/stories/{name}"): ("Begin a story", {201: "FaultList"}, None, {}),
    ("GET", "/_simulator/switches"): ("Show the switches", {200: "AnyObject"}, None, {}),
    ("PATCH", "/_simulator/switches"): ("Turn switches", {200: "AnyObject"}, None, {}),
    ("GET", "/_simulator/info"): ("Say what runs here", {200: "AnyObject"}, None, {}),
    ("GET", "/_simulator/accounts"): ("List the accounts", {200: "AnyList"}, None, {}),
    ("GET", "/_simulator/contacts"): (
        "List contacts, newest first",
        {200: "AnyObject"},
        None,
        {"q": {"type": "string"}, **_ACCOUNT, **_PAGE},
    ),
    ("GET", "/_simulator/contacts/{contact}"): (
        "Show a contact with history and timeline",
        {200: "AnyObject"},
        None,
        _ACCOUNT,
    ),
    ("GET", "/_simulator/definitions"): (
        "List definitions with their counts",
        {200: "AnyList"},
        None,
        _ACCOUNT,
    ),
    ("GET", "/_simulator/journal"): ("Read the journal", {200: "JournalPage"}, None, {**_FILTERS, **_LIMIT}),
    ("DELETE", "/_simulator/journal"): ("Forget the journal", {200: "AnyObject"}, None, {}),
    ("GET", "/_simulator/journal.har"): ("Export the journal as HAR", {200: "AnyObject"}, None, _FILTERS),
    ("GET", "/_simulator/journal.jsonl"): (
        "Export the journal as JSON Lines",
        {200: ":application/x-ndjson"},
        None,
        _FILTERS,
    ),
    ("GET", "/_simulator/stream"): (
        "Follow the journal live",
        {200: ":text/event-stream"},
        None,
        {"after": _PAGE["after"], "brief": {"enum": ["true", "false"]}},
    ),
    ("GET", "/_simulator/all"): ("Count what stands in the inbox", {200: "AnyObject"}, None, {}),
    ("GET", "/_simulator/good"): ("List what was taken", {200: "AnyList"}, None, _LIMIT),
    ("GET", "/_simulator/bad"): ("List what was refused, and why", {200: "AnyList"}, None, _LIMIT),
}
