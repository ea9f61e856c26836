"""Derive edits of events that may reach a target from the configuration."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cached_property
from itertools import islice, product
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import truthy
from simulator.coverage.candidates import POOL, candidates, read_path
from simulator.coverage.event_shapes import ABSENT, Edits, Resize, draw_person, plausible
from simulator.coverage.js_scan import CodeHints, read_hints
from simulator.coverage.mapping_tree import MappingTree, MarkedCode, Path, RuleNode, ValueNode, steps
from simulator.coverage.targets import Target
from simulator.coverage.time_limit import TimeLimit

__all__ = ["EditPlanner"]

_COMBINED: Final = 400  # combinations of gates and wanted results
_EACH: Final = 14  # ways to pass one gate
_IDENTITY: Final = ("email", "objectId")

Options = list[Edits]


class EditPlanner:
    """Derives edits for targets.

    Args:
        tree: the configuration's tree.
        config: the configuration.
        rng: chooses among equivalent values.
        time_limit: checked before long work.

    """

    def __init__(self, tree: MappingTree, config: Config, rng: random.Random, time_limit: TimeLimit) -> None:
        self._tree = tree
        self._config = config
        self._rng = rng
        self._time_limit = time_limit
        self._nothings: dict[ValueNode, Options] = {}
        self._hints: dict[MarkedCode, CodeHints] = {}
        settings = config.raw.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        # the destination's default source of the e-mail
        self._plain_email = settings.get("email") is None

    # ---- names in the configuration

    @cached_property
    def consents(self) -> list[str]:
        """Return every consent that the configuration names."""
        names = dict.fromkeys(self._config.consent or {})
        for item in self._tree.items:
            required = item.form.get("consent")
            names |= dict.fromkeys(required) if isinstance(required, dict) else {}
        return [str(name) for name in names]

    def paths(self, rule: RuleNode | None) -> dict[Path, bool]:
        """Return the paths that the configuration reads in an event of a rule, and whether each must be text."""
        found: dict[Path, bool] = {}
        codes: list[tuple[MarkedCode, Path | None]] = []
        for item in self._tree.items_of(rule):
            target = item.target
            if item.key is not None and target is not None and target[-1] not in ("*", "length"):
                found[target] = item.part in _IDENTITY and item.around is None
            codes += self._codes(item)
        if rule is not None:
            codes += [
                (rule_node.condition, ())
                for rule_node in self._tree.block(rule.entity, rule.action)
                if rule_node.condition is not None
            ]
        for code, base in codes:
            for look in self._read(code).looks:
                path = read_path(look, base)
                if path and path[-1] not in ("*", "length"):
                    found.setdefault(path, False)
        return {path: text for path, text in found.items() if path[0] not in ("name", "entity", "action")}

    def _codes(self, item: ValueNode) -> Iterator[tuple[MarkedCode, Path | None]]:
        for what, base in (("condition", item.input), ("fn", item.input), ("validate", item.target)):
            code = item.code(what)  # type: ignore[arg-type]
            if code is not None:
                yield code, base

    def full(self, rule: RuleNode | None) -> Edits:
        """Return edits for everything that the configuration reads, shallow before deep."""
        paths = self.paths(rule)
        known = sorted(paths, key=len)
        above = {path[:end] for path in known for end in range(len(path))}
        person = draw_person(self._rng)  # all fields describe one person
        return tuple(
            (path, plausible(path, self._rng, text=paths[path], person=person))
            for path in known
            if path not in above
        )

    def layers(self, rule: RuleNode) -> Iterator[Edits]:
        """Yield edits that remove the first alternatives everywhere, then the second too, and so on.

        Properties that the rule's conditions read are kept.
        """
        block = [rule_node.condition for rule_node in self._tree.block(rule.entity, rule.action)]
        kept = {
            path
            for code in block
            if code is not None
            for look in self._read(code).looks
            for path in [look.path]
        }
        items = [
            (len(item.before), item.target)
            for item in self._tree.own_items(rule)
            if item.key is not None and item.target and item.target not in kept
        ]
        for depth in range(max((before for before, _ in items), default=-1) + 1):
            yield tuple((target, ABSENT) for before, target in items if before <= depth)

    def values(self, rule: RuleNode | None) -> list[Any]:
        """Return values for random tries: the functions' literals, and the pool."""
        found: list[Any] = []
        for item in self._tree.items_of(rule):
            for code, _ in self._codes(item):
                found += self._read(code).literals
        block = self._tree.block(rule.entity, rule.action) if rule is not None else []
        for rule_node in block:
            if rule_node.condition is not None:
                found += self._read(rule_node.condition).literals
        near = [value + step for value in found if type(value) in (int, float) for step in (-1, 1)]
        return [*found, *near, *POOL]

    def _read(self, code: MarkedCode) -> CodeHints:
        if code not in self._hints:
            self._hints[code] = read_hints(code)
        return self._hints[code]

    # ---- edits for a target

    def edits_for(self, target: Target) -> Iterator[Edits]:
        """Yield edits that may make an event reach the target, the likeliest first."""
        for edits in self._wishes(target):
            yield self._through_policies(edits)

    def _wishes(self, target: Target) -> Iterator[Edits]:
        place, what = target.place, target.what
        if isinstance(place, RuleNode):
            yield from self._of_rule(place, yes=what == "matched")
        elif isinstance(place, ValueNode):
            way = [*self._rule_way(place.rule), *self._way(place)]
            yield from _combined([*way, [*self._own(place, what)]])
            if what in ("value", "present", "nothing"):
                yield from _combined([*way, [*self._open(place)], [*self._own(place, what)]])
        else:
            yield from self._of_destination(what)

    def _of_rule(self, rule: RuleNode, *, yes: bool) -> Iterator[Edits]:
        way = [
            self._function(rule_node.condition, (), yes=False)
            for rule_node in rule.before
            if rule_node.condition is not None
        ]
        own = [self._function(rule.condition, (), yes=yes)] if rule.condition is not None else []
        # The rule's own condition is tried alone first: it may be all that is missing.
        for options in own:
            yield from options
        yield from _combined([*way, *own])
        yield from _combined([*own, *way])

    def _rule_way(self, rule: RuleNode | None) -> list[Options]:
        if rule is None or (not rule.before and rule.condition is None):
            return []
        return [[(), *islice(self._of_rule(rule, yes=True), 4)]]

    def _function(self, code: MarkedCode | None, base: Path | None, *, yes: bool) -> Options:
        return [] if code is None else list(islice(candidates(self._read(code), base, yes=yes), 120))

    def _way(self, item: ValueNode) -> list[Options]:
        """Return the options to pass each gate between an event and an item."""
        way: list[Options] = []
        if item.around is not None:
            way += self._way(item.around)
            if opened := self._open(item.around):
                way.append(opened[:_EACH])
            if item.around.scope and item not in item.around.scope and item.around.scope[0].target:
                way.append([((item.around.scope[0].target, Resize(2)),), ()])
        for earlier in item.before:
            if nothing := self._nothing(earlier):
                way.append(nothing[:_EACH])
        return way

    def _open(self, item: ValueNode) -> Options:
        """Return the options that satisfy an item's condition and consent."""
        options = [self._function(item.code("condition"), item.input, yes=True)[:_EACH]]
        if isinstance(item.form.get("consent"), dict):
            options.append(self._consent(item, granted=True))
        if item.code("validate") is not None:
            options.append([(), *self._function(item.code("validate"), item.target, yes=True)[:_EACH]])
        return list(_combined([option for option in options if option]))

    def _nothing(self, item: ValueNode) -> Options:
        """Return the options that make an alternative give nothing, so that the next one is tried."""
        known = self._nothings.get(item)
        if known is None:
            self._time_limit.check()
            known = self._nothings[item] = self._emptied(item)
        return known

    def _emptied(self, item: ValueNode) -> Options:
        found: Options = []
        if item.key is not None and item.target:
            found += [((item.target, ABSENT),), ((item.target, None),)]
        if "value" not in item.form and isinstance(item.form.get("consent"), dict):
            found += self._consent(item, granted=False)
        found += self._function(item.code("condition"), item.input, yes=False)[:_EACH]
        found += self._function(item.code("validate"), item.target, yes=False)[:_EACH]
        if item.code("fn") is not None:
            found += [tuple((path, ABSENT) for path in self._looks(item))]
            found += self._function(item.code("fn"), item.input, yes=False)[:_EACH]
        for value_node in item.inner:
            found += self._nothing(value_node)
        if len(item.inner) > 1:
            found.insert(
                0, tuple(part for value_node in item.inner for part in (self._nothing(value_node) or [()])[0])
            )
        return found

    def _looks(self, item: ValueNode) -> list[Path]:
        code = item.code("fn")
        looks = self._read(code).looks if code is not None else []
        paths = [path for look in looks if (path := read_path(look, item.input))]
        return [path for path in paths if path[-1] != "*"]

    def _consent(self, item: ValueNode, *, granted: bool) -> Options:
        required = item.form.get("consent")
        names = [str(name) for name, flag in required.items() if flag] if isinstance(required, dict) else []
        found: Options = [tuple((("consent", name), granted) for name in names)]
        if item.looped and item.input is not None and not granted:
            # An item of a loop may have its own consent, which replaces the event's.
            others = dict.fromkeys(self.consents, True) | dict.fromkeys(names, False) | {"functional": True}
            found.insert(0, (((*item.input, "consent"), others),))
        return found

    def _own(self, item: ValueNode, what: str) -> Options:
        """Return the options that produce a result at an item that is reached."""
        gate, _, answer = what.partition(" ")
        if gate in ("condition", "validate"):
            code = item.code("condition" if gate == "condition" else "validate")
            base = item.input if gate == "condition" else item.target
            found = self._function(code, base, yes=answer == "true")
            if gate == "validate" and item.target:
                found += [((item.target, value),) for value in POOL]
            return found
        if gate == "consent":
            return self._consent(item, granted=answer == "granted")
        if what in ("no item", "one item", "several items") and item.scope:
            count = {"no item": 0, "one item": 1, "several items": 3}[what]
            return [((scope.target, Resize(count)),) for scope in item.scope if scope.target]
        return self._value(item, what)

    def _value(self, item: ValueNode, what: str) -> Options:
        target = item.target
        if what == "absent" and target:
            whole = tuple("0" if step == "*" else step for step in target)
            return [
                ((target, ABSENT),),
                ((target, None),),
                ((target, {"id": None}),),  # a value with an invalid part counts as nothing
                ((target, [None] * 50),),
                ((whole, ABSENT),),
                ((target[:-1], ABSENT),),
                ((target[:-1], None),),
                ((target[:-1], []),),
            ]
        if what == "present" and target:
            likely = plausible(target, self._rng, text=item.part in _IDENTITY)
            return [((target, likely),), *(((target, value),) for value in POOL if value is not ABSENT)]
        if what == "nothing":
            return self._nothing(item)
        found: Options = [()]
        if looks := self._looks(item):
            found.append(tuple((path, plausible(path, self._rng)) for path in looks))
        found += self._function(item.code("fn"), item.input, yes=True)
        for value_node in item.inner:
            found += self._value(value_node, "present" if value_node.key else "value")
        return found

    # ---- the destination

    def _of_destination(self, what: str) -> Iterator[Edits]:
        if what.startswith("consent"):
            names = self._config.consent or {}
            wanted = what.endswith("granted")
            yield tuple((("consent", str(name)), wanted and truthy(flag)) for name, flag in names.items())
            yield ((("consent",), {}),)
            return
        by = {part: self._identities(part) for part in _IDENTITY}
        wanted_parts = {"email alone": ("email",), "objectId alone": ("objectId",), "no identity": ()}.get(
            what, _IDENTITY
        )
        ways = []
        for part, items in by.items():
            options = [self._gives(item) if part in wanted_parts else self._nothing(item) for item in items]
            if part == "email" and self._plain_email:
                value = "ada@example.com" if part in wanted_parts else ABSENT
                options = [[((("user", "email"), value),)]]
            if part in wanted_parts:
                ways += [[pair for several in options for pair in several[:_EACH]]] if options else []
            else:
                ways += [several[:_EACH] for several in options if several]
        yield from _combined(ways)

    def _identities(self, part: str) -> list[ValueNode]:
        return [item for item in self._tree.own_items(None) if item.part == part and item.around is None]

    def _gives(self, item: ValueNode) -> Options:
        return self._value(item, "present" if item.key else "value")

    # ---- policies

    def _through_policies(self, edits: Edits) -> Edits:
        """Add edits of the fields from which policies derive an edited value: policies overwrite events."""
        added: list[tuple[Path, Any]] = []
        for path, source in self._policies:
            for apply_edits, value in edits:
                if apply_edits[: len(path)] == path:
                    added.append(((*source, *apply_edits[len(path) :]), value))
        return (*edits, *added)

    @cached_property
    def _policies(self) -> list[tuple[Path, Path]]:
        """The fields that policies write and read."""
        return [
            (steps(item.label.split(",")[0].rpartition("policy ")[2]), item.target)
            for item in self._tree.items
            if item.part == "policy" and item.around is None and item.key is not None and item.target
        ]


def _combined(options: list[Options]) -> Iterator[Edits]:
    """Yield combinations of one option each, first options first."""
    several = [option for option in options if option]
    if not several:
        return
    for picked in islice(product(*several), _COMBINED):
        yield tuple(part for edits in picked for part in edits)
