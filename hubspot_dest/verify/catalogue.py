"""The catalogue of `verify`'s own checks; `hubspot-dest explain CODE` and docs/verify.md are generated from it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hubspot_dest.checks.catalogue import CATALOGUE, Check
from hubspot_dest.checks.finding import Finding
from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.lint.catalogue import LINT_CHECKS

__all__ = ["EVERY_CHECK", "VERIFY_CHECKS", "verify_finding"]

_CHECKS: Final = (
    Check(
        "configuration_unusable",
        "lost",
        "WALKEROS",
        "a configuration that cannot be loaded",
        "The destination does not start, so no event is sent.",
        "Correct the problem in the message.",
        "walkerOS 4.4, section 5.1",
        by="both",
    ),
    Check(
        "event_unreadable",
        "lost",
        "WALKEROS",
        "a line of the events that is not an event",
        "The line is not JSON, or not an object with a name of two words; walkerOS does not accept such an event.",
        "Correct the line, or leave it out of the file.",
        "walkerOS 4.4, section 1.1",
        by="both",
    ),
    Check(
        "event_failed",
        "lost",
        "WALKEROS",
        "an event that cannot be mapped",
        "A rule, a function or a value of the mapping fails, so nothing is sent for the event.",
        "Correct the rule; `hubspot-dest preview --explain` shows where each value comes from.",
        "walkerOS 4.4 mapping, section 2",
        by="both",
    ),
    Check(
        "function_failed",
        "doubtful",
        "WALKEROS",
        "a function of the mapping that fails for events",
        "A function or a condition throws: the value is undefined, or the rule does not match, but the event is still "
        "sent. If the condition of a rule that ignores events fails, the events are not ignored.",
        "Correct the function, for example with ?. where a value may be missing.",
        "walkerOS 4.4, section 7",
    ),
    Check(
        "contact_unknown",
        "doubtful",
        "WALKEROS",
        "events that walkerOS loses if HubSpot does not have their contact yet",
        "With `--parity`: walkerOS updates the contact first. HubSpot answers 404 for a contact that it does not have, "
        "and walkerOS does not send the event. hubspot-dest creates the contact, and loses nothing.",
        "Send with hubspot-dest's own profile, without `--parity`, or create the contacts first.",
        "HubSpot wire facts, section 3.7",
    ),
    Check(
        "coverage_low",
        "doubtful",
        "WALKEROS",
        "events that exercise too little of the mapping",
        "`--fail-under` sets the share of rules and properties that the events must exercise; rules and properties "
        "that no event exercises are not proved.",
        "Add events for the rules and properties in the notes, or lower `--fail-under`.",
        "walkerOS 4.4 mapping, section 3",
    ),
    Check(
        "not_proved",
        "doubtful",
        "WALKEROS",
        "a NO-GO because nothing was proved",
        "No event was checked against HubSpot's rules, or a question is unanswered with `--strict`. A GO always "
        "requires events.",
        "Pass EVENTS, and `--account FILE` or `--live`.",
        "walkerOS 4.4, section 1.1",
    ),
    Check(
        "example_failed",
        "lost",
        "WALKEROS",
        "a step example of the flow whose calls differ from its out",
        "The example's `out` lists the calls that its `in` should lead to. Either the mapping or the example is wrong: "
        "HubSpot does not receive what the flow documents.",
        "Correct the mapping, or the example's out.",
        "walkerOS 4.4, sections 6.5 and 8",
        by="both",
    ),
    Check(
        "definition_missing",
        "refused",
        "CAP",
        "an event definition or a contact property that the account does not have",
        "HubSpot refuses an event without a definition, and a contact with a property that contacts do not have.",
        "`hubspot-dest definitions apply` creates what is missing.",
        "HubSpot wire facts, sections 1.3 and 3.7",
    ),
    Check(
        "definition_property_missing",
        "lost",
        "GAP",
        "a property that the event's definition does not have",
        "It is unknown whether HubSpot refuses such an event or accepts it without the property; the value is lost "
        "either way.",
        "`hubspot-dest definitions apply` adds the property to the definition.",
        "HubSpot wire facts, section 1.3",
        by="both",
    ),
    Check(
        "definition_conflict",
        "refused",
        "CAP",
        "a contact property whose type does not accept the values",
        "The account has the property with a type or options that do not accept one of the values, so HubSpot refuses "
        "the contact. `definitions apply` does not change the type of a property.",
        "Send a value of the account's type, or another property.",
        "HubSpot wire facts, section 3.7",
    ),
    Check(
        "definition_property_conflict",
        "doubtful",
        "GAP",
        "an event property whose type does not accept the values",
        "The definition has the property with a type or options that do not accept one of the values. It is unknown "
        "whether HubSpot refuses the event, drops the value or stores it. `definitions apply` does not change the type "
        "of a property.",
        "Send a value of the account's type, or another property.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "definition_impossible",
        "refused",
        "DOC",
        "an event or a property that no account can have",
        "HubSpot does not allow the name, or the account has the maximum number of definitions or properties.",
        "Rename it with settings.eventName, or map fewer.",
        "HubSpot wire facts, sections 1.5 and 2.2",
    ),
)

VERIFY_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Code to check, for the checks of `verify` itself."""

EVERY_CHECK: Final[Mapping[str, Check]] = MappingProxyType(
    {**CATALOGUE, **LINT_CHECKS, **CONTRACT_CHECKS, **VERIFY_CHECKS}
)
"""Code to check, for all catalogues."""


def verify_finding(code: str, sentence: str, **more: Any) -> Finding:
    """Return a finding of one of `verify`'s checks; `more` sets further attributes of `Finding`."""
    check = VERIFY_CHECKS[code]
    fix = more.pop("fix", "") or check.fix
    return Finding(code, check.severity, sentence, fix, check.evidence, by=check.by, **more)
