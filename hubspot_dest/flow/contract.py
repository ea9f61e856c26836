"""The contracts of a flow file: the planned events, and the JSON Schema of each (walkerOS 4.4, section 6).

`contract` is `{name: {extend?, tagging?, description?, events?: {entity: {action: schema}}, schema?}}`. Every schema
describes the complete event. This module reads and merges contracts; `contracts.checker` validates events against them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

__all__ = ["ANY", "Contract", "ContractProblem", "contracts_of", "referenced_contracts", "resolve_contracts"]

Path = tuple[str | int, ...]
ProblemKind = Literal["invalid", "cycle", "unknown", "old_key"]

ANY: Final = "*"
"""The wildcard for every entity or every action."""

_KEYS: Final = ("extend", "tagging", "description", "events", "schema")
# Up to walkerOS 4.0 each of these sections had a schema of its own.
_SECTIONS: Final = ("globals", "context", "custom", "user", "consent")
_REFERENCE: Final = re.compile(r"\$contract\.([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class ContractProblem:
    """Why a contract, or a part of it, cannot be used.

    Attributes:
        kind: `invalid` for a wrong form, `cycle` if it extends itself, `unknown` if it extends an unknown contract,
            `old_key` for a key of an earlier version, which is still supported here.
        path: the path of the problem from the root of `contract`.
        sentence: what is wrong.
        fix: what to do about it.

    """

    kind: ProblemKind
    path: Path
    sentence: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract, merged with everything that it extends.

    Attributes:
        name: the key in the flow file.
        events: entity to action to schema; `*` matches any entity or action.
        schema: the schema of every event; empty if there is none.
        lineage: the contract's own name and those of the contracts that it extends, nearest first.
        planned_in: (entity, action) to the paths of its schemas, from the root of `contract`.

    """

    name: str
    events: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    schema: Any = field(default_factory=dict)
    lineage: tuple[str, ...] = ()
    planned_in: Mapping[tuple[str, str], tuple[Path, ...]] = field(default_factory=dict)

    @property
    def plans_events(self) -> bool:
        """Whether the contract lists events; a contract without a list allows every event."""
        return any(self.events.values())

    def keys_for(self, entity: str, action: str) -> tuple[tuple[str, str], ...]:
        """Return the (entity, action) keys of `events` that apply to an event, most general first."""
        candidates = dict.fromkeys(((ANY, ANY), (ANY, action), (entity, ANY), (entity, action)))
        return tuple(
            (entity_key, action_key)
            for entity_key, action_key in candidates
            if action_key in self.events.get(entity_key, {})
        )

    def schema_of(self, entity: str, action: str) -> Any:
        """Return the merged schema of an event, including `schema`."""
        merged = self.schema
        for entity_key, action_key in self.keys_for(entity, action):
            merged = merge_schemas(merged, self.events[entity_key][action_key])
        return merged


