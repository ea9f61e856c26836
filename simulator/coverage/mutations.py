"""How an event is to be changed so that it reaches something: derived from what the configuration says there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cached_property
from itertools import islice, product
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import truthy
from simulator.coverage.candidates import POOL, guesses, looked_at
from simulator.coverage.event_shapes import ABSENT, Resize, Wish, plausible, somebody
from simulator.coverage.js_scan import Hints, read_hints
from simulator.coverage.mapping_tree import Code, Item, Path, RulePlace, Tree, steps
from simulator.coverage.targets import Target
from simulator.coverage.time_limit import Clock

__all__ = ["Moves"]

_COMBINED: Final = 400  # combinations of what is in the way and what is wanted
_EACH: Final = 14  # ways to deal with one thing that is in the way
_IDENTITY: Final = ("email", "objectId")

Options = list[Wish]


class Moves:
    """Knows what to wish for.

    Args:
        tree: the configuration's places.
        config: the configuration.
        dice: decides where several values would do.
        clock: is asked before what may take long.

    """

    def __init__(self, tree: Tree, config: Config, dice: random.Random, clock: Clock) -> None:
        self._tree = tree
        self._config = config
        self._dice = dice
        self._clock = clock
        self._nothings: dict[Item, Options] = {}
        self._hints: dict[Code, Hints] = {}
        settings = config.raw.get("settings")
        settings = settings if isinstance(settings, dict) else {}
        # Without a word about it, the e-mail is read from the user.
        self._plain_email = settings.get("email") is None

    # ---- what the configuration names

    @cached_property
    def consents(self) -> list[str]:
        """Return every consent that the configuration names."""
        names = dict.fromkeys(self._config.consent or {})
        for item in self._tree.items:
            required = item.form.get("consent")
            names |= dict.fromkeys(required) if isinstance(required, dict) else {}
        return [str(name) for name in names]

    def paths(self, rule: RulePlace | None) -> dict[Path, bool]:
        """Return where the configuration reads in an event of a rule, and whether text is needed there."""
        found: dict[Path, bool] = {}
        codes: list[tuple[Code, Path | None]] = []
        for item in self._tree.items_of(rule):
            target = item.target
            if item.key is not None and target is not None and target[-1] not in ("*", "length"):
                found[target] = item.part in _IDENTITY and item.around is None
            codes += self._codes(item)
        if rule is not None:
            codes += [
                (one.condition, ())
                for one in self._tree.block(rule.entity, rule.action)
                if one.condition is not None
            ]
        for code, base in codes:
            for look in self._read(code).looks:
                path = looked_at(look, base)
                if path and path[-1] not in ("*", "length"):
                    found.setdefault(path, False)
        return {path: text for path, text in found.items() if path[0] not in ("name", "entity", "action")}

    def _codes(self, item: Item) -> Iterator[tuple[Code, Path | None]]:
        for what, base in (("condition", item.input), ("fn", item.input), ("validate", item.target)):
            code = item.code(what)  # type: ignore[arg-type]
            if code is not None:
                yield code, base

    def full(self, rule: RulePlace | None) -> Wish:
        """Return a wish for everything that the configuration reads, shallow before deep."""
        paths = self.paths(rule)
        known = sorted(paths, key=len)
        above = {path[:end] for path in known for end in range(len(path))}
        person = somebody(self._dice)  # whoever it is, it is one person
        return tuple(
            (path, plausible(path, self._dice, text=paths[path], person=person))
            for path in known
            if path not in above
        )

    def layers(self, rule: RulePlace) -> Iterator[Wish]:
        """Yield wishes that take away the first alternatives everywhere, then the second as well, and so on.

        What the conditions of the rule look at stays.
        """
        block = [one.condition for one in self._tree.block(rule.entity, rule.action)]
        kept = {
            path
            for code in block
            if code is not None
            for one in self._read(code).looks
            for path in [one.path]
        }
        items = [
            (len(item.before), item.target)
            for item in self._tree.own_items(rule)
            if item.key is not None and item.target and item.target not in kept
        ]
        for depth in range(max((before for before, _ in items), default=-1) + 1):
            yield tuple((target, ABSENT) for before, target in items if before <= depth)

    def values(self, rule: RulePlace | None) -> list[Any]:
        """Return values worth trying at random: what the functions compare with, and the pool."""
        found: list[Any] = []
        for item in self._tree.items_of(rule):
            for code, _ in self._codes(item):
                found += self._read(code).literals
        block = self._tree.block(rule.entity, rule.action) if rule is not None else []
        for one in block:
            if one.condition is not None:
                found += self._read(one.condition).literals
        near = [value + step for value in found if type(value) in (int, float) for step in (-1, 1)]
        return [*found, *near, *POOL]

    def _read(self, code: Code) -> Hints:
        if code not in self._hints:
            self._hints[code] = read_hints(code)
        return self._hints[code]

    # ---- wishes

    def wishes(self, target: Target) -> Iterator[Wish]:
        """Yield wishes that may make an event reach the target, the likeliest first."""
        for wish in self._wishes(target):
            yield self._through_policies(wish)

    def _wishes(self, target: Target) -> Iterator[Wish]:
        place, what = target.place, target.what
        if isinstance(place, RulePlace):
            yield from self._of_rule(place, yes=what == "matched")
        elif isinstance(place, Item):
            way = [*self._rule_way(place.rule), *self._way(place)]
            yield from _combined([*way, [*self._own(place, what)]])
            if what in ("value", "present", "nothing"):
                yield from _combined([*way, [*self._open(place)], [*self._own(place, what)]])
        else:
            yield from self._of_destination(what)

    def _of_rule(self, rule: RulePlace, *, yes: bool) -> Iterator[Wish]:
        way = [
            self._function(one.condition, (), yes=False) for one in rule.before if one.condition is not None
        ]
        own = [self._function(rule.condition, (), yes=yes)] if rule.condition is not None else []
        # What is wanted of the rule itself is tried on its own first: it may be all that is missing.
        for options in own:
            yield from options
        yield from _combined([*way, *own])
        yield from _combined([*own, *way])

    def _rule_way(self, rule: RulePlace | None) -> list[Options]:
        if rule is None or (not rule.before and rule.condition is None):
            return []
        return [[(), *islice(self._of_rule(rule, yes=True), 4)]]

    def _function(self, code: Code | None, base: Path | None, *, yes: bool) -> Options:
        return [] if code is None else list(islice(guesses(self._read(code), base, yes=yes), 120))

    def _way(self, item: Item) -> list[Options]:
        """Return how to deal with each thing that may stand between an event and an item."""
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

    def _open(self, item: Item) -> Options:
        """Return what opens an item's condition and consent."""
        options = [self._function(item.code("condition"), item.input, yes=True)[:_EACH]]
        if isinstance(item.form.get("consent"), dict):
            options.append(self._consent(item, granted=True))
        if item.code("validate") is not None:
            options.append([(), *self._function(item.code("validate"), item.target, yes=True)[:_EACH]])
        return list(_combined([one for one in options if one]))

    def _nothing(self, item: Item) -> Options:
        """Return what makes an alternative give nothing, so that the next one is asked."""
        known = self._nothings.get(item)
        if known is None:
            self._clock.check()
            known = self._nothings[item] = self._emptied(item)
        return known

    def _emptied(self, item: Item) -> Options:
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
        for one in item.inner:
            found += self._nothing(one)
        if len(item.inner) > 1:
            found.insert(0, tuple(part for one in item.inner for part in (self._nothing(one) or [()])[0]))
        return found

    def _looks(self, item: Item) -> list[Path]:
        code = item.code("fn")
        looks = self._read(code).looks if code is not None else []
        paths = [path for one in looks if (path := looked_at(one, item.input))]
        return [path for path in paths if path[-1] != "*"]

    def _consent(self, item: Item, *, granted: bool) -> Options:
        required = item.form.get("consent")
        names = [str(name) for name, flag in required.items() if flag] if isinstance(required, dict) else []
        found: Options = [tuple((("consent", name), granted) for name in names)]
        if item.looped and item.input is not None and not granted:
            # An item of a loop may bring a consent of its own, which then counts instead of the event's.
            others = dict.fromkeys(self.consents, True) | dict.fromkeys(names, False) | {"functional": True}
            found.insert(0, (((*item.input, "consent"), others),))
        return found

    def _own(self, item: Item, what: str) -> Options:
        """Return what makes this happen at an item that is asked already."""
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

    def _value(self, item: Item, what: str) -> Options:
        target = item.target
        if what == "absent" and target:
            whole = tuple("0" if step == "*" else step for step in target)
            return [
                ((target, ABSENT),),
                ((target, None),),
                ((target, {"id": None}),),  # what is no property through and through is as good as nothing
                ((target, [None] * 50),),
                ((whole, ABSENT),),
                ((target[:-1], ABSENT),),
                ((target[:-1], None),),
                ((target[:-1], []),),
            ]
        if what == "present" and target:
            likely = plausible(target, self._dice, text=item.part in _IDENTITY)
            return [((target, likely),), *(((target, value),) for value in POOL if value is not ABSENT)]
        if what == "nothing":
            return self._nothing(item)
        found: Options = [()]
        if looks := self._looks(item):
            found.append(tuple((path, plausible(path, self._dice)) for path in looks))
        found += self._function(item.code("fn"), item.input, yes=True)
        for one in item.inner:
            found += self._value(one, "present" if one.key else "value")
        return found

    # ---- the destination

    def _of_destination(self, what: str) -> Iterator[Wish]:
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
            options = [self._gives(one) if part in wanted_parts else self._nothing(one) for one in items]
            if part == "email" and self._plain_email:
                value = "ada@example.com" if part in wanted_parts else ABSENT
                options = [[((("user", "email"), value),)]]
            if part in wanted_parts:
                ways += [[one for several in options for one in several[:_EACH]]] if options else []
            else:
                ways += [several[:_EACH] for several in options if several]
        yield from _combined(ways)

    def _identities(self, part: str) -> list[Item]:
        return [one for one in self._tree.own_items(None) if one.part == part and one.around is None]

    def _gives(self, item: Item) -> Options:
        return self._value(item, "present" if item.key else "value")

    # ---- policies

    def _through_policies(self, wish: Wish) -> Wish:
        """Add to a wish what a policy would make the wished value of: it writes over what events bring."""
        added: list[tuple[Path, Any]] = []
        for path, source in self._policies:
            for wished, value in wish:
                if wished[: len(path)] == path:
                    added.append(((*source, *wished[len(path) :]), value))
        return (*wish, *added)

    @cached_property
    def _policies(self) -> list[tuple[Path, Path]]:
        """Where policies write, and where they take it from."""
        return [
            (steps(item.label.split(",")[0].rpartition("policy ")[2]), item.target)
            for item in self._tree.items
            if item.part == "policy" and item.around is None and item.key is not None and item.target
        ]


def _combined(options: list[Options]) -> Iterator[Wish]:
    """Yield combinations of one option each, the first ones of all first."""
    several = [one for one in options if one]
    if not several:
        return
    for picked in islice(product(*several), _COMBINED):
        yield tuple(part for wish in picked for part in wish)
