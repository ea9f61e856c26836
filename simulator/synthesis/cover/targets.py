"""What there is to reach in a configuration, and what no event can reach, with the proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.config import Config
from hubspot_dest.mapping.jsvalues import UNDEFINED, cast_to_property, truthy
from simulator.synthesis.cover.certain import contradiction, gives_nothing, is_constant, needs
from simulator.synthesis.cover.places import Item, Path, RulePlace, Tree, steps

__all__ = ["DESTINATION", "Destination", "Place", "Target", "always_written", "proof", "targets_of"]


class Destination:
    """The place of what concerns the destination as a whole."""

    label = "the destination"


DESTINATION: Final = Destination()
Place = Destination | RulePlace | Item
# What walkerOS gives every event, so that it is never missing (section 1).
_ALWAYS: Final = frozenset({"name", "id", "consent"})
_FIELDS: Final = frozenset(
    """
    name data context globals custom user nested consent id trigger entity action timestamp timing source
    """.split()  # noqa: SIM905 - fifteen names read better as words
)


@dataclass(frozen=True, slots=True)
class Target:
    """Something to reach: a place, and what is to happen there."""

    place: Place
    what: str

    @property
    def is_rule(self) -> bool:
        """Whether it is a rule, not a path."""
        return self.what == "matched"

    @property
    def label(self) -> str:
        """What people call it."""
        if self.is_rule:
            return self.place.label
        if isinstance(self.place, Item) and self.what in ("present", "absent"):
            return f"{self.place.label}: {self.place.key} {self.what}"
        return f"{self.place.label}: {self.what}"


def targets_of(tree: Tree, config: Config) -> list[Target]:
    """Return everything there is to reach, in the order of the configuration."""
    found = [Target(DESTINATION, what) for what in _destination(tree, config)]
    for item in tree.items:
        if item.rule is None:
            found += [Target(item, what) for what in _of_item(item)]
    for rule in tree.rules:
        found.append(Target(rule, "matched"))
        if rule.conditional:
            found.append(Target(rule, "condition false"))
        found += [Target(item, what) for item in tree.items if item.rule is rule for what in _of_item(item)]
    return found


def _destination(tree: Tree, config: Config) -> Iterator[str]:
    if config.consent:
        yield from ("consent granted", "consent missing")
    settings = config.raw.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    email = settings.get("email")
    by_email = email is None or truthy(email)
    by_object = truthy(settings.get("objectId", UNDEFINED)) and settings.get("objectId") is not None
    if by_email:
        yield "email alone"
    if by_object:
        yield "objectId alone"
    if by_email and by_object:
        yield "both identities"
    yield "no identity"
    if tree.rules and not any((one.entity, one.action) == ("*", "*") for one in tree.rules):
        yield "no rule"
    if config.batch:
        yield from ("a full batch", "a batch of the rest")


def _of_item(item: Item) -> Iterator[str]:
    form = item.form
    for what in ("condition", "validate"):
        if truthy(form.get(what, UNDEFINED)):
            yield from (f"{what} true", f"{what} false")
    if truthy(form.get("consent", UNDEFINED)):
        yield from ("consent granted", "consent missing")
    if item.key is not None:
        yield from ("present", "absent")
    elif item.scope:
        yield from ("no item", "one item", "several items")
    elif not item.inner:
        yield "value"
        if "fn" in form and ("value" in form or not item.last):
            yield "nothing"


# ---- what cannot be


def proof(target: Target, tree: Tree, config: Config) -> str:
    """Return why no event can reach this, or the empty text where that is not known beforehand."""
    if config.disabled:
        return "the destination is disabled"
    place, what = target.place, target.what
    if config.consent and not any(truthy(flag) for flag in config.consent.values()):
        return (
            ""
            if what == "consent missing" and place is DESTINATION
            else "its consent asks for no name with true"
        )
    if isinstance(place, RulePlace):
        return _of_rule(place) or (_of_condition(place, what) if what == "condition false" else _never(place))
    if isinstance(place, Item):
        return _of_place(place, what, tree, config)
    if what == "a batch of the rest" and config.batch_size == 1:
        return "a batch of one event is always full"
    return _of_destination(what, tree)


def _of_rule(rule: RulePlace) -> str:
    for word in (rule.entity, rule.action):
        if not word or " " in word:
            return f"no event's name has the word {word!r}: names are split at spaces"
    for earlier in rule.before:
        if not earlier.conditional:
            return f"{earlier.label} before it has no condition"
        if earlier.condition is not None and is_constant(earlier.condition, true=True):
            return f"the condition of {earlier.label} before it is always true"
    return ""


def _never(rule: RulePlace) -> str:
    if rule.condition is not None and is_constant(rule.condition, true=False):
        return "its condition is always false: it does not look at the event"
    if rule.condition is not None and (path := contradiction(rule.condition)):
        return f"its condition contradicts itself: nothing is both for {path}"
    return ""


def _of_condition(rule: RulePlace, what: str) -> str:
    if rule.condition is not None and what == "condition false" and is_constant(rule.condition, true=True):
        return "its condition is always true: it does not look at the event"
    return ""


def _of_place(item: Item, what: str, tree: Tree, config: Config) -> str:
    rule = item.rule
    if rule is not None:
        if why := _of_rule(rule) or _never(rule):
            return f"its rule is not reached: {why}"
        if item.part != "policy" and truthy(rule.raw.get("ignore", UNDEFINED)):
            return "its rule ignores the events"
        silent = rule.raw.get("silent") is True or rule.raw.get("skip") is True
        if item.part == "properties" and silent:
            return "its rule is silent: its properties are never sent"
    around: Item | None = item
    while around is not None:
        if why := _shadowed(around) or (_unasked(around.around, config) if around.around else ""):
            return why
        around = around.around
    return _of_outcome(item, what, tree, config)


def _shadowed(item: Item) -> str:
    for number, earlier in enumerate(item.before, 1):
        if _always_gives(earlier):
            return f"alternative {number} before it always gives a value"
    return ""


def _always_gives(item: Item) -> bool:
    form = item.form
    if any(truthy(form.get(name, UNDEFINED)) for name in ("condition",)):
        return False
    static = form.get("value", UNDEFINED)
    return (static is not UNDEFINED and static is not None) or truthy(form.get("map", UNDEFINED))


def _unasked(around: Item, config: Config) -> str:
    """Tell why what is inside an item is never asked, where its gates never open."""
    condition = around.code("condition")
    if condition is not None and is_constant(condition, true=False):
        return "the condition around it is always false: it does not look at the event"
    if _no_consent(around):
        return "the consent around it asks for no name with true"
    del config
    return ""


def _no_consent(item: Item) -> bool:
    required = item.form.get("consent")
    return isinstance(required, dict) and bool(required) and not any(map(truthy, required.values()))


def _of_outcome(item: Item, what: str, tree: Tree, config: Config) -> str:
    gate = what.partition(" ")[0]
    if gate in ("condition", "validate"):
        code = item.code("condition" if gate == "condition" else "validate")
        if code is not None and is_constant(code, true=not what.endswith("true")):
            return f"its {gate} is always {'false' if what.endswith('true') else 'true'}: it does not look at the event"
        if gate == "condition":
            return _closed_condition(item) if what.endswith("true") else ""
        return _closed(item)
    if what == "consent missing":
        return _missing_consent(item, tree, config) or _closed_condition(item)
    if why := _closed(item):
        return why
    code = item.code("fn")
    if what == "value" and (why := _valueless(item) or (gives_nothing(code) if code is not None else "")):
        return why
    whole = not item.looped and item.input == ()
    if what == "present" and whole and item.key is not None and (why := _unknown(steps(item.key)[0], tree)):
        return why
    if what == "absent" and whole and item.key is not None and item.key in _ALWAYS:
        return f"walkerOS gives every event its {item.key}"
    return _needed(item, tree, config) if what == "absent" else ""


def _valueless(item: Item) -> str:
    """Tell of a fixed value why it is none."""
    alone = set(item.form) <= {"value", "condition", "consent", "validate"} and "value" in item.form
    return "null is no value, nor is what holds null" if alone and not item.inner and _is_null(item) else ""


def _is_null(item: Item) -> bool:
    return cast_to_property(item.form["value"]) is UNDEFINED


def _unknown(field: str, tree: Tree) -> str:
    """Tell why nothing can stand in a field that events do not have."""
    policies = [tree.raw.get("policy"), *(rule.raw.get("policy") for rule in tree.rules)]
    written = any(steps(str(path))[0] == field for one in policies if isinstance(one, dict) for path in one)
    if field in _FIELDS or field == "*" or written:
        return ""
    return f"events have no field {field!r}: walkerOS drops what it does not know"


def _needed(item: Item, tree: Tree, config: Config) -> str:
    """Tell why an event cannot come here without what a path reads, or return the empty text."""
    if item.input != () or item.key is None:
        return ""
    if item.part in ("identify", "properties") and steps(item.key) == _sole_identity(tree, config):
        return f"an event without {item.key} has no identity, and is skipped before"
    around: Item | None = item
    while around is not None:
        code = around.code("condition")
        if code is not None and around.input == () and needs(code, steps(item.key)):
            return f"the condition around it does not hold without {item.key}"
        around = around.around
    rule = item.rule
    if rule is None or rule.condition is None:
        return ""
    if item.part != "policy" and _touches(rule.raw.get("policy"), item.key):
        return ""
    if needs(rule.condition, steps(item.key)):
        return f"the condition of its rule does not hold without {item.key}"
    return ""


def _policies(item: Item, tree: Tree) -> Iterator[list[Item]]:
    """Yield, for every policy that ran before, the alternatives of what it writes where an item reads."""
    for rule in (None, item.rule) if item.part != "policy" else (None,) if item.rule is not None else ():
        policy = tree.raw.get("policy") if rule is None else rule.raw.get("policy")
        if isinstance(policy, dict) and item.key in policy and (rule is not None or item.rule is not None):
            written = policy[item.key]
            alternatives = written if isinstance(written, list) else [written]
            yield [one for one in map(tree.place_of, alternatives) if one is not None]


def always_written(item: Item, tree: Tree) -> bool:
    """Tell whether a policy gives what an item reads a value, whatever the event brings.

    That is no proof: it is lost where the event has a list around it, in which it has no place.
    """
    return any(any(map(_always_gives, alternatives)) for alternatives in _policies(item, tree))


def _touches(policy: Any, key: str) -> bool:
    return isinstance(policy, dict) and any(
        f"{key}.".startswith(f"{path}.") or str(path).startswith(f"{key}.") for path in policy
    )


def _sole_identity(tree: Tree, config: Config) -> Path | None:
    """Return the one path that every event must have to get anywhere; None where there are other ways."""
    settings = config.raw.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    if truthy(settings.get("objectId", UNDEFINED)) and settings.get("objectId") is not None:
        return None
    if settings.get("email") is None:
        return ("user", "email")
    items = [one for one in tree.items if one.part == "email" and one.around is None]
    plain = len(items) == 1 and set(items[0].form) == {"key"} and items[0].key is not None
    return steps(str(items[0].key)) if plain else None


def _closed_condition(item: Item) -> str:
    code = item.code("condition")
    if code is not None and is_constant(code, true=False):
        return "its condition is always false: it does not look at the event"
    if code is not None and (path := contradiction(code)):
        return f"its condition contradicts itself: nothing is both for {path}"
    return ""


def _closed(item: Item) -> str:
    if _no_consent(item):
        return "its consent asks for no name with true"
    return _closed_condition(item)


def _missing_consent(item: Item, tree: Tree, config: Config) -> str:
    if item.looped or _writes_consent(tree):
        return ""
    required = {name for name, flag in _flags(item.form.get("consent")) if truthy(flag)}
    lets = {name for name, flag in _flags(config.consent) if truthy(flag)}
    if lets and lets <= required:
        return "the destination's own consent is enough for it: an event without it is never let through"
    return ""


def _flags(consent: Any) -> Iterator[tuple[str, Any]]:
    return iter(consent.items()) if isinstance(consent, dict) else iter(())


def _writes_consent(tree: Tree) -> bool:
    policies = [tree.raw.get("policy"), *(rule.raw.get("policy") for rule in tree.rules)]
    return any(str(path).startswith("consent") for one in policies if isinstance(one, dict) for path in one)


def _of_destination(what: str, tree: Tree) -> str:
    if what in ("no identity", "objectId alone"):
        parts = ("email", "objectId") if what == "no identity" else ("email",)
        for item in tree.items:
            if item.around is None and item.rule is None and item.part in parts:
                static = item.form.get("value")
                if isinstance(static, str) and static and _always_gives(item) and "key" not in item.form:
                    return f"its {item.part} is always {static!r}"
    return ""
