"""Shortcuts for events that ask for nothing but plain paths; each gives exactly what the general way gives.

Planning is held against parsing: an event whose JSON takes 3 µs to read should not take 10 µs to plan. So the
planner has one function written for each event name that it meets, if the configuration allows, and takes the
general way for everything else. That both agree is a property that the tests check on odd events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hubspot_dest.mapping.jsdates import ISO_SOURCE, ISO_TABLES, LAST_PLAIN_MS
from hubspot_dest.mapping.plain_map import PlainMap, PlainPath, found_text
from hubspot_dest.planning.plan import Plan

__all__ = ["QuickPlan", "write_quick_plan"]

# Returns None where the event turns out not to be plain.
QuickPlan = Callable[[dict[str, Any]], Plan | None]

_TEMPLATE: Final = """
def quick(event):
    when = event.get('timestamp')
    if type(when) is not int or not 0 < when < {last}:
        return None
{sections}
{identity}
    rest = when % 86_400_000
    within = rest % 60_000
    into = {defaults}
{properties}
    plan = new(Plan)
    plan.event = event
    plan.rule_key = {key!r}
    plan.rule_index = {index!r}
{found}
    plan.occurrence = {{'eventName': {event_name!r}, 'occurredAt': {when}, 'properties': into{identities}}}
    return plan
"""


def write_quick_plan(
    *,
    event_name: str,
    rule_key: str,
    rule_index: int | None,
    email: str | None,
    object_id: str | None,
    properties: PlainMap,
    defaults: dict[str, Any],
) -> QuickPlan | None:
    """Return a planner for the events of one name, or None where an identity is not a plain path.

    Args:
        event_name: the occurrence's name, prefix included.
        rule_key: the rule that matches every event of this name.
        rule_index: its position in a list of rules, or None.
        email: path of the e-mail, None for none.
        object_id: path of the object id, None for none.
        properties: the rule's properties.
        defaults: the destination's default properties.

    """
    paths = {"email": PlainPath.parse(email), "object_id": PlainPath.parse(object_id)}
    if (email is not None and paths["email"] is None) or (
        object_id is not None and paths["object_id"] is None
    ):
        return None
    present = {name: path for name, path in paths.items() if path is not None}
    if not present:
        return None
    sections = sorted(properties.sections | {path.section for path in present.values()})
    variables = {section: f"s{number}" for number, section in enumerate(sections)}
    source = _TEMPLATE.format(
        last=LAST_PLAIN_MS,
        when=ISO_SOURCE,
        sections=_indent(_sections(variables)),
        identity=_indent(_identity(present, variables)),
        defaults="defaults.copy()" if defaults else "{}",
        properties=_indent(properties.source(variables)),
        key=rule_key,
        index=rule_index,
        event_name=event_name,
        found=_indent([f"plan.{name} = {name}" for name in present]),
        identities=""
        if len(present) > 1
        else ", 'email': email"
        if "email" in present
        else ", 'objectId': object_id",
    )
    if len(present) > 1:
        # Either may be missing then, and what is missing has no key.
        source = source.replace("    return plan\n", _BOTH)
    namespace: dict[str, Any] = {
        "Plan": Plan,
        "new": object.__new__,
        **ISO_TABLES,
        "text": found_text,
        "defaults": defaults,
    }
    exec(source, namespace)  # noqa: S102 - a fixed template; of the configuration only literals made by repr
    quick: QuickPlan = namespace["quick"]
    return quick


_BOTH: Final = """    if email is not None:
        plan.occurrence['email'] = email
    if object_id is not None:
        plan.occurrence['objectId'] = object_id
    return plan
"""


def _sections(variables: dict[str, str]) -> list[str]:
    lines = [f"{variable} = event.get({section!r})" for section, variable in variables.items()]
    odd = " or ".join(f"type({variable}) is not dict" for variable in variables.values())
    return [*lines, f"if {odd}:", "    return None"]


def _identity(present: dict[str, PlainPath], variables: dict[str, str]) -> list[str]:
    """Return lines that read the identities; what is not text, or is empty, is left to the general planner."""
    lines: list[str] = []
    for name, path in present.items():
        lines += [*path.source(variables[path.section]), f"{name} = v"]
        missing = f"{name} is not None and " if len(present) > 1 else ""
        lines += [f"if {missing}(type(v) is not str or not v):", "    return None"]
    if len(present) > 1:
        lines += ["if email is None and object_id is None:", "    return None"]
    return lines


def _indent(lines: list[str]) -> str:
    return "\n".join(f"    {line}" for line in lines)
