"""The checks of contracts; `hubspot-dest explain CODE` and docs/verify.md are made from here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hubspot_dest.checks.catalogue import Check

__all__ = ["CONTRACT_CHECKS"]

_SOURCE: Final = "walkerOS 4.4, section 6.1; walkerOS since 4.4, section 4"
_DROPPED: Final = (
    "A transformer-validate step in strict mode drops such an event before any destination sees it. Without such a "
    "step it is sent, against the tracking plan."
)


def _broken(code: str, title: str, about: str, fix: str) -> Check:
    return Check(code, "lost", "WALKEROS", title, f"{about} {_DROPPED}", fix, _SOURCE, by="walkeros")


def _unusable(code: str, title: str, about: str, fix: str) -> Check:
    return Check(code, "lost", "WALKEROS", title, about, fix, _SOURCE, by="both")


_CHECKS: Final = (
    _broken(
        "contract_unplanned_event",
        "an event that the contract does not list",
        "The contract lists events, and none of its entries, including wildcards, matches this one.",
        "Add the event to the contract, or do not send it.",
    ),
    _broken(
        "contract_missing",
        "an event without a property that the contract requires",
        "The schema lists the property in required, and the event does not have it.",
        "Send the property, or remove it from required.",
    ),
    _broken(
        "contract_wrong_type",
        "a value of another type than the contract requires",
        "The schema gives a type, and the value has another one; a number in quotation marks is text.",
        "Send a value of the type that is named, or change the schema.",
    ),
    _broken(
        "contract_value",
        "a value that the contract does not allow",
        "The type is right, and another keyword of the schema is not met: enum, const, pattern, minimum, format …",
        "Send an allowed value, or change the schema.",
    ),
    _broken(
        "contract_extra_property",
        "a property that the contract does not know",
        "The schema excludes further properties (additionalProperties: false), and the event has one.",
        "Do not send the property, or add it to the schema.",
    ),
    _unusable(
        "contract_cycle",
        "contracts that extend each other in a circle",
        "walkerOS refuses a flow whose contracts extend each other in a circle.",
        "Remove extend from one of them.",
    ),
    _unusable(
        "contract_unknown",
        "a contract that does not exist",
        "extend, $contract or --contract names a contract that the file does not have.",
        "Correct the name, or define the contract.",
    ),
    _unusable(
        "contract_invalid",
        "a contract of the wrong form",
        "A contract is {extend, tagging, description, events: {entity: {action: schema}}, schema}, and every schema is "
        "a JSON Schema.",
        "Write it in that form.",
    ),
    Check(
        "contract_old_key",
        "doubtful",
        "WALKEROS",
        "a key of an earlier version of contracts",
        "Since 4.1 all sections of an event are in one schema, and since 4.1.1 extends is extend. It is read here as "
        "the earlier version read it; walkerOS 4.4 ignores it.",
        "Use the key of the present version.",
        _SOURCE,
    ),
)

CONTRACT_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Every check of contracts by its code."""
