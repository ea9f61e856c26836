"""The catalogue of checks: code, severity, evidence, explanation and fix of each.

`hubspot-dest explain` and docs/checks.md are generated from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hubspot_dest.checks.finding import By, Evidence, Finding, Severity, Violation

__all__ = ["CATALOGUE", "EVIDENCE_MEANINGS", "Check", "Switch", "finding_of"]

EVIDENCE_MEANINGS: Final[Mapping[Evidence, str]] = MappingProxyType(
    {
        "SPEC": "HubSpot's own OpenAPI files",
        "DOC": "a page of HubSpot's documentation",
        "CAP": "a recorded response of the real HubSpot",
        "2ND": "a third party's written claim, without a recording",
        "INFER": "inferred from related evidence",
        "GAP": "no evidence was found, so HubSpot's behaviour is unknown",
        "WALKEROS": "the code of walkerOS 4.4, read and executed",
    }
)


@dataclass(frozen=True, slots=True)
class Switch:
    """A switch of the simulated HubSpot for behaviour that is unknown of the real one.

    Attributes:
        name: the name in `hubspot-sim serve --switch NAME=VALUE`.
        refuses: the value that makes it refuse or drop.

    """

    name: str
    refuses: str


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of HubSpot, or a rule of walkerOS that loses events or values.

    Attributes:
        code: the stable code that findings refer to.
        severity: `refused` requires the evidence SPEC, DOC or CAP; weaker evidence makes a check `doubtful`.
        evidence: how the rule is known.
        title: the subject, in one line.
        about: what happens and why.
        fix: what to do about it.
        source: the documents that state the rule.
        wording: HubSpot's own message, if it was recorded.
        by: which senders lose it, for severity `lost`.
        switch: the switch of the simulated HubSpot, if the real one's behaviour is unknown.

    """

    code: str
    severity: Severity
    evidence: Evidence
    title: str
    about: str
    fix: str
    source: str
    wording: str = ""
    by: By | None = None
    switch: Switch | None = None


_NO_EVENT: Final = "Event with fully qualified name pe12345678_x does not exist."
_NO_PROPERTY: Final = 'Property "x" does not exist'

