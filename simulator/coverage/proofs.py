"""Proofs that no event can reach a target, from the configuration alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import UNDEFINED, cast_to_property, truthy
from simulator.coverage.constant_folding import contradiction, gives_nothing, is_constant, needs
from simulator.coverage.mapping_tree import MappingTree, Path, RuleNode, ValueNode, steps
from simulator.coverage.targets import DESTINATION, Target

__all__ = ["always_written", "proof"]

# Fields that walkerOS gives every event (section 1).
_ALWAYS: Final = frozenset({"name", "id", "consent"})
_FIELDS: Final = frozenset(
    """
    name data context globals custom user nested consent id trigger entity action timestamp timing source
    """.split()  # noqa: SIM905 - fifteen names read better as words
)


def proof(target: Target, tree: MappingTree, config: Config, *, parity: bool = False) -> str:
    """Return why no event can reach a target; empty if there is no proof.

    With `parity`, the proof is about walkerOS' behaviour.
    """
    if config.disabled:
        return "the destination is disabled"
    place, what = target.place, target.what
    if config.consent and not any(truthy(flag) for flag in config.consent.values()):
        held = what == "consent missing" and place is DESTINATION
        return "" if held else "its consent asks for no name with true"
    if isinstance(place, RuleNode):
        return _of_rule(place) or (_of_condition(place, what) if what == "condition false" else _never(place))
    if isinstance(place, ValueNode):
        return _of_place(place, what, tree, config, parity=parity)
    if what == "a batch of the rest" and config.batch_size == 1:
        return "a batch of one event is always full"
    return _of_destination(what, tree)


def _of_rule(rule: RuleNode) -> str:
    for word in (rule.entity, rule.action):
        if not word or " " in word:
            return f"no event's name has the word {word!r}: names are split at spaces"
    for earlier in rule.before:
        if not earlier.conditional:
            return f"{earlier.label} before it has no condition"
        if earlier.condition is not None and is_constant(earlier.condition, true=True):
            return f"the condition of {earlier.label} before it is always true"
    return ""


def _never(rule: RuleNode) -> str:
    if rule.condition is not None and is_constant(rule.condition, true=False):
        return "its condition is always false: it does not look at the event"
    if rule.condition is not None and (path := contradiction(rule.condition)):
        return f"its condition contradicts itself: nothing is both for {path}"
    return ""


def _of_condition(rule: RuleNode, what: str) -> str:
    if rule.condition is not None and what == "condition false" and is_constant(rule.condition, true=True):
        return "its condition is always true: it does not look at the event"
    return ""


def _of_place(item: ValueNode, what: str, tree: MappingTree, config: Config, *, parity: bool) -> str:
    rule = item.rule
    if rule is not None:
        if why := _of_rule(rule) or _never(rule):
            return f"its rule is not reached: {why}"
        if item.part != "policy" and truthy(rule.raw.get("ignore", UNDEFINED)):
            return "its rule ignores the events"
        silent = rule.raw.get("silent") is True or (rule.raw.get("skip") is True and not parity)
        if item.part == "properties" and silent:
            return "its rule is silent: its properties are never sent"
    around: ValueNode | None = item
    while around is not None:
        if why := _shadowed(around) or (_unasked(around.around) if around.around else ""):
            return why
        around = around.around
    return _of_outcome(item, what, tree, config, parity=parity)


def _shadowed(item: ValueNode) -> str:
    inner = item.around is not None and item in item.around.inner
    for number, earlier in enumerate(item.before, 1):
        # A nested list gives its first truthy value, otherwise its first present one: a key that gives 0
        # is skipped, although there is a fallback value.
        if _always_gives(earlier) and (not inner or _always_true(earlier)):
            return f"alternative {number} before it always gives a value"
    return ""


def _always_gives(item: ValueNode) -> bool:
    form = item.form
    if truthy(form.get("condition", UNDEFINED)):
        return False
    if "value" in form:
        return cast_to_property(form["value"]) is not UNDEFINED
    # An empty map is a value; a map that contains null is not.
    return set(form) == {"map"} and truthy(form["map"]) and cast_to_property(form["map"]) is not UNDEFINED


def _always_true(item: ValueNode) -> bool:
    """Return whether an item always gives a truthy value."""
    return set(item.form) == {"map"} or (set(item.form) == {"value"} and truthy(item.form["value"]))


def _unasked(around: ValueNode) -> str:
    """Return why the inside of an item is never evaluated."""
    condition = around.code("condition")
    if condition is not None and is_constant(condition, true=False):
        return "the condition around it is always false: it does not look at the event"
    if _no_consent(around):
        return "the consent around it asks for no name with true"
    return ""


def _no_consent(item: ValueNode) -> bool:
    required = item.form.get("consent")
    return isinstance(required, dict) and bool(required) and not any(map(truthy, required.values()))


def _of_outcome(item: ValueNode, what: str, tree: MappingTree, config: Config, *, parity: bool) -> str:
    gate = what.partition(" ")[0]
    if gate in ("condition", "validate"):
        code = item.code("condition" if gate == "condition" else "validate")
        if code is not None and is_constant(code, true=not what.endswith("true")):
            return f"its {gate} is always {'false' if what.endswith('true') else 'true'}: it does not look at the event"
        if gate == "condition":
            return _closed_condition(item) if what.endswith("true") else ""
        return _closed(item)
    if what == "consent missing":
        return _missing_consent(item, tree, config, parity=parity) or _closed_condition(item)
    if why := _closed(item):
        return why
    if what == "value" and (why := _valueless(item) or _nothing_by_function(item)):
        return why
    whole = not item.looped and item.input == ()
    if what == "present" and whole and item.key is not None and (why := _unknown(steps(item.key)[0], tree)):
        return why
    if what == "absent" and whole and item.key is not None and item.key in _ALWAYS:
        return f"walkerOS gives every event its {item.key}"
    return _needed(item, tree, config) if what == "absent" else ""


def _nothing_by_function(item: ValueNode) -> str:
    """Return why a function never gives a value, unless another producer replaces it (section 2.3)."""
    code = item.code("fn")
    replaced = any(truthy(item.form.get(name)) for name in ("key", "loop", "map", "set"))
    return gives_nothing(code) if code is not None and not replaced else ""


def _valueless(item: ValueNode) -> str:
    """Return why a fixed value is not a property."""
    alone = set(item.form) <= {"value", "condition", "consent", "validate"} and "value" in item.form
    if not alone or item.inner or cast_to_property(item.form["value"]) is not UNDEFINED:
        return ""
    return "null is not a value, nor is what holds null"


def _unknown(field: str, tree: MappingTree) -> str:
    """Return why a field never has a value: events do not have it."""
    if field in _FIELDS or field == "*" or tree.writes(field):
        return ""
    return f"events have no field {field!r}: walkerOS drops what it does not know"


def _needed(item: ValueNode, tree: MappingTree, config: Config) -> str:
    """Return why an event without a path's value cannot reach an item; empty if there is no proof."""
    if item.input != () or item.key is None:
        return ""
    if item.part in ("identify", "properties") and steps(item.key) == _sole_identity(tree, config):
        return f"an event without {item.key} has no identity, and is skipped before"
    around: ValueNode | None = item
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


