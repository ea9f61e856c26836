"""The lint checks that concern a configuration alone; what concerns HubSpot is in `checks.catalogue`.

`lint --explain CODE` and docs/lint.md are made from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hubspot_dest.checks.catalogue import CATALOGUE as HUBSPOT_CHECKS
from hubspot_dest.checks.catalogue import Check

__all__ = ["LINT_CHECKS", "check_of"]


def _lost(code: str, title: str, about: str, fix: str, source: str) -> Check:
    return Check(code, "lost", "WALKEROS", title, about, fix, source, by="both")


def _doubtful(code: str, title: str, about: str, fix: str, source: str) -> Check:
    return Check(code, "doubtful", "WALKEROS", title, about, fix, source)


_CHECKS: Final = (
    # ---- the file
    _lost(
        "syntax",
        "the file is neither JSON nor YAML",
        "The file cannot be parsed, so nothing of it takes effect.",
        "Correct the line that is named.",
        "RFC 8259; YAML 1.1",
    ),
    _lost(
        "duplicate_key",
        "a map has a key twice",
        "JSON and YAML readers keep one of the two values and drop the other without a message.",
        "Remove one of them.",
        "RFC 8259, section 4",
    ),
    _lost(
        "unknown_key",
        "a key that is not part of the format",
        "walkerOS ignores a key that it does not know, and this sender refuses it: the setting has no "
        "effect.",
        "Correct the spelling, or remove the key.",
        "walkerOS 4.4, sections 4.1, 5.1 and 6.1",
    ),
    _lost(
        "invalid_value",
        "a value of the wrong type or range",
        "The value cannot be used where it is.",
        "Use a value of the type that is named.",
        "walkerOS 4.4, sections 4.1 and 5.1",
    ),
    _lost(
        "prefix_missing",
        "no prefix for the names of events",
        "walkerOS' destination and this sender refuse to start without settings.eventNamePrefix, so that no event is "
        "sent.",
        "Set settings.eventNamePrefix to `pe<HubID>_`, for example `pe12345678_`.",
        "walkerOS 4.4, section 5.1",
    ),
    # ---- flow files
    _lost(
        "flow_version",
        "a flow file of another version",
        "walkerOS 4 loads only files of version 4.",
        "Set version to 4 and convert the file.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "flow_old_key",
        "a key of an earlier version of the flow format",
        "Version 4 has other names for it: config.platform instead of web and server, config.bundle instead of bundle "
        "and packages, variables instead of definitions, import instead of a named code.",
        "Use the key of version 4.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "flow_destination",
        "no HubSpot destination, or several",
        "The command reads one HubSpot destination.",
        "Select it with FILE#flow.destination.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "reference_unresolved",
        "a reference to a variable, contract or flow that does not exist",
        "walkerOS refuses a flow with such a reference.",
        "Correct the name, or define it.",
        "walkerOS 4.4, section 6.2",
    ),
    _doubtful(
        "reference_unset",
        "an environment variable that is not set",
        "On a server the setting becomes undefined; inside a longer text, walkerOS 4.7 writes the text undefined.",
        "Set the variable, or give a default: $env.NAME:default.",
        "walkerOS 4.4, section 6.2; walkerOS since 4.4, section 4",
    ),
    _doubtful(
        "reference_as_text",
        "a reference that stays text",
        "walkerOS resolves $secret, $flow, $contract and $store only as a whole value, and does not know other forms; "
        "the text is sent as written.",
        "Use the form that is named.",
        "walkerOS 4.4, section 6.2",
    ),
    _doubtful(
        "step_not_run",
        "a step that is not run here",
        "Transformers before or after the destination, routes and caches can change or drop events in walkerOS; this "
        "sender does not run them.",
        "Check the events after these steps: save what they produce, and preview that.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "example_invalid",
        "a step example that cannot be checked",
        "The example has no valid event or no valid expectation, so it proves nothing.",
        "Correct the example.",
        "walkerOS 4.4, section 6.5",
    ),
    _doubtful(
        "example_without_out",
        "a step example without an expectation",
        "Without `out` there is nothing to compare: the example proves nothing.",
        "Add out: [[call, …]], or out: [] where nothing is sent.",
        "walkerOS 4.4, section 6.5",
    ),
    _doubtful(
        "token_in_file",
        "an access token in clear text",
        "Anyone who can read the file can write to the HubSpot account.",
        "Remove it, and set HUBSPOT_ACCESS_TOKEN, or use $env.NAME or $secret.NAME.",
        "OWASP secrets management",
    ),
    # ---- the destination
    _doubtful(
        "no_effect",
        "a field without effect for HubSpot",
        "walkerOS reads the field and its HubSpot destination does not use it.",
        "Remove it, or use the field that is named.",
        "walkerOS 4.4, sections 4.1 and 5.1",
    ),
    _doubtful(
        "env_ignored",
        "an env that is not used",
        "A client or another object in env exists only in a program, not in a file.",
        "Remove it; the official client is used.",
        "walkerOS 4.4, section 4.1",
    ),
    _doubtful(
        "policy_overlap",
        "two policy paths where one contains the other",
        "walkerOS applies the entries concurrently: which one wins depends on how long each takes.",
        "Use one of the two paths.",
        "walkerOS 4.4, section 3.4",
    ),
    _doubtful(
        "default_property_type",
        "a default property that is not text",
        "Default properties are sent without conversion. HubSpot's API expects text.",
        "Write the value as text.",
        "walkerOS 4.4, section 5.6; HubSpot wire facts, section 1.3",
    ),
    _doubtful(
        "property_near_standard",
        "a property that is written almost like a standard one of HubSpot",
        "HubSpot's own event properties begin with hs_, and this is not one of them.",
        "Correct the name, or rename a property of your own so that it does not begin with hs_.",
        "HubSpot wire facts, section 2.5",
    ),
    _lost(
        "identity_never",
        "no event can have an identity",
        "Neither e-mail nor objectId can resolve, so walkerOS skips every event.",
        "Set settings.email or settings.objectId to a path that events have.",
        "walkerOS 4.4, section 5.3",
    ),
    _lost(
        "identity_constant_number",
        "an identity that is a number",
        "walkerOS accepts an e-mail or objectId only as text; a number does not count.",
        "Write it as text.",
        "walkerOS 4.4, section 5.3",
    ),
    _doubtful(
        "identity_mismatch",
        "identify and identity name different people",
        "The contact is updated by identify's e-mail while the event belongs to settings.email: they are two contacts "
        "where the two paths differ.",
        "Use the same path in both.",
        "walkerOS 4.4, defect D17",
    ),
    _doubtful(
        "identify_without_email",
        "an identify without an e-mail",
        "A contact is created or updated by its e-mail; without one no call is made.",
        "Map email in identify.",
        "walkerOS 4.4, section 5.4",
    ),
    # ---- rules
    _doubtful(
        "rule_hidden",
        "a rule at * that a listed entity hides",
        "Rules at `*` with an action are only looked up for entities that the mapping does not list.",
        "Add the action to the listed entity.",
        "walkerOS 4.4, section 3.1",
    ),
    _lost(
        "rule_shadowed",
        "a rule after one that always matches",
        "The first rule of a list without a condition, or with one that is always true, applies; later ones are never "
        "tried.",
        "Move it before the unconditional rule, or give that one a condition.",
        "walkerOS 4.4, section 3.1",
    ),
    _lost(
        "rule_empty_list",
        "an empty list of rules",
        "An empty list matches nothing and hides the rules at `*`.",
        "Remove it, or add a rule.",
        "walkerOS 4.4, section 3.1",
    ),
    _lost(
        "rule_key",
        "a mapping key that no event name can match",
        "The mapping is nested: entity, then action. A key with a space or a dot, and an action at the top level, "
        "match no event.",
        'Nest it: {"order": {"complete": {…}}}.',
        "walkerOS 4.4, section 3.1",
    ),
    _doubtful(
        "rule_without_effect",
        "settings of a rule that ignores its event",
        "With ignore: true nothing is sent, so the rule's settings have no effect.",
        "Remove ignore or the settings.",
        "walkerOS 4.4, section 3.2",
    ),
    _doubtful(
        "condition_async",
        "an async condition",
        "walkerOS 4.4 does not await a rule's condition: a promise is true, so the rule always matches. Since 4.7.2 it "
        "is awaited.",
        "Make the condition synchronous.",
        "walkerOS 4.4, section 3.1; since 4.7.2",
    ),
    # ---- values
    _doubtful(
        "producer_dead",
        "a producer of a value that another one replaces",
        "Of loop, map, set, key and fn, in this order, only the first counts (since 4.7.0); in 4.4 the others run and "
        "are overwritten.",
        "Keep one of them.",
        "walkerOS 4.4, section 2.3; since 4.7.0",
    ),
    _doubtful(
        "path_old_field",
        "a path of walkerOS 3",
        "walkerOS 4 has no event, group, count or version at the top level of an event.",
        "Use name for event, and source.count and source.version for the counters.",
        "walkerOS 4.4, section 9",
    ),
    _lost(
        "path_notation",
        "a path in another notation than walkerOS'",
        "Steps are separated by single dots: an empty step looks up the empty key, brackets and spaces around a step "
        "are parts of a key. No event has such keys.",
        "Write the path with dots alone: nested.0.data.id.",
        "walkerOS 4.4, section 2.4",
    ),
    _doubtful(
        "path_trailing_star",
        "a path that ends in *",
        "A trailing * looks up the empty key in each item: it gives a list of nothing, not the items.",
        "Remove .* for the whole list, or name a field: nested.*.data.",
        "walkerOS 4.4, section 2.4",
    ),
    _doubtful(
        "path_star_on_map",
        "a * on a value that is not a list",
        "On anything but a list, * is an ordinary key.",
        "Use a loop, or a path without *.",
        "walkerOS 4.4, section 2.4",
    ),
    _doubtful(
        "loop_may_be_missing",
        "a loop over a list that may be missing",
        "Where the list is missing, walkerOS 4.4 sends the whole event as [object Object]; since 4.7.0 it sends "
        "nothing.",
        "Give the value a condition that checks the list.",
        "walkerOS 4.4, section 2.3; since 4.7.0",
    ),
    _doubtful(
        "alternative_stops",
        "an alternative after one that always gives a value",
        "The first alternative that gives a value is used, and an empty text is a value: later ones are never tried.",
        "Reorder the alternatives.",
        "walkerOS 4.4, section 2.2",
    ),
    _doubtful(
        "value_null",
        "a null in a value",
        "walkerOS has no null: one null in a map makes the whole map nothing.",
        "Remove it.",
        "walkerOS 4.4, section 2.7",
    ),
    # ---- functions
    _lost(
        "code_syntax",
        "a $code: function that does not compile",
        "The function cannot run; every event that needs it fails.",
        "Correct the JavaScript. It must be one expression, a function.",
        "walkerOS 4.4, section 7",
    ),
    _lost(
        "code_no_function",
        "a $code: text that is not a function",
        "Where a function is called, fn, condition and validate, the text after $code: must evaluate to a function.",
        "Write a function: (event) => event.data.total.",
        "walkerOS 4.4, section 7",
    ),
    _doubtful(
        "code_environment",
        "a function that reads the environment of its process",
        "walkerOS' server has process.env, and another value on every machine; this sender's functions run without it, "
        "and the value is nothing.",
        "Use $env.NAME in the configuration, which is resolved when the flow is loaded.",
        "walkerOS 4.4, sections 6.2 and 7",
    ),
    _lost(
        "code_missing_api",
        "a function that uses what production lacks",
        "The name does not exist in the sandbox of the server, so the call throws.",
        "Use the replacement that is named.",
        "walkerOS 4.4, section 7",
    ),
    _doubtful(
        "code_new_api",
        "a function that needs a newer Node.js",
        "The function is missing in the version that is named.",
        "Use the replacement that is named, or raise --node.",
        "Node.js release notes",
    ),
    _doubtful(
        "code_not_deterministic",
        "a function whose result changes from call to call",
        "Random numbers and the current time give another value at every attempt: retries and previews differ.",
        "Use the event's id or timestamp.",
        "walkerOS 4.4, section 7",
    ),
)

LINT_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Every lint check by its code."""


def check_of(code: str) -> Check:
    """Return the check of a code, a lint check or one of HubSpot's.

    Raises:
        KeyError: there is no such code.

    """
    return LINT_CHECKS[code] if code in LINT_CHECKS else HUBSPOT_CHECKS[code]
