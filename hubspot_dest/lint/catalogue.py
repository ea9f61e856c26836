"""The catalogue of lint checks; the checks of HubSpot's rules are in `checks.catalogue`.

`lint --explain CODE` and docs/lint.md are generated from it.
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
        "The file cannot be parsed, so none of it has any effect.",
        "Correct the reported line.",
        "RFC 8259; YAML 1.1",
    ),
    _lost(
        "duplicate_key",
        "a duplicate key in a map",
        "JSON and YAML parsers keep one of the two values and silently drop the other.",
        "Remove one of them.",
        "RFC 8259, section 4",
    ),
    _lost(
        "unknown_key",
        "a key that is not part of the format",
        "walkerOS ignores an unknown key, and this sender refuses it, so the setting has no effect.",
        "Correct the spelling, or remove the key.",
        "walkerOS 4.4, sections 4.1, 5.1 and 6.1",
    ),
    _lost(
        "invalid_value",
        "a value of the wrong type or range",
        "The value is not valid for this key.",
        "Use a value of the type given in the message.",
        "walkerOS 4.4, sections 4.1 and 5.1",
    ),
    _lost(
        "prefix_missing",
        "no prefix for event names",
        "walkerOS' destination and this sender refuse to start without settings.eventNamePrefix, so no event is sent.",
        "Set settings.eventNamePrefix to `pe<HubID>_`, for example `pe12345678_`.",
        "walkerOS 4.4, section 5.1",
    ),
    # ---- flow files
    _lost(
        "flow_version",
        "a flow file of another version",
        "walkerOS 4 loads only files of version 4.",
        "Convert the file, and set version to 4.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "flow_old_key",
        "a key of an earlier version of the flow format",
        "Version 4 uses other keys: config.platform instead of web and server, config.bundle instead of bundle and "
        "packages, variables instead of definitions, import instead of a named code.",
        "Use the key of version 4.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "flow_destination",
        "no HubSpot destination, or several",
        "The command needs exactly one HubSpot destination.",
        "Select one with FILE#flow.destination.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "reference_unresolved",
        "a reference to a variable, contract or flow that does not exist",
        "walkerOS refuses a flow with such a reference.",
        "Correct the name, or define the variable, contract or flow.",
        "walkerOS 4.4, section 6.2",
    ),
    _doubtful(
        "reference_unset",
        "an environment variable that is not set",
        "On a server, the setting becomes undefined; inside a longer text, walkerOS 4.7 inserts the word undefined.",
        "Set the variable, or add a default: $env.NAME:default.",
        "walkerOS 4.4, section 6.2; walkerOS since 4.4, section 4",
    ),
    _doubtful(
        "reference_as_text",
        "a reference that is sent as text",
        "walkerOS resolves $secret, $flow, $contract and $store only if they are the whole value, and supports no "
        "other forms; the text is sent as written.",
        "Use the form given in the message.",
        "walkerOS 4.4, section 6.2",
    ),
    _doubtful(
        "step_not_run",
        "a step that is not run here",
        "In walkerOS, transformers before or after the destination, routes and caches can change or drop events; this "
        "sender does not run them.",
        "Save the events that these steps produce, and preview those.",
        "walkerOS 4.4, section 6.1",
    ),
    _lost(
        "example_invalid",
        "a step example that cannot be checked",
        "The example has no valid event or no valid expected calls, so it proves nothing.",
        "Correct the example.",
        "walkerOS 4.4, section 6.5",
    ),
    _doubtful(
        "example_without_out",
        "a step example without expected calls",
        "Without `out` there is nothing to compare, so the example proves nothing.",
        "Add out: [[call, …]], or out: [] if nothing is sent.",
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
        "walkerOS reads the field, but its HubSpot destination does not use it.",
        "Remove it, or use the field given in the message.",
        "walkerOS 4.4, sections 4.1 and 5.1",
    ),
    _doubtful(
        "env_ignored",
        "an env that is not used",
        "A client or another object in env can only be provided by a program, not by a file.",
        "Remove it; the official client is used.",
        "walkerOS 4.4, section 4.1",
    ),
    _doubtful(
        "policy_overlap",
        "two policy paths where one contains the other",
        "walkerOS applies the entries concurrently, so the result depends on how long each takes.",
        "Use only one of the two paths.",
        "walkerOS 4.4, section 3.4",
    ),
    _doubtful(
        "default_property_type",
        "a default property that is not text",
        "Default properties are sent without conversion, but HubSpot's API expects text.",
        "Write the value as text.",
        "walkerOS 4.4, section 5.6; HubSpot wire facts, section 1.3",
    ),
    _doubtful(
        "property_near_standard",
        "a property name that resembles one of HubSpot's standard properties",
        "HubSpot's standard event properties begin with hs_, but this is not one of them.",
        "Correct the name; if it is your own property, choose a name that does not begin with hs_.",
        "HubSpot wire facts, section 2.5",
    ),
    _lost(
        "identity_never",
        "no event can have an identity",
        "Neither e-mail nor objectId can have a value, so walkerOS skips every event.",
        "Set settings.email or settings.objectId to a path that events have.",
        "walkerOS 4.4, section 5.3",
    ),
    _lost(
        "identity_constant_number",
        "an identity that is a number",
        "walkerOS accepts an e-mail or objectId only as text; a number is ignored.",
        "Write it as text.",
        "walkerOS 4.4, section 5.3",
    ),
    _doubtful(
        "identity_mismatch",
        "different e-mails for identify and the event",
        "identify updates the contact with its own e-mail, while the event belongs to the contact with settings.email. "
        "If the values differ, these are two contacts.",
        "Use the same path in both.",
        "walkerOS 4.4, defect D17",
    ),
    _doubtful(
        "identify_without_email",
        "an identify without an e-mail",
        "A contact is created or updated by its e-mail; without an e-mail, no call is made.",
        "Map email in identify.",
        "walkerOS 4.4, section 5.4",
    ),
    # ---- rules
    _doubtful(
        "rule_hidden",
        "a rule at * that is hidden by a listed entity",
        "Rules at `*` with an action are only used for entities that the mapping does not list.",
        "Add the action to the listed entity.",
        "walkerOS 4.4, section 3.1",
    ),
    _lost(
        "rule_shadowed",
        "a rule after one that always matches",
        "The first rule in a list whose condition is true, or that has none, is used; later rules are never tried.",
        "Move it before the unconditional rule, or add a condition to that rule.",
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
        "The mapping is nested: entity, then action. A key with a space or a dot, or an action at the top level, never "
        "matches an event.",
        'Nest it: {"order": {"complete": {…}}}.',
        "walkerOS 4.4, section 3.1",
    ),
    _doubtful(
        "rule_without_effect",
        "settings in a rule that ignores its event",
        "With ignore: true nothing is sent, so the rule's settings have no effect.",
        "Remove ignore or the settings.",
        "walkerOS 4.4, section 3.2",
    ),
    _doubtful(
        "condition_async",
        "an async condition",
        "walkerOS 4.4 does not await a rule's condition, and a promise is truthy, so the rule always matches. Since "
        "4.7.2 it is awaited.",
        "Make the condition synchronous.",
        "walkerOS 4.4, section 3.1; since 4.7.2",
    ),
    # ---- values
    _doubtful(
        "producer_dead",
        "a producer of a value that is overridden by another",
        "Of loop, map, set, key and fn, only the first one present, in this order, has an effect (since 4.7.0); in 4.4 "
        "the others run, and their results are overwritten.",
        "Keep only one of them.",
        "walkerOS 4.4, section 2.3; since 4.7.0",
    ),
    _doubtful(
        "path_old_field",
        "a path of walkerOS 3",
        "In walkerOS 4, events have no fields event, group, count and version.",
        "Use name instead of event, custom instead of group, source.count and source.version.",
        "walkerOS 4.4, section 9",
    ),
    _lost(
        "path_notation",
        "a path in a notation that walkerOS does not support",
        "Steps are separated by single dots. An empty step means the empty key, and brackets and spaces around a step "
        "are part of the key; no event has such keys.",
        "Write the path with single dots: nested.0.data.id.",
        "walkerOS 4.4, section 2.4",
    ),
    _doubtful(
        "path_trailing_star",
        "a path that ends in *",
        "A trailing * looks up the empty key in each item, so the result is a list of undefined values, not the items.",
        "Remove .* to get the list, or add a field: nested.*.data.",
        "walkerOS 4.4, section 2.4",
    ),
    _doubtful(
        "path_star_on_map",
        "a * after a field that is not a list",
        "Except in a list, * is an ordinary key.",
        "Use a loop, or a path without *.",
        "walkerOS 4.4, section 2.4",
    ),
    _doubtful(
        "loop_may_be_missing",
        "a loop over a list that may be missing",
        "If the list is missing, walkerOS 4.4 sends the whole event as [object Object]; since 4.7.0 it sends nothing.",
        "Add a condition to the value that checks the list.",
        "walkerOS 4.4, section 2.3; since 4.7.0",
    ),
    _doubtful(
        "alternative_stops",
        "an alternative after one that always has a value",
        "The first alternative with a value is used, and an empty text is a value; later alternatives are never tried.",
        "Reorder the alternatives.",
        "walkerOS 4.4, section 2.2",
    ),
    _doubtful(
        "value_null",
        "a null in a value",
        "walkerOS does not accept null: a single null in a map discards the whole map.",
        "Remove it.",
        "walkerOS 4.4, section 2.7",
    ),
    # ---- functions
    _lost(
        "code_syntax",
        "a $code: function that does not compile",
        "The function cannot run; every event that needs it fails.",
        "Correct the JavaScript. It must be a single expression, a function.",
        "walkerOS 4.4, section 7",
    ),
    _lost(
        "code_no_function",
        "a $code: text that is not a function",
        "In fn, condition and validate, the text after $code: must evaluate to a function.",
        "Write a function: (event) => event.data.total.",
        "walkerOS 4.4, section 7",
    ),
    _doubtful(
        "code_environment",
        "a function that reads environment variables of its process",
        "process.env exists in walkerOS' server and differs between machines; this sender runs functions without it, "
        "so the value is undefined.",
        "Use $env.NAME in the configuration, which is resolved when the flow is loaded.",
        "walkerOS 4.4, sections 6.2 and 7",
    ),
    _lost(
        "code_missing_api",
        "a function that uses an API that walkerOS' server does not have",
        "The API does not exist in the sandbox of walkerOS' server, so the call throws.",
        "Use the replacement given in the message.",
        "walkerOS 4.4, section 7",
    ),
    _doubtful(
        "code_new_api",
        "a function that needs a newer Node.js",
        "The API does not exist in the configured version of Node.js.",
        "Use the replacement given in the message, or raise --node.",
        "Node.js release notes",
    ),
    _doubtful(
        "code_not_deterministic",
        "a function whose result differs from call to call",
        "Random numbers and the current time differ on every attempt, so retries and previews do not match.",
        "Use the event's id or timestamp.",
        "walkerOS 4.4, section 7",
    ),
)

LINT_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Code to lint check."""


def check_of(code: str) -> Check:
    """Return a lint check, or a check of HubSpot's rules, by its code.

    Raises:
        KeyError: unknown code.

    """
    return LINT_CHECKS[code] if code in LINT_CHECKS else HUBSPOT_CHECKS[code]
