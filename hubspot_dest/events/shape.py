"""Check that a value has the shape of a walkerOS event or of a command's data (walkerOS 4.4, sections 1 and 4).

walkerOS' collector accepts nearly every object; the checks here are for values that a person wrote as an example:
a wrong shape there is a mistake, although walkerOS would map it to something.
"""

from __future__ import annotations

import difflib
from typing import Any, Final

from hubspot_dest.events.collector import EVENT_FIELDS, InvalidEventError, event_name
from hubspot_dest.mapping.jsvalues import date_ms, kind_of

__all__ = ["command_problems", "event_problems"]

_OBJECTS: Final = ("context", "globals", "custom", "user", "consent", "source")


def event_problems(value: Any) -> list[str]:
    """Return why `value` is not a walkerOS event, one sentence for each field; empty for an event.

    Args:
        value: decoded JSON.

    """
    if not isinstance(value, dict):
        return [f"an event is a map, not {kind_of(value)}"]
    problems = _name_problems(value)
    timestamp = value.get("timestamp")
    if "timestamp" in value and (
        isinstance(timestamp, bool) or timestamp is None or date_ms(timestamp) is None
    ):
        problems.append(f"timestamp is {_short(timestamp)}, not a time in milliseconds since 1970")
    if "data" in value and not isinstance(value["data"], dict):
        problems.append(f"data is {kind_of(value['data'])}, not a map")
    problems += [
        f"{name} is {kind_of(value[name])}, not a map"
        for name in _OBJECTS
        if name in value and not isinstance(value[name], dict)
    ]
    if "nested" in value and not isinstance(value["nested"], list):
        problems.append(f"nested is {kind_of(value['nested'])}, not a list")
    return problems


def _name_problems(event: dict[str, Any]) -> list[str]:
    try:
        event_name(event)
    except InvalidEventError:
        pass
    else:
        return []
    name = event.get("name")
    if "name" in event:
        return [f"name is {_short(name)}, not an entity and an action with a space between: 'order complete'"]
    if "method" in event or "headers" in event or "body" in event:
        return [
            "this is an HTTP request, not an event: `in` of a destination is the event, {name: 'order complete', …}"
        ]
    candidates = [
        key for key in event if key == "event" or difflib.get_close_matches(str(key), ["name"], 1, 0.7)
    ]
    hint = f"; the key is `name`, not `{candidates[0]}`" if candidates else ""
    unknown = [str(key) for key in event if key not in EVENT_FIELDS and key not in candidates]
    also = f"; unknown keys: {', '.join(unknown)}" if unknown else ""
    return [f"an event needs a name, 'order complete'{hint}{also}"]


def command_problems(command: str, data: Any) -> list[str]:
    """Return why `data` is not the data of `walker <command>`; empty where it is.

    Args:
        command: `config`, `consent`, `user` or `run`.
        data: decoded JSON; `run` may have none.

    """
    if command == "run" and data is None:
        return []
    if not isinstance(data, dict):
        return [f"the data of `walker {command}` is a map, not {kind_of(data)}"]
    if command == "consent":
        return [
            f"consent {key!r} is {_short(state)}, not true or false"
            for key, state in data.items()
            if not isinstance(state, bool)
        ]
    return []


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
