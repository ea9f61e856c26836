"""The tree of a configuration: its rules, and every alternative of every mapping value.

The configuration is copied with marks: paths become `MarkedPath`, functions become `MarkedCode`; maps and lists are
identified by object identity. The marks tell an instrumented compiler which node it evaluates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from hubspot_dest.mapping.jsvalues import UNDEFINED, truthy
from hubspot_dest.mapping.rules import label_of
from hubspot_dest.mapping.values import code_source

__all__ = ["MarkedCode", "ValueNode", "MarkedPath", "Path", "RuleNode", "MappingTree", "steps"]

Path = tuple[str, ...]
"""A path in an event; `*` stands for every item of a list."""
What = Literal["condition", "validate", "fn"]
_FUNCTIONS: Final[dict[str, What]] = {"condition": "condition", "validate": "validate", "fn": "fn"}


@dataclass(eq=False, slots=True)
class RuleNode:
    """A rule.

    Attributes:
        entity: first part of its key.
        action: second part of its key.
        index: its index in a list of rules, or None.
        raw: the marked copy.
        before: the rules of its list that are tried before it.

    """

    entity: str
    action: str
    index: int | None
    raw: dict[str, Any]
    before: tuple[RuleNode, ...] = ()

    @property
    def label(self) -> str:
        """The rule's display name: `order complete [2]`."""
        return label_of(f"{self.entity} {self.action}", self.index)

    @property
    def condition(self) -> MarkedCode | None:
        """The rule's condition, or None."""
        found = self.raw.get("condition")
        return found if isinstance(found, MarkedCode) else None

    @property
    def conditional(self) -> bool:
        """Whether the rule has a condition."""
        return truthy(self.raw.get("condition", UNDEFINED))


@dataclass(eq=False, slots=True)
class ValueNode:
    """One alternative of a mapping value: a path or a map of `key`, `fn`, `loop` and so on.

    Attributes:
        label: display name of its place.
        rule: its rule; None for values outside of rules.
        part: the part of the rule or destination: `properties`, `identify`, `policy`, `data`, `email`, `objectId`.
        around: the enclosing item, or None.
        input: the event path of its input; None if unknown.
        form: its object form; a path is `{"key": …}`.
        before: the alternatives that are tried before it.
        last: whether it is the last alternative.
        inner: the alternatives of a nested list, of which the first truthy one is taken.
        looped: whether its input is a loop's item instead of the event.

    """

    label: str
    rule: RuleNode | None
    part: str
    around: ValueNode | None
    input: Path | None
    form: dict[str, Any]
    before: tuple[ValueNode, ...] = ()
    last: bool = True
    inner: tuple[ValueNode, ...] = ()
    looped: bool = False
    scope: tuple[ValueNode, ...] = ()

    @property
    def key(self) -> str | None:
        """The path that the item reads, or None."""
        found = self.form.get("key")
        return str(found) if isinstance(found, str) and found and not self._built else None

    @property
    def _built(self) -> bool:
        """Whether loop, map or set produces the value instead of the key."""
        return any(truthy(self.form.get(name, UNDEFINED)) for name in ("loop", "map", "set"))

    @property
    def target(self) -> Path | None:
        """The event path of the value that it reads."""
        if self.input is None or self._built:
            return None
        return self.input + steps(self.key) if self.key else self.input

    def code(self, what: What) -> MarkedCode | None:
        """Return the item's function of a kind, or None."""
        found = self.form.get(what)
        return found if isinstance(found, MarkedCode) else None


class MarkedPath(str):
    """A path that refers to its node."""

    __slots__ = ("place",)
    place: ValueNode


class MarkedCode(str):
    """A `$code:` function that refers to its node and purpose."""

    __slots__ = ("owner", "what")
    owner: ValueNode | RuleNode
    what: What


def steps(path: str) -> Path:
    """Return the steps of a dotted path."""
    return tuple(path.split("."))


