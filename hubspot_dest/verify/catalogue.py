"""The checks of `verify` itself; `hubspot-dest explain CODE` and the last part of docs/verify.md are made from here."""

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
        "No destination starts with it, so that no event is sent. The sentence names the place.",
        "Correct what the sentence names.",
        "walkerOS 4.4, section 5.1",
        by="both",
    ),
    Check(
        "event_unreadable",
        "lost",
        "WALKEROS",
        "a line of the events that is not an event",
        "It is not JSON, or not an object with a name of two words; walkerOS does not accept it.",
        "Correct the line, or leave it out of the file.",
        "walkerOS 4.4, section 1.1",
        by="both",
    ),
    Check(
        "event_failed",
        "lost",
        "WALKEROS",
        "an event that cannot be mapped",
        "A rule, a function or a value of the mapping fails for it, so that nothing of it is sent.",
        "Correct the rule; `hubspot-dest preview --explain` shows where each value came from.",
        "walkerOS 4.4 mapping, section 2",
        by="both",
    ),
    Check(
        "function_failed",
        "doubtful",
        "WALKEROS",
        "a function of the mapping that fails for events",
        "A function or a condition throws: the value is nothing, or the rule does not match, and the event is sent all "
        "the same. A failing condition of a rule that ignores events lets them through.",
        "Correct the function, for example with ?. where a value may be missing.",
        "walkerOS 4.4, section 7",
    ),
    Check(
        "coverage_low",
        "doubtful",
        "WALKEROS",
        "events that exercise too little of the mapping",
        "`--fail-under` asks for a share of the rules and properties that the events must exercise; what no event "
        "exercises is not proved.",
        "Add events for what the note lists, or ask for less.",
        "walkerOS 4.4 mapping, section 3",
    ),
    Check(
        "not_proved",
        "doubtful",
        "WALKEROS",
        "a NO-GO since nothing was proved",
        "No event was held against HubSpot's rules, or with `--strict` a question has no answer. A GO always rests on "
        "events.",
        "Give EVENTS, and `--account FILE` or `--live`.",
        "walkerOS 4.4, section 1.1",
    ),
    Check(
        "example_failed",
        "lost",
        "WALKEROS",
        "a step example of the flow that gives other calls than it documents",
        "The example's `out` lists the calls that its `in` leads to. Either the mapping or the example is wrong; what "
        "the flow documents is not what HubSpot receives.",
        "Correct the mapping, or the example's out.",
        "walkerOS 4.4, sections 6.5 and 8",
        by="both",
    ),
    Check(
        "definition_missing",
        "refused",
        "CAP",
        "an event definition or a contact property that the account lacks",
        "HubSpot refuses an event without a definition, and a contact with a property that contacts do not have.",
        "`hubspot-dest definitions apply` creates what is missing.",
        "HubSpot wire facts, sections 1.3 and 3.7",
    ),
    Check(
        "definition_property_missing",
        "lost",
        "GAP",
        "a property that the event's definition lacks",
        "Whether HubSpot refuses such an event or accepts it without the property is unknown; the value arrives in "
        "neither case.",
        "`hubspot-dest definitions apply` adds the property to the definition.",
        "HubSpot wire facts, section 1.3",
        by="both",
    ),
    Check(
        "definition_conflict",
        "refused",
        "CAP",
        "a contact property whose type does not accept the values",
        "The account has the property with a type or options that do not accept one of the values, and HubSpot refuses "
        "the contact. The type of a property is not changed by `definitions apply`.",
        "Send a value of the account's type, or another property.",
        "HubSpot wire facts, section 3.7",
    ),
    Check(
        "definition_property_conflict",
        "doubtful",
        "GAP",
        "an event property whose type does not accept the values",
        "The definition has the property with a type or options that do not accept one of the values. Whether HubSpot "
        "refuses the event, drops the value or stores it is unknown. The type of a property is not changed by "
        "`definitions apply`.",
        "Send a value of the account's type, or another property.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "definition_impossible",
        "refused",
        "DOC",
        "an event or a property that no account can have",
        "HubSpot does not accept the name, or the account has the maximum number of definitions or properties.",
        "Rename it with settings.eventName, or map fewer.",
        "HubSpot wire facts, sections 1.5 and 2.2",
    ),
)

VERIFY_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Every check of `verify` itself by its code."""

EVERY_CHECK: Final[Mapping[str, Check]] = MappingProxyType(
    {**CATALOGUE, **LINT_CHECKS, **CONTRACT_CHECKS, **VERIFY_CHECKS}
)
"""Every check of every catalogue by its code."""


def verify_finding(code: str, sentence: str, **more: Any) -> Finding:
    """Return a finding of one of `verify`'s checks; `more` are further attributes of `Finding`."""
    check = VERIFY_CHECKS[code]
    fix = more.pop("fix", "") or check.fix
    return Finding(code, check.severity, sentence, fix, check.evidence, by=check.by, **more)
