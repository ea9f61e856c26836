"""Draft a flow from a survey of events: a commented mapping, and a step example for each event name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.amounts import plural, verb
from hubspot_dest.checks.limits import MAX_NAME, MAX_PROPERTIES, value_limit
from hubspot_dest.checks.names import check_event_name, check_property_name
from hubspot_dest.checks.standard_properties import STANDARD_EVENT_PROPERTIES
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.scaffold.event_survey import EventKind, EventSurvey, FieldSurvey
from hubspot_dest.scaffold.yaml_text import yaml_key, yaml_lines, yaml_scalar

__all__ = ["DraftExample", "FlowDraft", "draft_lines", "flow_draft"]

_PACKAGE: Final = "@walkeros/server-destination-hubspot"
_PERSON: Final = "ada@example.org"
_MOST_RULES: Final = 200
_MOST_EMAIL_PATHS: Final = 3
_VAGUE: Final = frozenset({"id", "name", "title", "type", "value", "status", "date", "time", "key", "label"})
_PLAIN_PATH: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+")
_CONTACT_FIELDS: Final = (
    "firstname",
    "firstName",
    "lastname",
    "lastName",
    "company",
    "phone",
    "city",
    "jobtitle",
)


@dataclass(frozen=True, slots=True)
class DraftProperty:
    """A proposed property: its name in HubSpot, and the field that it maps."""

    name: str
    source: FieldSurvey


@dataclass(frozen=True, slots=True)
class DraftRule:
    """A proposed rule.

    Attributes:
        kind: the events that the rule matches.
        event_name: the name in HubSpot without prefix; empty if the event's own name is valid.
        properties: the proposed properties.
        left_out: (path, reason) for the fields that are not mapped.

    """

    kind: EventKind
    event_name: str
    properties: tuple[DraftProperty, ...]
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DraftExample:
    """A proposed step example: its name, its event, and its calls."""

    name: str
    event: dict[str, Any]
    calls: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowDraft:
    """A proposed flow.

    Attributes:
        prefix: the prefix of the event names: `pe12345678_`.
        email: the paths of the e-mail, most frequent first.
        consent: the name of the required consent; empty if none is required.
        rules: the rules, most frequent events first.
        more: the names of events beyond the 200 rules.
        survey: the survey that the draft is based on.
        examples: events for the step examples, without calls.

    """

    prefix: str
    email: tuple[str, ...]
    consent: str
    rules: tuple[DraftRule, ...]
    more: tuple[str, ...]
    survey: EventSurvey = field(repr=False)
    examples: tuple[DraftExample, ...] = ()

    @property
    def config(self) -> dict[str, Any]:
        """The destination's configuration."""
        mapping: dict[str, Any] = {}
        for rule in self.rules:
            settings: dict[str, Any] = {}
            if rule.event_name:
                settings["eventName"] = rule.event_name
            if rule.properties:
                settings["properties"] = {"map": {prop.name: prop.source.path for prop in rule.properties}}
            mapping.setdefault(rule.kind.entity, {})[rule.kind.action] = {"settings": settings}
        email: Any = list(self.email) if len(self.email) > 1 else self.email[0]
        config: dict[str, Any] = {
            "settings": {"eventNamePrefix": self.prefix, "email": email},
            "mapping": mapping,
        }
        return {"consent": {self.consent: True}, **config} if self.consent else config


def flow_draft(survey: EventSurvey, portal: int) -> FlowDraft:
    """Draft a flow for the events of a survey.

    Args:
        survey: the survey of at least one event.
        portal: the number of the HubSpot account.

    """
    prefix = f"pe{portal}_"
    emails = [path for path, _ in survey.emails.most_common() if _PLAIN_PATH.fullmatch(path)]
    consent = "marketing" if "marketing" in survey.consents else next(iter(survey.consents), "")
    kinds = sorted(survey.kinds.values(), key=lambda kind: -kind.count)
    usable = [kind for kind in kinds if "*" not in (kind.entity, kind.action)]
    used_names: set[str] = set()
    rules = tuple(_rule(kind, prefix, used_names) for kind in usable[:_MOST_RULES])
    email = tuple(emails[:_MOST_EMAIL_PATHS]) or ("user.email",)
    examples = tuple(
        DraftExample(rule.kind.name, _anonymous(rule.kind.example, email))
        for rule in rules
        if rule.kind.identified and rule.kind.example is not None
    )
    more = tuple(kind.name for kind in usable[_MOST_RULES:])
    return FlowDraft(prefix, email, consent, rules, more, survey, examples)