def _policies(item: ValueNode, tree: MappingTree) -> Iterator[list[ValueNode]]:
    """Yield, for every earlier policy, the alternatives of the value that it writes at the item's path."""
    for rule in (None, item.rule) if item.part != "policy" else (None,) if item.rule is not None else ():
        policy = tree.raw.get("policy") if rule is None else rule.raw.get("policy")
        if isinstance(policy, dict) and item.key in policy and (rule is not None or item.rule is not None):
            written = policy[item.key]
            alternatives = written if isinstance(written, list) else [written]
            yield [value_node for value_node in map(tree.node_of, alternatives) if value_node is not None]


def always_written(item: ValueNode, tree: MappingTree) -> bool:
    """Return whether a policy always sets the value that an item reads.

    This is not a proof: the value is lost if the event has a list above the path.
    """
    return any(any(map(_always_gives, alternatives)) for alternatives in _policies(item, tree))


def _touches(policy: Any, key: str) -> bool:
    return isinstance(policy, dict) and any(
        f"{key}.".startswith(f"{path}.") or str(path).startswith(f"{key}.") for path in policy
    )


def _sole_identity(tree: MappingTree, config: Config) -> Path | None:
    """Return the only path that can identify an event, or None."""
    settings = config.raw.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    if truthy(settings.get("objectId", UNDEFINED)) and settings.get("objectId") is not None:
        return None
    if settings.get("email") is None:
        return ("user", "email")
    items = [item for item in tree.items if item.part == "email" and item.around is None]
    plain = len(items) == 1 and set(items[0].form) == {"key"} and items[0].key is not None
    return steps(str(items[0].key)) if plain else None


def _closed_condition(item: ValueNode) -> str:
    code = item.code("condition")
    if code is not None and is_constant(code, true=False):
        return "its condition is always false: it does not look at the event"
    if code is not None and (path := contradiction(code)):
        return f"its condition contradicts itself: nothing is both for {path}"
    return ""


def _closed(item: ValueNode) -> str:
    if _no_consent(item):
        return "its consent asks for no name with true"
    return _closed_condition(item)


def _missing_consent(item: ValueNode, tree: MappingTree, config: Config, *, parity: bool) -> str:
    # In walkerOS 4.4 an item of a loop may have its own consent; since 4.7.1 only the event's counts.
    if (parity and item.looped) or _writes_consent(tree):
        return ""
    required = {name for name, flag in _flags(item.form.get("consent")) if truthy(flag)}
    lets = {name for name, flag in _flags(config.consent) if truthy(flag)}
    if lets and lets <= required:
        return "the destination's own consent is enough for it: an event without it is never let through"
    return ""


def _flags(consent: Any) -> Iterator[tuple[str, Any]]:
    return iter(consent.items()) if isinstance(consent, dict) else iter(())


def _writes_consent(tree: MappingTree) -> bool:
    policies = [tree.raw.get("policy"), *(rule.raw.get("policy") for rule in tree.rules)]
    return any(
        str(path).startswith("consent") for policy in policies if isinstance(policy, dict) for path in policy
    )


def _of_destination(what: str, tree: MappingTree) -> str:
    if what in ("no identity", "objectId alone"):
        parts = ("email", "objectId") if what == "no identity" else ("email",)
        for item in tree.items:
            if item.around is None and item.rule is None and item.part in parts:
                static = item.form.get("value")
                if isinstance(static, str) and static and _always_gives(item) and "key" not in item.form:
                    return f"its {item.part} is always {static!r}"
    return ""
