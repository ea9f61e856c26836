"""The JSON Schemas of the control routes' requests and answers."""

from __future__ import annotations

from typing import Final

from simulator.hubspot.endpoints.shapes import (
    ANYTHING,
    TEXT,
    WHOLE,
    Schema,
    array_of,
    object_of,
    reference_to,
)

__all__ = ["CONTROL_SHAPES"]

CONTROL_SHAPES: Final[dict[str, Schema]] = {
    "AnyList": {"type": "array"},
    "ControlError": object_of({"error": TEXT}),
    "JournalPage": object_of(
        {"dropped": WHOLE, "entries": array_of(ANYTHING)},
        {"limits": ANYTHING, "total": WHOLE, "matched": WHOLE},
    ),
    "Fault": {"type": "object", "required": ["number", "kind"], "properties": {"number": WHOLE}},
    "FaultList": array_of(reference_to("Fault")),
    "FaultsRequest": {
        "description": "A fault as text (`429:every=3`), as an object with the same names, or a list of these.",
        "oneOf": [TEXT, ANYTHING, array_of({"oneOf": [TEXT, ANYTHING]})],
    },
    "SwitchesRequest": {
        "description": "Names and values of switches, as docs/fidelity.md lists them.",
        "type": "object",
        "additionalProperties": {"type": ["string", "integer", "boolean"]},
    },
}