def draft_lines(draft: FlowDraft, source: str, examples: Iterable[DraftExample]) -> Iterator[str]:
    """Yield the lines of the flow file, in YAML, with a comment for every proposal.

    Args:
        draft: the flow.
        source: the name of the source of the events.
        examples: the step examples with their calls.

    """
    survey = draft.survey
    yield f"# Drafted from {survey.events:,} events of {safe_text(source)}. Every line is a proposal."
    yield "# Then: hubspot-dest definitions plan, hubspot-dest definitions apply, hubspot-dest verify."
    yield "version: 4"
    yield "flows:"
    yield "  site:"
    yield "    config: {platform: server}"
    yield "    destinations:"
    yield "      hubspot:"
    yield f'        package: "{_PACKAGE}"'
    yield "        config:"
    if draft.consent:
        names = ", ".join(f"{safe_text(name)} ({count:,})" for name, count in survey.consents.most_common(10))
        yield f"          # Nothing is sent without this consent. Consents of the events: {names}."
        yield f"          consent: {{{yaml_key(draft.consent)}: true}}"
    yield "          settings:"
    yield "            accessToken: $env.HUBSPOT_ACCESS_TOKEN"
    yield "            # The number is that of your HubSpot account."
    yield f"            eventNamePrefix: {draft.prefix}"
    if survey.emails:
        paths = ", ".join(f"{path} ({survey.emails[path]:,})" for path in draft.email)
        yield f"            # The person of the event. Events with an address: {paths}. All others are skipped."
    else:
        yield "            # No event has an e-mail address: all of them are skipped until this path is correct."
    yield f"            email: {yaml_scalar(list(draft.email)) if len(draft.email) > 1 else draft.email[0]}"
    yield from _identify_lines(draft)
    yield "          mapping:"
    entities: dict[str, list[DraftRule]] = {}
    for rule in draft.rules:
        entities.setdefault(rule.kind.entity, []).append(rule)
    for entity, rules in entities.items():
        yield f"            {yaml_key(entity)}:"
        for rule in rules:
            yield from _rule_lines(rule)
    if draft.more:
        yield f"            # Events without a rule: {safe_text(', '.join(draft.more[:20]), limit=400)}"
    lines = [line for example in examples for line in _example_lines(example)]
    if lines:
        yield "        # One event of each name with its calls; e-mail addresses are replaced."
        yield "        examples:"
        yield from lines


def _identify_lines(draft: FlowDraft) -> Iterator[str]:
    users = [kind.example.get("user") for kind in draft.survey.kinds.values() if kind.example is not None]
    known = {str(name) for user in users if isinstance(user, dict) for name in user}
    fields = [name for name in _CONTACT_FIELDS if name in known]
    if not fields:
        return
    yield "            # To write the contact, too, if you are allowed to:"
    yield "            # identify:"
    yield "            #   map:"
    yield f"            #     email: {draft.email[0]}"
    yield "            #     properties:"
    yield "            #       map:"
    for name in fields:
        yield f"            #         {name.lower()}: user.{name}"


