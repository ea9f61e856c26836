"""Every check: its code, how severe it is, how that is known, what it is about and what to do.

The pages of `hubspot-dest explain` and docs/checks.md are made from here.
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
        "CAP": "a recorded answer of the real HubSpot",
        "2ND": "a third party's written claim, no recording",
        "INFER": "concluded from neighbouring evidence",
        "GAP": "no evidence was found: what HubSpot does is unknown",
        "WALKEROS": "walkerOS 4.4 itself, read and run",
    }
)


@dataclass(frozen=True, slots=True)
class Switch:
    """A setting of the simulated HubSpot that decides what is unknown of the real one.

    Attributes:
        name: as `hubspot-sim serve --switch NAME=VALUE` takes it.
        refuses: the value with which it answers an error or drops.

    """

    name: str
    refuses: str


@dataclass(frozen=True, slots=True)
class Check:
    """One of HubSpot's rules, or one of walkerOS' that loses events.

    Attributes:
        code: stable; findings carry it.
        severity: `refused` rests on SPEC, DOC or CAP; what rests on less is `doubtful`.
        evidence: how it is known.
        title: what it is about, in one line.
        about: what happens and why.
        fix: what to do.
        source: where it is known from.
        wording: HubSpot's own words, if they were recorded.
        by: who loses it, for severity `lost`.
        switch: the simulated HubSpot's setting for it, if the real one's behaviour is unknown.

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
        "Every custom event has the name `pe<HubID>_<name>`. HubSpot answers 400 to any other: the portal's number is "
        "part of the name.",
        "Set settings.eventNamePrefix to pe, the portal's number and an underscore.",
        "HubSpot wire facts, section 1.3 (segmentio/action-destinations PR 1364)",
        _NO_EVENT,
    ),
    Check(
        "event_prefix_doubled",
        "refused",
        "CAP",
        "the prefix occurs twice in an event name",
        "settings.eventNamePrefix is put before every event name. An eventName that has it already names an event "
        "that no account has, and HubSpot answers 400.",
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
        "an event name that is the prefix alone",
        "There is no name after the prefix, so no definition can have it.",
        "Give the rule settings.eventName.",
        "HubSpot wire facts, section 1.3",
        _NO_EVENT,
    ),
    Check(
        "event_name_characters",
        "refused",
        "DOC",
        "an event name with characters that HubSpot does not allow",
        "Names of events begin with a letter and consist of a-z, 0-9 and _. Without eventName, the name is made from "
        "the event's own, in lower case and with _ for spaces, so umlauts and punctuation stay.",
        "Give the rule a settings.eventName of a-z, 0-9 and _.",
        "HubSpot wire facts, sections 1.5 and 2.2",
        _NO_EVENT,
    ),
    Check(
        "event_name_length",
        "refused",
        "DOC",
        "an event name of more than 50 characters",
        "After the prefix, a name has at most 50 characters.",
        "Give the rule a shorter settings.eventName.",
        "HubSpot wire facts, sections 1.5 and 2.2",
        _NO_EVENT,
    ),
    Check(
        "event_name_hyphen",
        "doubtful",
        "2ND",
        "an event name with a hyphen",
        "HubSpot's present guide allows a-z, 0-9 and _; an older edition, Segment and PostHog allow hyphens as well.",
        "Use _ instead.",
        "HubSpot wire facts, section 11",
        switch=Switch("name_hyphen", "reject"),
    ),
    Check(
        "event_undefined",
        "refused",
        "CAP",
        "an event without a definition in the account",
        "HubSpot accepts occurrences of defined events only, and answers 400 to any other. Known from the account "
        "file (`--account`) or from HubSpot itself.",
        "Define the event in HubSpot, or map to the name of one that is defined.",
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
        "Internal names of event properties have at most 50 characters; exceeding a limit makes the request fail.",
        "Shorten the name in the mapping.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "property_name_capital",
        "doubtful",
        "2ND",
        "a property name with capitals",
        "HubSpot's guide allows a-z, 0-9 and _; PostHog's destination makes properties in camelCase.",
        "Use lower case.",
        "HubSpot wire facts, section 11",
        switch=Switch("name_capital", "reject"),
    ),
    Check(
        "property_name_hyphen",
        "doubtful",
        "2ND",
        "a property name with a hyphen",
        "HubSpot's present guide allows a-z, 0-9 and _; an older edition allowed hyphens as well.",
        "Use _ instead.",
        "HubSpot wire facts, sections 1.5 and 11",
        switch=Switch("name_hyphen", "reject"),
    ),
    Check(
        "property_name_twins",
        "doubtful",
        "DOC",
        "two property names that differ by capitals only",
        "Names that become equal after lower-casing count as duplicates: HubSpot keeps one of them.",
        "Rename one of them.",
        "HubSpot wire facts, section 1.5",
    ),
    Check(
        "properties_count",
        "refused",
        "DOC",
        "more than 50 properties with data",
        "An occurrence has at most 50 properties with data; exceeding a limit makes the request fail.",
        "Map fewer properties; default properties count as well.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "value_length",
        "refused",
        "DOC",
        "a value that is too long",
        "A value of an event property has at most 256 characters, or 1,024 where the property's name contains url, "
        "referrer or link; exceeding a limit makes the request fail.",
        "Map a shorter value.",
        "HubSpot wire facts, sections 1.3 and 1.5",
    ),
    Check(
        "property_undefined",
        "doubtful",
        "GAP",
        "a property that the event's definition does not have",
        "Whether HubSpot refuses the occurrence or drops the property is not documented. Either way the value does "
        "not arrive.",
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
            "Whether HubSpot refuses the occurrence or drops the value is not documented for custom events.",
            fix,
            "HubSpot wire facts, sections 1.3 and 2.5",
            switch=Switch("bad_value", "reject"),
        )
        for kind, what, fix in (
            ("value_number", "is not a number", "Send digits with a point."),
            ("value_date", "is not a date", "Send YYYY-MM-DD or milliseconds of midnight UTC."),
            ("value_midnight", "is not midnight UTC, on a date property", "Send the day alone."),
            ("value_datetime", "is not a point in time", "Send milliseconds since 1970 or ISO 8601."),
            ("value_bool", "is neither true nor false", "Send true or false."),
            ("value_option", "is not one of the options", "Send the internal value of an option."),
        )
    ),
    Check(
        "property_value_seconds",
        "doubtful",
        "INFER",
        "an event property's time that looks like seconds",
        "HubSpot expects milliseconds since 1970; as such, the number is a time in January 1970.",
        "Multiply it by 1000.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "value_object",
        "doubtful",
        "WALKEROS",
        "an object that is sent as [object Object]",
        "walkerOS turns every value into text as JavaScript does, and an object's text is [object Object].",
        "Map one of its values instead.",
        "walkerOS 4.4, section 5.6",
    ),
    Check(
        "value_nothing",
        "doubtful",
        "WALKEROS",
        "a value that is sent as NaN, undefined, null, Infinity or Invalid Date",
        "JavaScript writes these texts for a missing or invalid number, date or value, such as the result of a "
        "calculation with a missing field. HubSpot stores them as text. NaN as the result of a function is not "
        "sent at all: walkerOS leaves the property out without a message.",
        "Return undefined where there is no value; the property is then left out.",
        "walkerOS 4.4, section 5.6",
    ),
    Check(
        "payload_size",
        "doubtful",
        "GAP",
        "a request of more than a megabyte",
        "HubSpot does not document how large a request may be; its network answers 413 to one that is too "
        "large.",
        "Map less, or shorter values.",
        "HubSpot wire facts, section 1.3",
    ),
    # ---- identity of events
    Check(
        "email_invalid",
        "doubtful",
        "GAP",
        "an occurrence whose e-mail is not an address, or an unusual one",
        "What HubSpot does with such an occurrence is unknown: refuse it, or store it on the timeline of no contact.",
        "Map a field that holds an address.",
        "HubSpot wire facts, section 1.3",
        switch=Switch("invalid_email", "reject"),
    ),
    Check(
        "email_reserved",
        "doubtful",
        "GAP",
        "an occurrence whose e-mail ends in a domain reserved for examples",
        "RFC 2606 reserves .example, .invalid and .localhost. The simulated HubSpot accepts them; what the "
        "real one does is unknown.",
        "Use real addresses, or example.org in tests.",
        "HubSpot wire facts, sections 1.3 and 11",
    ),
    Check(
        "object_id_not_number",
        "doubtful",
        "GAP",
        "an object id that is not a number",
        "HubSpot documents record ids (numbers) and visitor ids. An id that no record has is probably dropped.",
        "Map the id of the HubSpot record, or the e-mail.",
        "HubSpot wire facts, sections 1.2 and 1.3",
        switch=Switch("unknown_object_id", "reject"),
    ),
    Check(
        "identity_number",
        "lost",
        "WALKEROS",
        "an identity that is not text",
        "walkerOS' HubSpot destination accepts e-mail and objectId as text only. A number, true, a map or a list does "
        "not count, and an event without another identity is skipped silently.",
        'Make it text with a function: {"fn": "$code:(event) => String(event.user.id)"}.',
        "walkerOS 4.4, section 5.3",
        by="both",
    ),
    Check(
        "identity_number_ignored",
        "doubtful",
        "WALKEROS",
        "one of two identities is not text and does not count",
        "walkerOS' HubSpot destination takes e-mail and objectId as text only; only the other identity is used.",
        "Make it text with a function.",
        "walkerOS 4.4, section 5.3",
    ),
    Check(
        "identity_path",
        "lost",
        "WALKEROS",
        "no identity, ever: the paths begin with something that is not a field of events",
        "Events without e-mail and objectId are skipped, and no event has the fields that the paths begin with.",
        "Correct the paths: user.email, for example.",
        "walkerOS 4.4, sections 1.1 and 5.3",
        by="both",
    ),
    # ---- times
    Check(
        "occurred_at_past",
        "doubtful",
        "INFER",
        "an occurrence long before tracking began",
        "HubSpot expects milliseconds; a timestamp in seconds is a time in January 1970. What HubSpot does with very "
        "old occurrences is unknown.",
        "Give the timestamp in milliseconds since 1970.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "occurred_at_future",
        "doubtful",
        "GAP",
        "an occurrence more than a day in the future",
        "Whether HubSpot keeps or drops occurrences of the future is unknown.",
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
        "Map a field that holds an address, and correct misspelt ones.",
        "HubSpot wire facts, sections 3.7 and 11",
        "Email address x is invalid",
    ),
    Check(
        "contact_email_domain",
        "doubtful",
        "2ND",
        "a contact's e-mail with an unknown top-level domain",
        "HubSpot was seen to refuse unknown top-level domains. This one is not in the list, which may be older than "
        "the domain.",
        "Check the address.",
        "HubSpot wire facts, section 11",
        "Email address x is invalid",
    ),
    Check(
        "contact_email_reserved",
        "doubtful",
        "GAP",
        "a contact's e-mail that ends in a domain reserved for examples",
        "RFC 2606 reserves .example, .invalid and .localhost. The simulated HubSpot accepts them; the real one "
        "was seen to refuse other unknown top-level domains.",
        "Use real addresses, or example.org in tests.",
        "HubSpot wire facts, section 11",
    ),
    Check(
        "contact_email_strict",
        "doubtful",
        "INFER",
        "a contact's e-mail that strict validators refuse",
        "The family of validators that HubSpot's answers point to also refuses doubled, leading and trailing dots "
        "before the @, domains with _ and labels that begin with a hyphen. HubSpot was never recorded doing so.",
        "Check the address.",
        "HubSpot wire facts, section 11",
        switch=Switch("strict_email", "reject"),
    ),
    Check(
        "contact_email_spaces",
        "doubtful",
        "GAP",
        "a contact's e-mail with spaces around it",
        "Whether HubSpot removes them or refuses the contact is unknown.",
        "Remove them with a function in the mapping.",
        "HubSpot wire facts, section 11",
    ),
    Check(
        "contact_property_name",
        "refused",
        "CAP",
        "a contact property whose name cannot exist",
        "HubSpot's internal names have no spaces, punctuation or umlauts, so contacts have no such property: 400 with "
        "PROPERTY_DOESNT_EXIST.",
        "Use the internal name from HubSpot: Settings, Properties.",
        "HubSpot wire facts, section 3.7",
        _NO_PROPERTY,
    ),
    Check(
        "contact_property_name_capital",
        "doubtful",
        "INFER",
        "a contact property whose name has capitals or hyphens",
        "HubSpot's own names have neither: firstname, not firstName. An account's own properties get lower-case names.",
        "Use the internal name from HubSpot: Settings, Properties.",
        "HubSpot wire facts, sections 3.7 and 11",
        switch=Switch("name_capital", "reject"),
    ),
    Check(
        "contact_property_unknown",
        "refused",
        "CAP",
        "a contact property that the account does not have",
        "HubSpot answers 400 with PROPERTY_DOESNT_EXIST, and nothing of the contact is written. Known from the account "
        "file (`--account`) or from HubSpot itself.",
        "Create the property in HubSpot, or leave it out of the mapping.",
        "HubSpot wire facts, section 3.7",
        _NO_PROPERTY,
    ),
    Check(
        "contact_property_read_only",
        "refused",
        "CAP",
        "a contact property that HubSpot fills in itself",
        "HubSpot answers 400 with READ_ONLY_VALUE, and nothing of the contact is written.",
        "Leave it out of the mapping.",
        "HubSpot wire facts, section 3.7",
        '"x" is a calculated property; its value cannot be set.',
    ),
    Check(
        "contact_value_number",
        "refused",
        "DOC",
        "a contact property's value that is not a number",
        "HubSpot answers 400 to a value that does not fit its property, and nothing of the contact is written.",
        "Send digits with a point and no separators.",
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
        "a time on a contact's date property",
        "A date property accepts only midnight UTC; any other time is INVALID_DATE.",
        "Send the day alone: YYYY-MM-DD.",
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
        "An enumeration accepts the internal values of its options, with the same capitals. Multiple checkboxes "
        "separate several with a semicolon; a list of a mapping is sent with commas, as a single unknown option.",
        "Send the internal value of an option; several as a;b.",
        "HubSpot wire facts, sections 3.7 and 11",
        "x was not one of the allowed options: [...]",
    ),
    Check(
        "contact_value_seconds",
        "doubtful",
        "INFER",
        "a contact property's time that looks like seconds",
        "HubSpot expects milliseconds since 1970; as such, the number is a time in January 1970.",
        "Multiply it by 1000.",
        "HubSpot wire facts, section 1.3",
    ),
    Check(
        "contact_unique_constant",
        "doubtful",
        "DOC",
        "a fixed value for a property whose values are unique",
        "No two contacts can have the same value of a unique property: the first contact gets it, the others are "
        "refused.",
        "Map a value of the person.",
        "HubSpot wire facts, sections 3.1 and 11",
    ),
    Check(
        "lifecycle_backward",
        "doubtful",
        "CAP",
        "a life-cycle stage that goes back",
        "HubSpot answers 200 and keeps the later stage; clear it first to go back.",
        "Send the stage only when it moves forward.",
        "HubSpot wire facts, section 3.1",
    ),
    Check(
        "contact_empty",
        "lost",
        "CAP",
        "a contact update without any property",
        "Every field that identify maps is empty. HubSpot answers 400 to an update of nothing; walkerOS then loses the "
        "event itself as well, since it writes the contact first. This sender still sends the event.",
        "Map at least one property that is always there, with a default: {key, value}.",
        "HubSpot wire facts, section 3.1; walkerOS 4.4, section 5.4",
        "No properties found to update, please provide at least one.",
        by="walkeros",
    ),
    Check(
        "contact_without_properties",
        "doubtful",
        "WALKEROS",
        "an identify that names a person and no properties",
        "Without properties there is nothing to write, and no contact is created or changed.",
        "Give identify a map of properties, or leave it out.",
        "walkerOS 4.4, section 5.4",
    ),
    # ---- the mapping
    Check(
        "path_unknown_field",
        "doubtful",
        "WALKEROS",
        "a path whose first step is not a field of events",
        "Events have fifteen fields (name, data, context, globals, custom, user, nested, consent, id, trigger, entity, "
        "action, timestamp, timing, source); every other key is dropped.",
        "Correct the first step of the path.",
        "walkerOS 4.4, section 1.1",
    ),
    Check(
        "path_misspelt",
        "doubtful",
        "WALKEROS",
        "a path that the event has under nearly the same name",
        "The event has no value at the path, but at one that differs by at most two letters.",
        "Correct the path.",
        "walkerOS 4.4 mapping, section 2.4",
    ),
    Check(
        "path_never_met",
        "doubtful",
        "WALKEROS",
        "a path that no event has",
        "At least 20 events matched the rule, and none had a value at the path.",
        "Correct the path, or remove it.",
        "walkerOS 4.4 mapping, section 2.4",
    ),
    Check(
        "rule_capitals",
        "doubtful",
        "WALKEROS",
        "an event that misses a rule by capitals only",
        "Rules match an event's name exactly, capitals included. The event is handled without the rule.",
        "Use the same spelling in both.",
        "walkerOS 4.4, section 3.1",
    ),
    Check(
        "null_empties",
        "doubtful",
        "WALKEROS",
        "one null that empties a whole value",
        "walkerOS accepts a map or a list only if everything in it is text, a number, true or false. One null anywhere "
        "inside makes all of it nothing.",
        "Map the fields one by one, or remove nulls with a function.",
        "walkerOS 4.4 mapping, section 2.7",
    ),
    Check(
        "reference_unknown",
        "doubtful",
        "WALKEROS",
        "a reference that stays text",
        "walkerOS 4 replaces $var., $env. and its other references inside a flow only, and knows no ${NAME}, $NAME or "
        "$def. at all. What it does not know is sent as written.",
        "Use $var.NAME or $env.NAME in a flow, or write the value itself.",
        "walkerOS 4.4, section 6",
    ),
    Check(
        "consent_reads_no",
        "doubtful",
        "WALKEROS",
        "a consent that reads as no and counts as yes",
        'Consent is granted by any value that is true in JavaScript, and the text "false" is.',
        "Give true or false.",
        "walkerOS 4.4 mapping, section 2.6",
    ),
    Check(
        "consent_name",
        "doubtful",
        "WALKEROS",
        "a consent whose name is nearly one that the configuration asks for",
        "Consent names must match exactly, capitals and separators included. A consent under another name grants "
        "nothing, and refuses nothing either.",
        "Use the same spelling in the configuration and in the events.",
        "walkerOS 4.4 mapping, section 2.6",
    ),
    Check(
        "consent_never_given",
        "doubtful",
        "WALKEROS",
        "a consent that no event mentions",
        "At least 20 events had a consent, but neither they nor the collector had a name that the "
        "configuration asks for: what asks for it is never sent.",
        "Ask for a name that events have.",
        "walkerOS 4.4 mapping, section 2.6",
    ),
    Check(
        "skip_ignored",
        "doubtful",
        "WALKEROS",
        "skip: true, which walkerOS 4 ignores",
        "By the documentation, such a rule suppresses the event; walkerOS 4 sends it. This sender follows the "
        "documentation, and parity follows walkerOS.",
        "Use silent: true.",
        "walkerOS 4.4, section 9",
    ),
    # ---- quotas
    Check(
        "quota_occurrences",
        "doubtful",
        "DOC",
        "more than 30 million occurrences in a month",
        "An account accepts 30 million occurrences of custom events per month.",
        "Ignore events that are not needed in HubSpot.",
        "HubSpot wire facts, section 1.5",
    ),
    Check(
        "quota_definitions",
        "doubtful",
        "DOC",
        "more than 500 different events",
        "An account has at most 500 event definitions.",
        "Map several events to one name, with a property that distinguishes them.",
        "HubSpot wire facts, section 1.5",
    ),
    Check(
        "quota_contact_calls",
        "doubtful",
        "DOC",
        "more contact calls on one day than the account may make",
        "Calls to contacts count against the account's daily limit: 250,000 on Free and Starter, 625,000 on "
        "Professional, 1,000,000 on Enterprise. Sending events does not count.",
        "Identify on fewer events: on login and purchase, not on every page view.",
        "HubSpot wire facts, section 6",
    ),
)

CATALOGUE: Final[Mapping[str, Check]] = MappingProxyType(
    {current_check.code: current_check for current_check in _CHECKS}
)
"""Every check by its code."""


def finding_of(
    violation: Violation, *, at: str = "", config_path: str = "", behaviours: Mapping[str, str] | None = None
) -> Finding:
    """Return the finding for a violation.

    Args:
        violation: what is wrong.
        at: what its path refers to: `occurrence`, `contact` or `event`.
        config_path: where in the configuration it comes from.
        behaviours: switches of the server that are set: one that refuses makes `doubtful` `refused`.

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
