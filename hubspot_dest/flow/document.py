"""Find the HubSpot destination in a flow file, and read its configuration (walkerOS 4.4, section 6.1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hubspot_dest.config.validation import Problem
from hubspot_dest.flow.contract import contracts_of, resolve_contracts
from hubspot_dest.flow.references import FlowError, Path, References
from hubspot_dest.flow.upgrade import CURRENT_VERSION, upgrade_flow

__all__ = [
    "FlowDestination",
    "find_destination",
    "ignored_parts",
    "is_entry",
    "is_flow",
    "references_of",
    "select_destination",
]

_PACKAGE: Final = "@walkeros/server-destination-hubspot"
_NOT_RUN: Final = {
    "before": "transformers are not run here: events are used as their source sent them",
    "next": "other steps are not run here",
    "cache": "events are not cached here",
    "env": "the official HubSpot client is used, not what env injects",
}


@dataclass(frozen=True, slots=True)
class FlowDestination:
    """A HubSpot destination in a flow.

    Attributes:
        flow: the flow's name.
        name: the destination's name.
        config: the destination's configuration, with references resolved.
        entry: the destination's complete entry, unresolved.
        collector: the collector's initial state, with references resolved.
        path: the path of `config` in the file.
        several: whether the flow has other destinations.
        notes: warnings, with paths from the root of the file.

    """

    flow: str
    name: str
    config: dict[str, Any] = field(repr=False)
    entry: dict[str, Any] = field(repr=False)
    collector: dict[str, Any]
    path: Path
    several: bool
    notes: tuple[Problem, ...]


def is_flow(raw: Any) -> bool:
    """Return whether this is a flow file rather than a destination's configuration."""
    return isinstance(raw, dict) and "flows" in raw and "settings" not in raw


def is_entry(raw: Any) -> bool:
    """Return whether this is a destination's entry in a flow, which holds its configuration as `config`."""
    return isinstance(raw, dict) and isinstance(raw.get("config"), dict) and "settings" not in raw


def ignored_parts(entry: dict[str, Any], place: Path) -> list[Problem]:
    """Return a warning for each key of a destination's entry, other than `config`, that has no effect here."""
    return [
        Problem((*place, key), f"{key} has no effect here: {why}", severity="warning")
        for key, why in _NOT_RUN.items()
        if entry.get(key) not in (None, [], {})
    ]


def find_destination(raw: dict[str, Any], wanted: str, environment: Mapping[str, str]) -> FlowDestination:
    """Return the HubSpot destination of a flow file.

    Args:
        raw: the file, of version 1 to 4; an earlier version is upgraded in memory, with a note for every change.
        wanted: `flow`, `flow.destination` or `destination` to select one; empty if there is only one.
        environment: the variables for `$env` and `$secret`.

    Raises:
        FlowError: no destination matches, several match, or a reference cannot be resolved.

    """
    raw, changes = upgrade_flow(raw)
    flows = _flows(raw)
    flow, name = _selected(flows, wanted)
    several = sum(len(_destinations(body)) for body in flows.values()) > 1
    destination = _read(raw, flows, flow, name, environment, several=several)
    if not changes:
        return destination
    return replace(destination, notes=(*_relevant(changes, destination.path), *destination.notes))


def select_destination(raw: dict[str, Any], wanted: str) -> tuple[str, str]:
    """Return the names (flow, destination) of the HubSpot destination of a flow file of any version.

    Args:
        raw: the file.
        wanted: `flow`, `flow.destination` or `destination` to select one; empty if there is only one.

    Raises:
        FlowError: no destination matches, or several match.

    """
    flows = raw.get("flows")
    usable = flows if isinstance(flows, dict) else {}
    return _selected({name: body for name, body in usable.items() if isinstance(body, dict)}, wanted)


def references_of(raw: dict[str, Any], flow: str, name: str, environment: Mapping[str, str]) -> References:
    """Return the reference resolver of a destination; see `select_destination`."""
    flows = raw["flows"]
    return _references(raw, flows, flow, environment, _destinations(flows[flow])[name], ())


def _selected(flows: dict[str, Any], wanted: str) -> tuple[str, str]:
    places = [(flow, name) for flow, body in flows.items() for name in _destinations(body)]
    matches = [place for place in places if _matches(place, wanted)]
    hubspot = [(flow, name) for flow, name in matches if _is_hubspot(name, _destinations(flows[flow])[name])]
    # A destination selected by name is accepted, unless its package says that it is for another service.
    chosen = hubspot or [place for place in matches if wanted and not _names_package(flows, place)]
    if len(chosen) != 1:
        all_hubspot = [
            (flow, name) for flow, name in places if _is_hubspot(name, _destinations(flows[flow])[name])
        ]
        raise _selection_error(chosen, matches, places, all_hubspot, wanted)
    return chosen[0]


def _flows(raw: dict[str, Any]) -> dict[str, Any]:
    version = raw.get("version")
    if version != CURRENT_VERSION or isinstance(version, bool):
        raise FlowError(
            ("version",), f"flow version {version!r} is not supported, only 1 to 4 are", "version: 4"
        )
    flows = raw["flows"]
    if not isinstance(flows, dict) or not flows or not all(isinstance(flow, dict) for flow in flows.values()):
        raise FlowError(("flows",), "flows must be a map of at least one flow")
    return flows