def _rule_lines(rule: DraftRule) -> Iterator[str]:
    kind = rule.kind
    yield f"              # {kind.count:,} {plural(kind.count, 'event')}"
    yield f"              {yaml_key(kind.action)}:"
    yield (
        "                settings:" if rule.properties or rule.event_name else "                settings: {}"
    )
    if rule.event_name:
        yield f"                  eventName: {rule.event_name}"
    for path, reason in rule.left_out:
        yield f"                  # {safe_text(path, limit=80)} is left out: {reason}"
    if kind.nested:
        nested = f"{kind.nested:,} {plural(kind.nested, 'event')} {verb(kind.nested, 'have')}"
        yield f"                  # {nested} nested entities; {{loop: [nested, data.id]}} lists them"
    if not rule.properties:
        return
    yield "                  properties:"
    yield "                    map:"
    for prop in rule.properties:
        source = prop.source
        types = " or ".join(name for name, _ in source.types.most_common())
        example = (
            f", such as {yaml_scalar(source.example)}" if source.example and "@" not in source.example else ""
        )
        yield (
            f"                      {prop.name}: {source.path}  # {source.count:,} of {kind.count:,}, {types}"
            f"{safe_text(example)}"
        )


def _example_lines(example: DraftExample) -> Iterator[str]:
    yield from yaml_lines(example.name, {"in": example.event, "out": list(example.calls)}, "          ")


def _rule(kind: EventKind, prefix: str, used_names: set[str]) -> DraftRule:
    own = f"{kind.entity}_{kind.action}".lower()
    event_name = ""
    if check_event_name(prefix + own) is not None or own in used_names:
        event_name = _unused(_plain_name(own) or "event", used_names)
    used_names.add(event_name or own)
    names: set[str] = set()
    properties: list[DraftProperty] = []
    left_out: list[tuple[str, str]] = []
    for field_survey in sorted(kind.fields.values(), key=lambda current_field: -current_field.count):
        reason = _reason_to_leave_out(field_survey)
        name = _property_name(kind, field_survey.path, names)
        if not reason and field_survey.longest > value_limit(name):
            reason = (
                f"a value has {field_survey.longest:,} characters, but HubSpot allows {value_limit(name):,}"
            )
        if not reason and len(properties) >= MAX_PROPERTIES - 5:
            reason = f"an event may have at most {MAX_PROPERTIES} properties"
        if reason:
            left_out.append((field_survey.path, reason))
        else:
            names.add(name)
            properties.append(DraftProperty(name, field_survey))
    return DraftRule(kind, event_name, tuple(properties), tuple(left_out))


def _reason_to_leave_out(source: FieldSurvey) -> str:
    if not source.count:
        return "it is null in every event"
    if not source.is_property:
        return "it is a list or a map"
    return "" if _PLAIN_PATH.fullmatch(source.path) else "its name cannot be part of a path"


def _property_name(kind: EventKind, path: str, names: set[str]) -> str:
    last = path.rpartition(".")[2]
    name = _plain_name(last)
    if not name or name in _VAGUE or name in STANDARD_EVENT_PROPERTIES:
        name = _plain_name(f"{kind.entity}_{last}") or "property"
    name = _unused(name, names | set(STANDARD_EVENT_PROPERTIES))
    return name if check_property_name(name) is None else _unused("property", names)


def _plain_name(name: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    plain = re.sub(r"_+", "_", re.sub(r"[^a-z0-9]+", "_", snake)).strip("_").lstrip("0123456789_")
    return plain[: MAX_NAME - 4].rstrip("_")


def _unused(name: str, used_names: set[str] | frozenset[str]) -> str:
    number, candidate = 2, name
    while candidate in used_names:
        candidate = f"{name}_{number}"
        number += 1
    return candidate


def _anonymous(event: dict[str, Any] | None, emails: tuple[str, ...]) -> dict[str, Any]:
    """Return the parts of an event that a step example needs, without personal data."""
    given = event or {}
    anonymous = {
        key: given[key]
        for key in ("name", "data", "globals", "nested", "consent", "timestamp")
        if given.get(key)
    }
    for path in emails:
        first, _, last = path.rpartition(".")
        owner = _at(given, first)
        if isinstance(owner, dict) and last in owner:
            anonymous = _with(anonymous, path.split("."), _PERSON)
    return anonymous


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _with(owner: dict[str, Any], steps: list[str], value: Any) -> dict[str, Any]:
    inner = owner.get(steps[0])
    if len(steps) == 1:
        return {**owner, steps[0]: value}
    return {**owner, steps[0]: _with(inner if isinstance(inner, dict) else {}, steps[1:], value)}