_CHECKS: Final = (
    # ---- names of events
    Check(
        "event_prefix",
        "refused",
        "CAP",
        "an event name without the prefix `pe<HubID>_`",
        "The full name of a custom event is `pe<HubID>_<name>`, with the portal's number in it. HubSpot answers 400 to "
        "any other name.",
        "Set settings.eventNamePrefix to pe, the portal's number and an underscore.",
        "HubSpot wire facts, section 1.3 (segmentio/action-destinations PR 1364)",
        _NO_EVENT,
    ),
    Check(
        "event_prefix_doubled",
        "refused",
        "CAP",
        "the prefix occurs twice in an event name",
        "settings.eventNamePrefix is added to every event name. If eventName already has it, the full name "
        "contains it twice; no event can have such a name, and HubSpot answers 400.",
        "Leave the prefix out of settings.eventName.",
        "HubSpot wire facts, section 1.3; walkerOS 4.4, section 5.5",
        _NO_EVENT,
    ),
    Check(
        "event_prefix_portal",
        "refused",
        "CAP",
        "the prefix names another portal",
        "The number in the prefix is not the number of the account that the token belongs to. HubSpot answers 400.",
        "Set settings.eventNamePrefix to the prefix of the account.",
        "HubSpot wire facts, section 1.3",
        _NO_EVENT,
    ),
    Check(
        "event_name_empty",
        "refused",
        "CAP",
        "an event name that is only the prefix",
        "There is no name after the prefix, so no event definition can match.",
        "Set settings.eventName in the rule.",
        "HubSpot wire facts, section 1.3",
        _NO_EVENT,
    ),
    Check(
        "event_name_characters",
        "refused",
        "DOC",
        "an event name with characters that HubSpot does not allow",
        "Event names begin with a letter and consist of a-z, 0-9 and _. Without settings.eventName, the name is the "
        "event's own in lower case, with _ for spaces; accented letters and punctuation are kept.",
        "Set settings.eventName in the rule, using only a-z, 0-9 and _.",
        "HubSpot wire facts, sections 1.5 and 2.2",
        _NO_EVENT,
    ),
    Check(
        "event_name_length",
        "refused",
        "DOC",
        "an event name of more than 50 characters",
        "After the prefix, a name may have at most 50 characters.",
        "Set a shorter settings.eventName in the rule.",
        "HubSpot wire facts, sections 1.5 and 2.2",
        _NO_EVENT,
    ),
    Check(
        "event_name_hyphen",
        "doubtful",
        "2ND",
        "an event name with a hyphen",
        "HubSpot's current guide allows a-z, 0-9 and _; an older edition, Segment and PostHog also allow hyphens.",
        "Use _ instead.",
        "HubSpot wire facts, section 11",
        switch=Switch("name_hyphen", "reject"),
    ),
    Check(
        "event_undefined",
        "refused",
        "CAP",
        "an event without a definition in the account",
        "HubSpot accepts occurrences only of defined events, and answers 400 to any other. The definitions come from "
        "the account file (`--account`) or from HubSpot itself.",
        "Define the event in HubSpot, or map to the name of a defined event.",
        "HubSpot wire facts, sections 1.3 and 2.4",
        _NO_EVENT,
    ),
    # ---- properties of events
    Check(
        "property_name_characters",
        "refused",
        "DOC",
        "a property name with characters that HubSpot does not allow",
        "Names of event properties begin with a letter and consist of a-z, 0-9 and _; otherwise the request fails.",
        "Rename the property in the mapping.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "property_name_length",
        "refused",
        "DOC",
        "a property name of more than 50 characters",
        "Internal names of event properties may have at most 50 characters; if a limit is exceeded, the request fails.",
        "Shorten the name in the mapping.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "property_name_capital",
        "doubtful",
        "2ND",
        "a property name with capitals",
        "HubSpot's guide allows a-z, 0-9 and _; PostHog's destination creates properties in camelCase.",
        "Use lower case.",
        "HubSpot wire facts, section 11",
        switch=Switch("name_capital", "reject"),
    ),
    Check(
        "property_name_hyphen",
        "doubtful",
        "2ND",
        "a property name with a hyphen",
        "HubSpot's current guide allows a-z, 0-9 and _; an older edition also allowed hyphens.",
        "Use _ instead.",
        "HubSpot wire facts, sections 1.5 and 11",
        switch=Switch("name_hyphen", "reject"),
    ),
    Check(
        "property_name_twins",
        "doubtful",
        "DOC",
        "two property names that differ only in capitals",
        "Names that are equal in lower case count as duplicates, and HubSpot keeps only one of them.",
        "Rename one of them.",
        "HubSpot wire facts, section 1.5",
    ),
    Check(
        "properties_count",
        "refused",
        "DOC",
        "more than 50 properties with data",
        "An occurrence may have at most 50 properties with data; if a limit is exceeded, the request fails.",
        "Map fewer properties; default properties count, too.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "value_length",
        "refused",
        "DOC",
        "a value that is too long",
        "The value of an event property may have at most 256 characters, or 1,024 if the property's name contains url, "
        "referrer or link; if a limit is exceeded, the request fails.",
        "Map a shorter value.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "property_undefined",
        "doubtful",
        "GAP",
        "a property that the event's definition does not have",
        "HubSpot does not document whether it refuses the occurrence or drops the property. The value is lost either "
        "way.",
        "Add the property to the definition in HubSpot, or leave it out of the mapping.",
        "HubSpot wire facts, section 1.3",
        switch=Switch("unknown_property", "reject"),
    ),
    *(
        Check(
            f"property_{kind}",
            "doubtful",
            "GAP",
            f"an event property's value that {what}",
            "HubSpot does not document whether it refuses the occurrence or drops the value for custom events.",
            fix,
            "HubSpot wire facts, sections 1.3 and 2.5",
            switch=Switch("bad_value", "reject"),
        )
        for kind, what, fix in (
            ("value_number", "is not a number", "Send digits with a decimal point."),
            ("value_date", "is not a date", "Send YYYY-MM-DD or milliseconds of midnight UTC."),
            ("value_midnight", "is not midnight UTC, for a date property", "Send only the day."),
            ("value_datetime", "is not a point in time", "Send milliseconds since 1970 or ISO 8601."),
            ("value_bool", "is neither true nor false", "Send true or false."),
            ("value_option", "is not one of the options", "Send the internal value of an option."),
        )
    ),
    Check(
        "property_value_seconds",
        "doubtful",
        "INFER",
        "an event property's point in time that looks like seconds",
        "HubSpot expects milliseconds since 1970; read as such, the number is a date in January 1970.",
        "Multiply it by 1000.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "value_object",
        "doubtful",
        "WALKEROS",
        "an object that is sent as [object Object]",
        "walkerOS converts every value to text as JavaScript does, and the text of an object is [object Object].",
        "Map one of its values instead.",
        "walkerOS 4.4, section 5.6",
    ),
    Check(
        "value_nothing",
        "doubtful",
        "WALKEROS",
        "a value that is sent as NaN, undefined, null, Infinity or Invalid Date",
        "JavaScript produces these texts for an invalid number or date or a missing value, such as the result of a "
        "calculation with a missing field. HubSpot stores them as text. NaN as the result of a function is not "
        "sent at all: walkerOS leaves the property out without a message.",
        "Return undefined if there is no value; the property is then left out.",
        "walkerOS 4.4, section 5.6",
    ),
    Check(
        "payload_size",
        "doubtful",
        "GAP",
        "a request of more than a megabyte",
        "HubSpot does not document its limit on the size of a request; its network answers 413 to one that is too "
        "large.",
        "Map fewer properties, or shorter values.",
        "HubSpot wire facts, section 1.3",
    ),
    # ---- identity of events
    Check(
        "email_invalid",
        "doubtful",
        "GAP",
        "an occurrence whose e-mail is not an address, or an unusual one",
        "HubSpot's behaviour is unknown: it may refuse the occurrence, or store it without a contact.",
        "Map a field that contains an e-mail address.",
        "HubSpot wire facts, section 1.3",
        switch=Switch("invalid_email", "reject"),
    ),
    Check(
        "email_reserved",
        "doubtful",
        "GAP",
        "an occurrence whose e-mail ends in a domain reserved for examples",
        "RFC 2606 reserves .example, .invalid and .localhost for examples. The simulated HubSpot accepts them; the "
        "behaviour of the real one is unknown.",
        "Use real addresses, or example.org in tests.",
        "HubSpot wire facts, sections 1.3 and 11",
    ),
    Check(
        "object_id_not_number",
        "doubtful",
        "GAP",
        "an object id that is not a number",
        "HubSpot documents record ids (numbers) and visitor ids. An occurrence with an unknown id is probably dropped.",
        "Map the id of the HubSpot record, or the e-mail.",
        "HubSpot wire facts, sections 1.2 and 1.3",
        switch=Switch("unknown_object_id", "reject"),
    ),
    Check(
        "identity_number",
        "lost",
        "WALKEROS",
        "an identity that is not text",
        "walkerOS' HubSpot destination accepts e-mail and objectId only as text. A number, a boolean, a map or a list "
        "is ignored, and an event without another identity is skipped silently.",
        'Convert it to text with a function: {"fn": "$code:(event) => String(event.user.id)"}.',
        "walkerOS 4.4, section 5.3",
        by="both",
    ),
    Check(
        "identity_number_ignored",
        "doubtful",
        "WALKEROS",
        "one of two identities is not text and is ignored",
        "walkerOS' HubSpot destination accepts e-mail and objectId only as text, so it uses only the other identity.",
        "Convert it to text with a function.",
        "walkerOS 4.4, section 5.3",
    ),
    Check(
        "identity_path",
        "lost",
        "WALKEROS",
        "no event can have an identity: the paths begin with fields that events do not have",
        "Events without e-mail and objectId are skipped, and no event has the fields that the paths begin with.",
        "Correct the paths, for example to user.email.",
        "walkerOS 4.4, sections 1.1 and 5.3",
        by="both",
    ),
    # ---- times
    Check(
        "occurred_at_past",
        "doubtful",
        "INFER",
        "an occurrence with an implausibly early time",
        "HubSpot expects milliseconds; a timestamp in seconds becomes a date in January 1970. HubSpot's handling of "
        "very old occurrences is unknown.",
        "Send the timestamp in milliseconds since 1970.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "occurred_at_future",
        "doubtful",
        "GAP",
        "an occurrence more than a day in the future",
        "It is unknown whether HubSpot keeps or drops occurrences in the future.",
        "Check the clock and the unit of the timestamp.",
        "HubSpot wire facts, section 1.3",
        switch=Switch("future_occurred_at", "drop"),
    ),
    # ---- contacts
    Check(
        "contact_email_invalid",
        "refused",
        "CAP",
        "a contact whose e-mail is not an address",
        "HubSpot answers 400 with INVALID_EMAIL to a contact whose e-mail is not an address, or ends in a top-level "
        "domain that does not exist.",
        "Map a field that contains an e-mail address, and correct misspelt addresses.",
        "HubSpot wire facts, sections 3.7 and 11",
        "Email address x is invalid",
    ),
    Check(
        "contact_email_domain",
        "doubtful",
        "2ND",
        "a contact's e-mail with an unknown top-level domain",
        "HubSpot has been reported to refuse unknown top-level domains. This one is not in the list, which may be "
        "older than the domain.",
        "Check the address.",
        "HubSpot wire facts, section 11",
        "Email address x is invalid",
    ),
    Check(
        "contact_email_reserved",
        "doubtful",
        "GAP",
        "a contact's e-mail that ends in a domain reserved for examples",
        "RFC 2606 reserves .example, .invalid and .localhost for examples. The simulated HubSpot accepts them; the "
        "real one has been reported to refuse other unknown top-level domains.",
        "Use real addresses, or example.org in tests.",
        "HubSpot wire facts, section 11",
    ),
    Check(
        "contact_email_strict",
        "doubtful",
        "INFER",
        "a contact's e-mail that strict validators refuse",
        "HubSpot's responses suggest a family of validators that also refuses double, leading and trailing dots before "
        "the @, domains with _ and labels that begin with a hyphen. There is no recording of HubSpot doing so.",
        "Check the address.",
        "HubSpot wire facts, section 11",
        switch=Switch("strict_email", "reject"),
    ),
    Check(
        "contact_email_spaces",
        "doubtful",
        "GAP",
        "a contact's e-mail with spaces around it",
        "It is unknown whether HubSpot strips the spaces or refuses the contact.",
        "Strip them with a function in the mapping.",
        "HubSpot wire facts, section 11",
    ),
    Check(
        "contact_property_name",
        "refused",
        "CAP",
        "a contact property whose name cannot exist",
        "HubSpot's internal names have no spaces, punctuation or accented letters, so contacts cannot have such a "
        "property, and HubSpot answers 400 with PROPERTY_DOESNT_EXIST.",
        "Use the internal name from HubSpot: Settings, Properties.",
        "HubSpot wire facts, section 3.7",
        _NO_PROPERTY,
    ),
    Check(
        "contact_property_name_capital",
        "doubtful",
        "INFER",
        "a contact property whose name has capitals or hyphens",
        "HubSpot's own names have neither: firstname, not firstName. Account properties are created in lower case.",
        "Use the internal name from HubSpot: Settings, Properties.",
        "HubSpot wire facts, sections 3.7 and 11",
        switch=Switch("name_capital", "reject"),
    ),
    Check(
        "contact_property_unknown",
        "refused",
        "CAP",
        "a contact property that the account does not have",
        "HubSpot answers 400 with PROPERTY_DOESNT_EXIST, and writes nothing of the contact. The properties come from "
        "the account file (`--account`) or from HubSpot itself.",
        "Create the property in HubSpot, or leave it out of the mapping.",
        "HubSpot wire facts, section 3.7",
        _NO_PROPERTY,
    ),
    Check(
        "contact_property_read_only",
        "refused",
        "CAP",
        "a contact property that is read-only",
        "HubSpot sets the property itself. It answers 400 with READ_ONLY_VALUE, and writes nothing of the contact.",
        "Leave it out of the mapping.",
        "HubSpot wire facts, section 3.7",
        '"x" is a calculated property; its value cannot be set.',
    ),
    Check(
        "contact_value_number",
        "refused",
        "DOC",
        "a contact property's value that is not a number",
        "HubSpot answers 400 to a value that does not match its property's type, and writes nothing of the contact.",
        "Send digits with a decimal point and without separators.",
        "HubSpot wire facts, section 3.7",
        "x was not a valid long.",
    ),
    Check(
        "contact_value_date",
        "refused",
        "DOC",
        "a contact property's value that is not a date",
        "A date property accepts YYYY-MM-DD or milliseconds of midnight UTC; anything else is INVALID_DATE.",
        "Send YYYY-MM-DD.",
        "HubSpot wire facts, sections 3.7 and 11",
    ),
    Check(
        "contact_value_midnight",
        "refused",
        "CAP",
        "a time of day in a contact's date property",
        "A date property accepts only midnight UTC; any other time is INVALID_DATE.",
        "Send only the day: YYYY-MM-DD.",
        "HubSpot wire facts, section 11 (hubspot-api-php#74, HubSpot.NET#98)",
        "1795000000123 is at 11:6:40.123 UTC, not midnight!",
    ),
    Check(
        "contact_value_datetime",
        "refused",
        "DOC",
        "a contact property's value that is not a point in time",
        "A datetime property accepts milliseconds since 1970 or ISO 8601; anything else is INVALID_DATE.",
        "Send milliseconds since 1970.",
        "HubSpot wire facts, sections 3.7 and 11",
    ),
    Check(
        "contact_value_bool",
        "refused",
        "CAP",
        "a contact property's value that is neither true nor false",
        "The options of such a property are true and false; anything else is INVALID_OPTION.",
        "Send true or false.",
        "HubSpot wire facts, section 3.7",
        "x was not one of the allowed options: [...]",
    ),
    Check(
        "contact_value_option",
        "refused",
        "CAP",
        "a contact property's value that is not one of its options",
        "An enumeration accepts the internal values of its options, which are case-sensitive. Several values of "
        "multiple checkboxes are separated with semicolons; a list in a mapping is sent with commas, as one unknown "
        "option.",
        "Send the internal value of an option; send several as a;b.",
        "HubSpot wire facts, sections 3.7 and 11",
        "x was not one of the allowed options: [...]",
    ),
    Check(
        "contact_value_seconds",
        "doubtful",
        "INFER",
        "a contact property's point in time that looks like seconds",
        "HubSpot expects milliseconds since 1970; read as such, the number is a date in January 1970.",
        "Multiply it by 1000.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "contact_unique_constant",
        "doubtful",
        "DOC",
        "a fixed value for a property whose values are unique",
        "No two contacts can have the same value of a unique property: the first contact gets it, all others are "
        "refused.",
        "Map a value that differs for each person.",
        "HubSpot wire facts, sections 3.1 and 11",
    ),
    Check(
        "lifecycle_backward",
        "doubtful",
        "CAP",
        "a life-cycle stage that moves backwards",
        "HubSpot answers 200 but keeps the later stage; to move it back, it must be cleared first.",
        "Send the stage only when it moves forward.",
        "HubSpot wire facts, section 3.1",
    ),
    Check(
        "contact_empty",
        "lost",
        "CAP",
        "a contact update without any property",
        "Every field that identify maps is empty. HubSpot answers 400 to an empty update, and walkerOS then loses the "
        "event as well, since it writes the contact first. This sender still sends the event.",
        "Map at least one property that always has a value, for example with a default: {key, value}.",
        "HubSpot wire facts, section 3.1; walkerOS 4.4, section 5.4",
        "No properties found to update, please provide at least one.",
        by="walkeros",
    ),
    Check(
        "contact_without_properties",
        "doubtful",
        "WALKEROS",
        "an identify with an identity but without properties",
        "Without properties there is nothing to write, and no contact is created or changed.",
        "Add a map of properties to identify, or remove identify.",
        "walkerOS 4.4, section 5.4",
    ),
    # ---- the mapping
    Check(
        "path_unknown_field",
        "doubtful",
        "WALKEROS",
        "a path that does not begin with a field of events",
        "Events have fifteen fields (name, data, context, globals, custom, user, nested, consent, id, trigger, entity, "
        "action, timestamp, timing, source); every other key is dropped.",
        "Correct the first step of the path.",
        "walkerOS 4.4, section 1.1",
    ),
    Check(
        "path_misspelt",
        "doubtful",
        "WALKEROS",
        "a path that is probably misspelt",
        "The event has no value at the path, but it has one at a path that differs by at most two letters.",
        "Correct the path.",
        "walkerOS 4.4 mapping, section 2.4",
    ),
    Check(
        "path_never_met",
        "doubtful",
        "WALKEROS",
        "a path that never has a value",
        "At least 20 events matched the rule, and none of them had a value at the path.",
        "Correct the path, or remove it.",
        "walkerOS 4.4 mapping, section 2.4",
    ),
    Check(
        "rule_capitals",
        "doubtful",
        "WALKEROS",
        "an event whose name differs from a rule only in capitals",
        "Rules match event names case-sensitively, so the event is handled without the rule.",
        "Use the same spelling in both.",
        "walkerOS 4.4, section 3.1",
    ),
    Check(
        "rule_misspelt",
        "doubtful",
        "WALKEROS",
        "a rule that no event matches, and whose name is similar to that of events without a rule",
        "The entity or the action of the rule differs by at most two letters from that of the events, so the rule does "
        "not match, and the events are handled without it.",
        "Use the same spelling in both.",
        "walkerOS 4.4, section 3.1",
    ),
    Check(
        "null_empties",
        "doubtful",
        "WALKEROS",
        "a null that discards a whole value",
        "walkerOS accepts a map or a list only if everything in it is text, a number or a boolean. A single null "
        "anywhere inside discards the whole value.",
        "Map the fields one by one, or remove nulls with a function.",
        "walkerOS 4.4 mapping, section 2.7",
    ),
    Check(
        "reference_unknown",
        "doubtful",
        "WALKEROS",
        "a reference that is sent as text",
        "walkerOS 4 resolves $var., $env. and its other references only inside a flow, and does not support ${NAME}, "
        "$NAME or $def. at all. Whatever it does not resolve is sent as written.",
        "Use $var.NAME or $env.NAME in a flow, or write the value itself.",
        "walkerOS 4.4, section 6",
    ),
    Check(
        "consent_reads_no",
        "doubtful",
        "WALKEROS",
        "a consent value that means no but counts as granted",
        'Any value that is truthy in JavaScript grants consent, and the text "false" is truthy.',
        "Use true or false.",
        "walkerOS 4.4 mapping, section 2.6",
    ),
    Check(
        "consent_name",
        "doubtful",
        "WALKEROS",
        "a consent name that differs slightly from a required one",
        "Consent names must match exactly, including capitals and separators. A consent under another name neither "
        "grants nor denies anything.",
        "Use the same spelling in the configuration and in the events.",
        "walkerOS 4.4 mapping, section 2.6",
    ),
    Check(
        "consent_never_given",
        "doubtful",
        "WALKEROS",
        "a required consent that no event mentions",
        "At least 20 events had consents, but neither the events nor the collector had one of the required names, so "
        "everything that requires it is never sent.",
        "Require a consent name that events have.",
        "walkerOS 4.4 mapping, section 2.6",
    ),
    Check(
        "skip_ignored",
        "doubtful",
        "WALKEROS",
        "skip: true, which walkerOS 4 ignores",
        "According to walkerOS' documentation, such a rule suppresses the event, but walkerOS 4 sends it. This sender "
        "follows the documentation; in parity mode it follows walkerOS 4.",
        "Use silent: true.",
        "walkerOS 4.4, section 9",
    ),
    # ---- quotas
    Check(
        "quota_occurrences",
        "doubtful",
        "DOC",
        "more than 30 million occurrences in a month",
        "HubSpot accepts 30 million occurrences of custom events per account and month.",
        "Ignore events that are not needed in HubSpot.",
        "HubSpot wire facts, section 1.5",
    ),
    Check(
        "quota_definitions",
        "doubtful",
        "DOC",
        "more than 500 different events",
        "An account may have at most 500 event definitions.",
        "Map several events to the same name, with a property that distinguishes them.",
        "HubSpot wire facts, section 1.5",
    ),
    Check(
        "quota_contact_calls",
        "doubtful",
        "DOC",
        "more contact calls in a day than the account's limit",
        "Contact calls count against the account's daily limit: 250,000 on Free and Starter, 625,000 on "
        "Professional, 1,000,000 on Enterprise. Sending events does not count.",
        "Identify on fewer events: on login and purchase, not on every page view.",
        "HubSpot wire facts, section 6",
    ),
)

CATALOGUE: Final[Mapping[str, Check]] = MappingProxyType({check.code: check for check in _CHECKS})
"""Every check by its code."""


def finding_of(
    violation: Violation, *, at: str = "", config_path: str = "", behaviours: Mapping[str, str] | None = None
) -> Finding:
    """Return the finding for a violation.

    Args:
        violation: the violated rule.
        at: the object that the violation's path refers to: `occurrence`, `contact` or `event`.
        config_path: the path in the configuration that causes it.
        behaviours: the simulated HubSpot's switches; one that refuses turns `doubtful` into `refused`.

    """
    check = CATALOGUE[violation.code]
    severity, sentence = check.severity, violation.sentence
    if check.switch is not None:
        if behaviours is not None and behaviours.get(check.switch.name) == check.switch.refuses:
            severity = "refused"
        sentence += f" (HubSpot's behaviour is unknown; switch {check.switch.name})"
    path = ".".join(part for part in (at, violation.path) if part)
    return Finding(
        check.code,
        severity,
        sentence,
        violation.fix or check.fix,
        check.evidence,
        path,
        config_path,
        by=check.by,
    )