@dataclass(slots=True)
class MappingTree:
    """All nodes of a configuration, in document order, and the marked copy that refers to them.

    Args:
        source: the destination's configuration.

    """

    source: dict[str, Any]
    raw: dict[str, Any] = field(init=False)
    rules: list[RuleNode] = field(default_factory=list)
    items: list[ValueNode] = field(default_factory=list)
    _known: dict[int, ValueNode] = field(default_factory=dict)
    _blocks: dict[tuple[str, str], list[RuleNode]] = field(default_factory=dict)
    _of_rule: dict[RuleNode | None, list[ValueNode]] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        raw = dict(self.source)
        settings = raw.get("settings")
        if isinstance(settings, dict):
            raw["settings"] = settings = dict(settings)
            for part in ("email", "objectId", "identify"):
                if truthy(settings.get(part, UNDEFINED)) and settings.get(part) is not None:
                    settings[part] = self._value(settings[part], _Spot(part, None, part))
        if isinstance(raw.get("policy"), dict):
            raw["policy"] = self._policy(raw["policy"], None)
        if truthy(raw.get("data", UNDEFINED)) and raw.get("data") is not None:
            raw["data"] = self._value(raw["data"], _Spot("data", None, "data"))
        mapping = raw.get("mapping")
        if isinstance(mapping, dict):
            raw["mapping"] = {
                entity: {action: self._rules(entity, action, rules) for action, rules in actions.items()}
                if isinstance(actions, dict)
                else actions
                for entity, actions in mapping.items()
            }
        self.raw = raw
        for item in self.items:
            self._of_rule.setdefault(item.rule, []).append(item)

    def node_of(self, item: Any) -> ValueNode | None:
        """Return the node of a mapping item of the marked copy."""
        if isinstance(item, MarkedPath):
            return item.place
        return self._known.get(id(item)) if isinstance(item, (dict, list)) else None

    def block(self, entity: str, action: str) -> list[RuleNode]:
        """Return the rules of one key."""
        return self._blocks.get((entity, action), [])

    def items_of(self, rule: RuleNode | None) -> Iterator[ValueNode]:
        """Yield the items that an event of this rule may reach: those outside of rules, and the rule's own."""
        yield from self.own_items(None)
        if rule is not None:
            yield from self.own_items(rule)

    def own_items(self, rule: RuleNode | None) -> list[ValueNode]:
        """Return the items of a rule; with None those outside of rules."""
        return self._of_rule.get(rule, [])

    def writes(self, field: str) -> bool:
        """Return whether a policy writes to this field."""
        return field in self._written

    # ---- building the tree

    def _rules(self, entity: str, action: str, rules: Any) -> Any:
        if not isinstance(rules, list):
            return self._rule(entity, action, None, rules, ()) if isinstance(rules, dict) else rules
        before: list[RuleNode] = []
        copied = []
        for index, rule in enumerate(rules):
            if not isinstance(rule, dict):
                copied.append(rule)
                continue
            copied.append(self._rule(entity, action, index, rule, tuple(before)))
            before.append(self.rules[-1])
        return copied

    def _rule(
        self, entity: str, action: str, index: int | None, rule: dict[str, Any], before: tuple[RuleNode, ...]
    ) -> dict[str, Any]:
        raw = dict(rule)
        place = RuleNode(str(entity), str(action), index, raw, before)
        self.rules.append(place)
        self._blocks.setdefault((place.entity, place.action), []).append(place)
        if "condition" in raw:
            raw["condition"] = _code(raw["condition"], place, "condition")
        if isinstance(raw.get("policy"), dict):
            raw["policy"] = self._policy(raw["policy"], place)
        if truthy(raw.get("data", UNDEFINED)) and raw.get("data") is not None:
            raw["data"] = self._value(raw["data"], _Spot(f"{place.label}: data", place, "data"))
        if isinstance(raw.get("settings"), dict):
            raw["settings"] = settings = dict(raw["settings"])
            for part in ("identify", "properties"):
                if settings.get(part) is not None:
                    settings[part] = self._value(settings[part], _Spot(f"{place.label}: {part}", place, part))
        return raw

    def _policy(self, policy: dict[str, Any], rule: RuleNode | None) -> dict[str, Any]:
        head = "policy" if rule is None else f"{rule.label}: policy"
        self._written |= {steps(str(path))[0] for path in policy}
        return {
            path: self._value(value, _Spot(f"{head} {path}", rule, "policy"))
            for path, value in policy.items()
        }

    def _value(self, value: Any, spot: _Spot) -> Any:
        """Copy a mapping value, one alternative or several."""
        if not isinstance(value, list):
            return self._item(value, spot, (), last=True)[0]
        copied: list[Any] = []
        before: list[ValueNode] = []
        for number, item in enumerate(value):
            label = f"{spot.label}, alternative {number + 1}" if len(value) > 1 else spot.label
            copy, place = self._item(item, spot.named(label), tuple(before), last=number == len(value) - 1)
            copied.append(copy)
            if place is not None:
                before.append(place)
        return copied

    def _item(
        self, item: Any, spot: _Spot, before: tuple[ValueNode, ...], *, last: bool
    ) -> tuple[Any, ValueNode | None]:
        place = ValueNode(spot.label, spot.rule, spot.part, spot.around, spot.input, {}, before, last)
        place.looped = spot.looped
        if isinstance(item, str):
            marked = MarkedPath(item)
            marked.place = place
            place.form = {"key": item}
            self.items.append(place)
            return marked, place
        if isinstance(item, list):
            return self._list(item, place, spot), place
        if not isinstance(item, dict) or not item:
            return item, None
        self.items.append(place)
        copy: dict[str, Any] = {}
        place.form = copy
        for name, part in item.items():
            copy[name] = self._part(name, part, place, spot)
        self._known[id(copy)] = place
        return copy, place

    def _list(self, item: list[Any], place: ValueNode, spot: _Spot) -> list[Any]:
        self.items.append(place)
        copied: list[Any] = []
        inner: list[ValueNode] = []
        for number, candidate in enumerate(item):
            copy, found = self._item(
                candidate, spot.named(f"{spot.label}.{number + 1}", around=place), tuple(inner),
                last=number == len(item) - 1,
            )  # fmt: skip
            copied.append(copy)
            if found is not None:
                inner.append(found)
        place.inner = tuple(inner)
        self._known[id(copied)] = place
        return copied

    def _part(self, name: str, part: Any, place: ValueNode, spot: _Spot) -> Any:
        what = _FUNCTIONS.get(name)
        if what is not None:
            return _code(part, place, what)
        if name == "map" and isinstance(part, dict):
            return {
                key: self._value(value, spot.named(f"{spot.label}.{key}", around=place))
                for key, value in part.items()
            }
        if name == "set" and isinstance(part, list):
            return [
                self._item(value, spot.named(f"{spot.label}[{number}]", around=place), (), last=True)[0]
                for number, value in enumerate(part)
            ]
        if name == "loop" and isinstance(part, list) and part:
            return self._loop(part, place, spot)
        return part

    def _loop(self, part: list[Any], place: ValueNode, spot: _Spot) -> list[Any]:
        scope, inside = part[0], spot.input
        copied = list(part)
        if scope != "this":
            first = len(self.items)
            copied[0] = self._value(scope, spot.named(f"{spot.label} loop", around=place))
            place.scope = tuple(item for item in self.items[first:] if item.around is place)
            targets = [
                value_node.target
                for value_node in place.scope
                if value_node.target is not None and value_node.key
            ]
            inside = (*targets[0], "*") if targets else None
        if len(part) > 1:
            deeper = spot.named(f"{spot.label} each", around=place)
            deeper.input, deeper.looped = inside, spot.looped or scope != "this"
            copied[1] = self._value(part[1], deeper)
        return copied


@dataclass(slots=True)
class _Spot:
    """The current position, whose values the next item inherits."""

    label: str
    rule: RuleNode | None
    part: str
    around: ValueNode | None = None
    input: Path | None = ()
    looped: bool = False

    def named(self, label: str, *, around: ValueNode | None = None) -> _Spot:
        return _Spot(label, self.rule, self.part, around or self.around, self.input, self.looped)


def _code(value: Any, owner: ValueNode | RuleNode, what: What) -> Any:
    source = code_source(value)
    if source is None:
        return value
    code = MarkedCode(f"$code:{source}")
    code.owner, code.what = owner, what
    return code
