"""A hypothesis strategy for walkerOS events that are relevant to a mapping.

Names, paths, consents and the literals that functions compare with come from the configuration. Hypothesis varies the
rest of the event and shrinks a failing event to a minimal one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from hubspot_dest.verdict.mapping_paths import event_paths
from hubspot_dest.verdict.rule_views import EVENT_FIELDS, ConfigView
from simulator.coverage.js_scan import read_hints

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["MappingReach", "event_strategy"]

Event = dict[str, Any]
_Path = tuple[str, ...]

# Default contents of an event's sections (walkerOS 4.4, section 1.1).
_SECTIONS: Final = ("data", "user", "globals", "custom", "context")
_NAMES: Final = ("page view", "product add", "order complete", "form submit", "user login")
_FIRST: Final = 1_577_836_800_000  # 2020-01-01 in milliseconds
_LAST: Final = 1_893_456_000_000  # 2030-01-01
_CODE: Final = "$code:"


@dataclass(frozen=True)
class MappingReach:
    """The parts of events that a configuration reads.

    Attributes:
        names: event names of its rules; a wildcard is represented by one name.
        paths: the paths read from events of each name; under the empty name, those read from all events.
        literals: the literals that functions compare with.
        consents: the names of required consents.

    """

    names: tuple[str, ...]
    paths: Mapping[str, tuple[_Path, ...]]
    literals: tuple[Any, ...]
    consents: tuple[str, ...]

    @classmethod
    def of(cls, config: Mapping[str, Any] | None) -> MappingReach:
        """Analyse a destination's configuration; None gives an empty result."""
        if config is None:
            return cls(_NAMES, {}, (), ("marketing",))
        view = ConfigView(config)
        rules: dict[str, list[Any]] = {}
        for entity, action, rule in view.every_rule():
            name = f"{'thing' if entity == '*' else entity} {'done' if action == '*' else action}"
            index = rule.at[-1] if isinstance(rule.at[-1], int) else None
            rules.setdefault(name, []).append(view.raw_rule(f"{entity} {action}", index))
        common = {key: value for key, value in config.items() if key != "mapping"}
        literals = [literal for code in _functions(config) for literal in read_hints(code).literals]
        return cls(
            tuple(rules),
            {"": _paths(common), **{name: _paths(found) for name, found in rules.items()}},
            tuple(dict.fromkeys(item for item in literals if isinstance(item, (str, int, float, bool)))),
            tuple(sorted(view.consents)),
        )

    def of_event(self, name: str) -> tuple[_Path, ...]:
        """Return the paths read from events of one name."""
        return (*self.paths.get("", ()), *self.paths.get(name, ()))


def event_strategy(reach: MappingReach, *, odd: bool) -> SearchStrategy[Event]:
    """Return the strategy; requires `hypothesis`.

    Args:
        reach: what the configuration reads.
        odd: also draw nulls, values of other types, empty and very long texts, and names without a rule.

    """
    from hypothesis import strategies as st

    texts = st.text(max_size=20) if odd else st.text("abcdefghij XYZ019-_.", min_size=1, max_size=12)
    words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
    numbers = st.one_of(
        st.integers(-1000, 100_000),
        st.floats(allow_nan=False, allow_infinity=False, width=32),
    )
    scalars: SearchStrategy[Any] = st.one_of(texts, numbers, st.booleans())
    if reach.literals:
        scalars = st.one_of(st.sampled_from(reach.literals), scalars)
    if odd:
        strange = st.sampled_from([None, "", "x" * 300, [], {}, [1, None], {"inner": 1}, "false", "0"])
        scalars = st.one_of(scalars, strange)
    emails = st.builds(lambda person, domain: f"{person}@{domain}.example.org", words, words)
    identities = st.one_of(emails, scalars) if odd else emails
    names = st.sampled_from(reach.names) if reach.names else st.sampled_from(_NAMES)
    if odd:
        names = st.one_of(names, st.builds(lambda entity, action: f"{entity} {action}", words, words))

    @st.composite
    def events(draw: Any) -> Event:  # hypothesis' types would require a single type for all strategies
        name = draw(names)
        event: Event = {"name": name, "data": {}, "user": {}}
        email_first = [path for path in reach.of_event(name) if path[-1].lower() == "email"] or [
            ("user", "email")
        ]
        for path in dict.fromkeys((*email_first, *reach.of_event(name))):
            if path[0] not in EVENT_FIELDS or path[0] in ("name", "id", "timestamp", "consent"):
                continue
            if not draw(st.booleans()):
                continue
            value = draw(identities if path[-1].lower() == "email" else scalars)
            _put(event, path, value)
        if draw(st.booleans()):
            section = draw(st.sampled_from(_SECTIONS))
            more = draw(st.dictionaries(words, scalars, max_size=2))
            if isinstance(event.setdefault(section, {}), dict):
                event[section] = {**more, **event[section]}
        if reach.consents and draw(st.booleans()):
            given = st.dictionaries(st.sampled_from(reach.consents), st.booleans(), max_size=3)
            event["consent"] = draw(given)
        if draw(st.booleans()):
            event["timestamp"] = draw(st.integers(_FIRST, _LAST))
        if draw(st.booleans()):
            event["id"] = f"{draw(st.integers(0, 2**64 - 1)):016x}"
        return event

    return events()


def _paths(value: Any) -> tuple[_Path, ...]:
    return tuple(dict.fromkeys(_every_path(value)))


def _every_path(value: Any) -> Iterator[_Path]:
    """Yield every path that mapping values and functions in a part of a configuration read from an event."""
    for code in _functions(value):
        for look in read_hints(code).looks:
            if look.path and look.path[0] in EVENT_FIELDS:
                yield tuple(look.path)
    for part in _values(value):
        for path in event_paths(part, ()):
            yield tuple(path.path.split("."))


def _values(value: Any) -> Iterator[Any]:
    """Yield the mapping values of rules and of the destination's settings."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in ("email", "objectId", "identify", "properties", "data"):
                yield inner
            elif key == "settings":
                yield from _values(inner)
            elif key == "policy" and isinstance(inner, dict):
                yield from inner.values()


def _functions(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(_CODE):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _functions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _functions(inner)


def _put(event: Event, path: _Path, value: Any) -> None:
    """Set a value at a path and create missing parents: objects, or lists before a number or `*`."""

    def step_into(inside: Any, pair: tuple[str, str]) -> Any:
        step, following = pair
        fresh: Any = [] if following == "*" or following.isdigit() else {}
        if isinstance(inside, list):
            if not inside:
                inside.append(fresh)
            return inside[0]
        if not isinstance(inside, dict):
            return {}  # blocked by a scalar: write to a throw-away object
        if not isinstance(inside.get(step), (dict, list)):
            inside[step] = fresh
        return inside[step]

    inside: Any = reduce(step_into, pairwise(path), event)
    if isinstance(inside, dict):
        inside[path[-1]] = value
    elif isinstance(inside, list):
        inside[:1] = [value]