def contracts_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return name to contract for every contract of a flow file, as written."""
    block = document.get("contract")
    return {str(name): entry for name, entry in block.items()} if isinstance(block, dict) else {}


def referenced_contracts(value: Any) -> Iterator[str]:
    """Yield the name of every `$contract.name` inside a value, in order."""
    if isinstance(value, str):
        for reference in _REFERENCE.finditer(value):
            yield reference[1]
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != "contract" or not isinstance(item, dict):
                yield from referenced_contracts(item)
    elif isinstance(value, list):
        for item in value:
            yield from referenced_contracts(item)


def resolve_contracts(entries: Mapping[str, Any]) -> tuple[dict[str, Contract], list[ContractProblem]]:
    """Return the contracts with `extend` resolved, and the problems of those that cannot be used.

    A contract takes precedence over what it extends; lists of `required` properties are concatenated.

    Args:
        entries: name to contract, as written.

    """
    resolver = _Resolver(entries)
    for name in entries:
        resolver.contract(name, ())
    return {
        name: contract for name, contract in resolver.done.items() if contract is not None
    }, resolver.problems


def merge_schemas(parent: Any, child: Any) -> Any:
    """Merge two schemas, so that the result requires what both require; the child wins where they conflict."""
    if not isinstance(parent, dict) or not isinstance(child, dict):
        return child
    merged = dict(parent)
    for key, value in child.items():
        known = parent.get(key)
        if key == "required" and isinstance(known, list) and isinstance(value, list):
            merged[key] = [*known, *(item for item in value if item not in known)]
        elif isinstance(known, dict) and isinstance(value, dict):
            merged[key] = merge_schemas(known, value)
        else:
            merged[key] = value
    return merged


class _Resolver:
    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = entries
        self.done: dict[str, Contract | None] = {}
        self.problems: list[ContractProblem] = []

    def contract(self, name: str, chain: tuple[str, ...]) -> Contract | None:
        """Return a resolved contract; None if it, or a contract that it extends, cannot be used."""
        if name in self.done:
            return self.done[name]
        entry = self._entries[name]
        if not isinstance(entry, dict):
            self._problem("invalid", (name,), f"the contract {name!r} is not a map", "{events: {…}}")
            self.done[name] = None
            return None
        parent = self._parent(name, entry, (*chain, name))
        if name in self.done:  # it is part of a cycle
            return self.done[name]
        self._report_unknown_keys(name, entry)
        events, places = self._events(name, entry.get("events"))
        schema = self._schema(name, entry)
        if parent is None:
            contract = Contract(name, events, schema, (name,), places)
        elif isinstance(parent, Contract):
            contract = Contract(
                name,
                _merged_events(parent.events, events),
                merge_schemas(parent.schema, schema),
                (name, *parent.lineage),
                MappingProxyType(
                    {
                        key: (*places.get(key, ()), *parent.planned_in.get(key, ()))
                        for key in (*parent.planned_in, *places)
                    }
                ),
            )
        else:
            self.done[name] = None
            return None
        self.done[name] = contract
        return contract

    def _parent(
        self, name: str, entry: dict[str, Any], chain: tuple[str, ...]
    ) -> Contract | Literal[False] | None:
        """Return the contract that a contract extends; None if there is none, False if it cannot be used."""
        key = "extend" if "extend" in entry else "extends"
        wanted = entry.get(key)
        if key == "extends" and wanted is not None:
            self._problem(
                "old_key", (name, key), f"{key} is an earlier spelling; since 4.1.1 it is extend", "extend"
            )
        if wanted is None:
            return None
        if isinstance(wanted, str) and (reference := _REFERENCE.fullmatch(wanted)):
            wanted = reference[1]
        if not isinstance(wanted, str):
            self._problem("invalid", (name, key), f"{key} is not the name of a contract", "a name")
            return False
        if wanted in chain:
            circle = " -> ".join([*chain[chain.index(wanted) :], wanted])
            self._problem("cycle", (name, key), f"contracts extend each other in a circle: {circle}")
            for member in chain[chain.index(wanted) :]:
                self.done[member] = None
            return False
        if wanted not in self._entries:
            others = ", ".join(entry_name for entry_name in self._entries if entry_name != name) or "none"
            self._problem("unknown", (name, key), f"there is no contract {wanted!r}", f"contracts: {others}")
            return False
        return self.contract(wanted, chain) or False

    def _events(
        self, name: str, given: Any
    ) -> tuple[Mapping[str, Mapping[str, Any]], Mapping[tuple[str, str], tuple[Path, ...]]]:
        if given is None:
            return {}, {}
        if not isinstance(given, dict):
            self._problem("invalid", (name, "events"), "events is not a map", "{entity: {action: schema}}")
            return {}, {}
        events: dict[str, dict[str, Any]] = {}
        places: dict[tuple[str, str], tuple[Path, ...]] = {}
        for entity, actions in given.items():
            path: Path = (name, "events", entity)
            if not isinstance(actions, dict):
                self._problem("invalid", path, f"{entity!r} is not a map of actions", "{action: schema}")
                continue
            for action, schema in actions.items():
                if not isinstance(schema, (dict, bool)):
                    sentence = f"the schema of {entity} {action} is not a map"
                    self._problem("invalid", (*path, action), sentence, '{"properties": {"data": {…}}}')
                    continue
                events.setdefault(str(entity), {})[str(action)] = schema
                places[str(entity), str(action)] = ((*path, action),)
        return events, places

    def _schema(self, name: str, entry: dict[str, Any]) -> Any:
        schema = entry.get("schema", {})
        if not isinstance(schema, (dict, bool)):
            self._problem("invalid", (name, "schema"), "schema is not a map", '{"properties": {…}}')
            schema = {}
        for section in _SECTIONS:
            if section not in entry:
                continue
            sentence = (
                f"{section} is a key of an earlier version; since 4.1 it is schema.properties.{section}"
            )
            self._problem("old_key", (name, section), sentence, f"schema: {{properties: {{{section}: …}}}}")
            if isinstance(entry[section], dict):
                schema = merge_schemas({"properties": {section: entry[section]}}, schema)
        return schema

    def _report_unknown_keys(self, name: str, entry: dict[str, Any]) -> None:
        import difflib

        for key in entry:
            if key in (*_KEYS, *_SECTIONS, "extends"):
                continue
            near = difflib.get_close_matches(str(key), _KEYS, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(_KEYS)}"
            self._problem("invalid", (name, key), f"unknown key {key!r} in the contract {name!r}", fix)

    def _problem(self, kind: ProblemKind, path: Path, sentence: str, fix: str = "") -> None:
        self.problems.append(ContractProblem(kind, path, sentence, fix))


def _merged_events(
    parent: Mapping[str, Mapping[str, Any]], child: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    merged = {entity: dict(actions) for entity, actions in parent.items()}
    for entity, actions in child.items():
        own = merged.setdefault(entity, {})
        for action, schema in actions.items():
            own[action] = merge_schemas(own[action], schema) if action in own else schema
    return merged
