"""The catalogue of contract checks; `hubspot-dest explain CODE` and docs/verify.md are generated from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hubspot_dest.checks.catalogue import Check

__all__ = ["CONTRACT_CHECKS"]

_SOURCE: Final = "walkerOS 4.4, section 6.1; walkerOS since 4.4, section 4"
_DROPPED: Final = (
    "A transformer-validate step in strict mode drops such an event before any destination receives it. Without such "
    "a step, the event is sent in violation of the tracking plan."
)


def _broken(code: str, title: str, about: str, fix: str) -> Check:
    return Check(code, "lost", "WALKEROS", title, f"{about} {_DROPPED}", fix, _SOURCE, by="walkeros")


def _unusable(code: str, title: str, about: str, fix: str) -> Check:
    return Check(code, "lost", "WALKEROS", title, about, fix, _SOURCE, by="both")


_CHECKS: Final = (
    _broken(
        "contract_unplanned_event",
        "an event that the contract does not list",
        "The contract lists events, but none of its entries, including wildcards, matches this event.",
        "Add the event to the contract, or do not send it.",
    ),
    _broken(
        "contract_missing",
        "an event without a property that the contract requires",
        "The schema lists the property in required, but the event does not have it.",
        "Send the property, or remove it from required.",
    ),
    _broken(
        "contract_wrong_type",
        "a value of the wrong type",
        "The schema requires a type, but the value has another one; a number in quotation marks is text.",
        "Send a value of the required type, or change the schema.",
    ),
    _broken(
        "contract_value",
        "a value that the contract does not allow",
        "The value has the right type, but violates another keyword of the schema: enum, const, pattern, minimum, "
        "format …",
        "Send an allowed value, or change the schema.",
    ),
    _broken(
        "contract_extra_property",
        "a property that the contract does not list",
        "The schema forbids additional properties (additionalProperties: false), but the event has one.",
        "Do not send the property, or add it to the schema.",
    ),
    _unusable(
        "contract_cycle",
        "contracts that extend each other in a cycle",
        "walkerOS refuses a flow whose contracts extend each other in a cycle.",
        "Remove extend from one of them.",
    ),
    _unusable(
        "contract_unknown",
        "a contract that does not exist",
        "extend, $contract or --contract refers to a contract that the file does not have.",
        "Correct the name, or define the contract.",
    ),
    _unusable(
        "contract_invalid",
        "a contract that is not valid",
        "A contract has the form {extend, tagging, description, events: {entity: {action: schema}}, schema}, and every "
        "schema must be a JSON Schema.",
        "Correct the contract or the schema.",
    ),
    Check(
        "contract_old_key",
        "doubtful",
        "WALKEROS",
        "a key of an earlier version of contracts",
        "Since 4.1 all sections of an event are in one schema, and since 4.1.1 extends is named extend. The key still "
        "works here; walkerOS 4.4 ignores it.",
        "Use the key of the current version.",
        _SOURCE,
    ),
)

CONTRACT_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Code to contract check."""
