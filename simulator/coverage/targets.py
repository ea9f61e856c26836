"""List the coverage targets of a configuration: its rules and the paths through its mapping values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hubspot_dest.config.model import Config
from hubspot_dest.mapping.jsvalues import UNDEFINED, truthy
from simulator.coverage.mapping_tree import MappingTree, RuleNode, ValueNode

__all__ = ["DESTINATION", "Destination", "Place", "Target", "targets_of"]


class Destination:
    """The node of targets that concern the whole destination."""

    label = "the destination"


DESTINATION: Final = Destination()
Place = Destination | RuleNode | ValueNode


@dataclass(frozen=True, slots=True)
class Target:
    """A coverage target: a node of the mapping tree and a result at that node."""

    place: Place
    what: str

    @property
    def is_rule(self) -> bool:
        """Whether the target is a rule rather than a path."""
        return self.what == "matched"

    @property
    def label(self) -> str:
        """The target's display name."""
        if self.is_rule:
            return self.place.label
        if isinstance(self.place, ValueNode) and self.what in ("present", "absent"):
            return f"{self.place.label}: {self.place.key} {self.what}"
        return f"{self.place.label}: {self.what}"


def targets_of(tree: MappingTree, config: Config) -> list[Target]:
    """Return all targets in document order."""
    found = [Target(DESTINATION, what) for what in _destination(tree, config)]
    for item in tree.own_items(None):
        found += [Target(item, what) for what in _of_item(item)]
    for rule in tree.rules:
        found.append(Target(rule, "matched"))
        if rule.conditional:
            found.append(Target(rule, "condition false"))
        found += [Target(item, what) for item in tree.own_items(rule) for what in _of_item(item)]
    return found


def _destination(tree: MappingTree, config: Config) -> Iterator[str]:
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
    if tree.rules and not any((rule.entity, rule.action) == ("*", "*") for rule in tree.rules):
        yield "no rule"
    if config.batch:
        yield from ("a full batch", "a batch of the rest")


def _of_item(item: ValueNode) -> Iterator[str]:
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