def _relevant(changes: Iterable[Problem], path: Path) -> Iterator[Problem]:
    """Yield the changes of an upgrade that affect the file as a whole, or the destination at `path`."""
    for change in changes:
        if change.path[:1] != ("flows",) or change.path[: len(path) - 1] == path[:-1]:
            yield change


def _destinations(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    destinations = body.get("destinations")
    if not isinstance(destinations, dict):
        return {}
    return {name: entry for name, entry in destinations.items() if isinstance(entry, dict)}


def _matches(place: tuple[str, str], wanted: str) -> bool:
    return wanted in ("", place[0], place[1], ".".join(place))


def _is_hubspot(name: str, entry: dict[str, Any]) -> bool:
    package = entry.get("package")
    if isinstance(package, str) and package:
        # a version may follow: "name@^4"
        return package == _PACKAGE or package.startswith(f"{_PACKAGE}@")
    config = entry.get("config")
    settings = config.get("settings") if isinstance(config, dict) else None
    return "hubspot" in name.lower() or (isinstance(settings, dict) and "eventNamePrefix" in settings)


def _names_package(flows: dict[str, Any], place: tuple[str, str]) -> bool:
    entry = _destinations(flows[place[0]])[place[1]]
    return bool(entry.get("package") or entry.get("code"))


def _selection_error(
    chosen: list[tuple[str, str]],
    matches: list[tuple[str, str]],
    places: list[tuple[str, str]],
    hubspot: list[tuple[str, str]],
    wanted: str,
) -> FlowError:
    """Return the error for a selection that matches no HubSpot destination, or several."""
    named = [".".join(pair) for pair in chosen or places]
    listed = ", ".join(named) or "none"
    if chosen:
        message = f"several destinations match: {listed}"
        return FlowError(("flows",), message, f"select one after the file name: FILE#{named[0]}")
    names = [".".join(place) for place in hubspot]
    if wanted and matches:
        selected = ", ".join(".".join(place) for place in matches)
        message = f"{wanted!r} is not a HubSpot destination (it selects {selected})"
        hint = (
            f"HubSpot destinations: {', '.join(names)}"
            if names
            else f"this file has no HubSpot destination, only: {listed}"
        )
        return FlowError(("flows",), message, hint)
    if wanted:
        has_others = names and len(names) < len(places)
        hint = f"HubSpot destinations: {', '.join(names)}" if has_others else f"destinations: {listed}"
        return FlowError(("flows",), f"there is no destination {wanted!r}", hint)
    hint = (
        f"select one after the file name: FILE#{named[0]}"
        if named
        else f'add one with the package "{_PACKAGE}"'
    )
    return FlowError(("flows",), f"this flow has no HubSpot destination; destinations: {listed}", hint)


def _read(
    raw: dict[str, Any],
    flows: dict[str, Any],
    flow: str,
    name: str,
    environment: Mapping[str, str],
    *,
    several: bool,
) -> FlowDestination:
    body = flows[flow]
    entry = _destinations(body)[name]
    place: Path = ("flows", flow, "destinations", name)
    references = _references(raw, flows, flow, environment, entry, ())
    config = references.resolve(entry.get("config", {}), (*place, "config"))
    if not isinstance(config, dict):
        raise FlowError((*place, "config"), "a destination's config must be a map")
    collector = references.resolve(body.get("collector", {}), ("flows", flow, "collector"))
    notes = ignored_parts(entry, place)
    if raw.get("include"):
        notes.append(Problem(("include",), "included folders are not read", severity="warning"))
    state = collector if isinstance(collector, dict) else {}
    # the destination's id is its name in the flow
    config = {"id": name, **config}
    return FlowDestination(
        flow, name, config, entry, state, (*place, "config"), several, (*notes, *references.warnings)
    )


def _references(
    raw: dict[str, Any],
    flows: dict[str, Any],
    flow: str,
    environment: Mapping[str, str],
    entry: dict[str, Any],
    reading: tuple[str, ...],
) -> References:
    """Return the reference resolver of a flow's step; `reading` names the flows that are being resolved."""

    def sibling(name: str) -> Any:
        if name not in flows:
            raise KeyError(name)
        if name in (*reading, flow):
            circle = " -> ".join([*reading, flow, name])
            raise FlowError(("flows", flow), f"flows refer to each other in a circle: {circle}")
        inner = _references(raw, flows, name, environment, {}, (*reading, flow))
        return inner.resolve(flows[name].get("config", {}), ("flows", name, "config"))

    return References(
        {**_map(raw, "variables"), **_map(flows[flow], "variables"), **_map(entry, "variables")},
        environment,
        _contracts(raw),
        sibling,
    )


def _contracts(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the contracts that `$contract` can name, merged with what they extend; cyclic contracts are left out."""
    written = contracts_of(raw)
    resolved, _ = resolve_contracts(written)
    return {
        name: {
            **{key: value for key, value in written[name].items() if key not in ("extend", "extends")},
            **({"events": contract.events} if contract.events else {}),
            **({"schema": contract.schema} if contract.schema else {}),
        }
        for name, contract in resolved.items()
    }


def _map(owner: dict[str, Any], key: str) -> dict[str, Any]:
    value = owner.get(key)
    return value if isinstance(value, dict) else {}
