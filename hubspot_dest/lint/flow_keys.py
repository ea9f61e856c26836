"""Check the keys of a flow file for unknown, misspelt and outdated ones (walkerOS 4.4, section 6.1)."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from hubspot_dest.lint.subject import LintReport

__all__ = ["check_flow_keys"]

Path = tuple[str | int, ...]

_ROOT: Final = ("version", "$schema", "include", "variables", "contract", "flows")
_FLOW: Final = ("config", "sources", "destinations", "transformers", "stores", "collector", "variables")
_FLOW_CONFIG: Final = ("platform", "url", "settings", "bundle", "observe")
_COLLECTOR: Final = (
    *(
        "consent",
        "user",
        "globals",
        "custom",
        "run",
        "queueMax",
        "dlqMax",
        "logger",
        "name",
        "next",
        "config",
    ),
    *(
        "tagging",
        "globalsStatic",
        "sessionStatic",
        "hooks",
        "on",
        "sources",
        "destinations",
        "verbose",
        "release",
    ),
)
_DESTINATION: Final = (
    *(
        "package",
        "code",
        "import",
        "config",
        "env",
        "before",
        "next",
        "cache",
        "variables",
        "examples",
        "state",
    ),
    *("disabled", "description"),
)
_EXAMPLE: Final = (
    *(
        "title",
        "description",
        "public",
        "in",
        "trigger",
        "mapping",
        "out",
        "command",
        "settings",
        "before",
        "after",
    ),
)
_OLD_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "web": 'config: {"platform": "web"}',
        "server": 'config: {"platform": "server"}',
        "bundle": "config.bundle",
        "packages": "config.bundle.packages",
        "definitions": "variables",
        "setup": "flows",
    }
)


def check_flow_keys(document: Mapping[str, Any]) -> Iterator[LintReport]:
    """Yield the unknown and outdated keys of a flow file; paths are from its root."""
    yield from _keys(document, (), _ROOT, "a flow file")
    version = document.get("version")
    if version != 4 or isinstance(version, bool):
        yield LintReport(
            "flow_version",
            ("version",),
            f"version is {version!r}; walkerOS 4 loads only version 4",
            in_file=True,
        )
    flows = document.get("flows")
    for name, flow in flows.items() if isinstance(flows, dict) else ():
        if isinstance(flow, dict):
            yield from _flow(flow, ("flows", name))


def _flow(flow: Mapping[str, Any], path: Path) -> Iterator[LintReport]:
    yield from _keys(flow, path, _FLOW, "a flow")
    if isinstance(flow.get("config"), dict):
        yield from _keys(flow["config"], (*path, "config"), _FLOW_CONFIG, "a flow's config", {})
    if isinstance(flow.get("collector"), dict):
        yield from _keys(flow["collector"], (*path, "collector"), _COLLECTOR, "the collector", {})
        yield from _collector_state(flow["collector"], (*path, "collector"))
    elif flow.get("collector") is not None and not _is_reference(flow["collector"]):
        yield LintReport(
            "invalid_value", (*path, "collector"), "the collector must be a map: {consent: {…}}", in_file=True
        )
    destinations = flow.get("destinations")
    for name, entry in destinations.items() if isinstance(destinations, dict) else ():
        if not isinstance(entry, dict):
            continue
        place = (*path, "destinations", name)
        yield from _keys(entry, place, _DESTINATION, "a destination")
        if isinstance(entry.get("code"), str) and not entry["code"].startswith("$code:"):
            yield LintReport(
                "flow_old_key",
                (*place, "code"),
                "a name in code is a form of version 4.0; since 4.1 the name is in import",
                f"import: {entry['code']}",
                in_file=True,
            )
        examples = entry.get("examples")
        for key, example in examples.items() if isinstance(examples, dict) else ():
            if isinstance(example, dict):
                yield from _keys(example, (*place, "examples", key), _EXAMPLE, "a step example", {})


def _collector_state(collector: Mapping[str, Any], path: Path) -> Iterator[LintReport]:
    for name in ("consent", "user", "globals", "custom"):
        state = collector.get(name)
        if state is not None and not isinstance(state, dict) and not _is_reference(state):
            sentence = f"the collector's {name} must be a map; this value has no effect"
            yield LintReport("invalid_value", (*path, name), sentence, in_file=True)
    consent = collector.get("consent")
    for name, value in consent.items() if isinstance(consent, dict) else ():
        if isinstance(value, str) and not _is_reference(value):
            sentence = f'consent {name} is the text "{value}", which counts as granted'
            yield LintReport(
                "consent_reads_no", (*path, "consent", name), sentence, "use true or false", in_file=True
            )


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and "$" in value


def _keys(
    owner: Mapping[str, Any],
    path: Path,
    known: tuple[str, ...],
    what: str,
    old: Mapping[str, str] = _OLD_KEYS,
) -> Iterator[LintReport]:
    for key in owner:
        if key in known:
            continue
        if key in old:
            yield LintReport(
                "flow_old_key",
                (*path, key),
                f"{key} is a key of an earlier version",
                f"use {old[key]}",
                in_file=True,
            )
            continue
        near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.6)
        fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        yield LintReport("unknown_key", (*path, key), f"unknown key {key!r} in {what}", fix, in_file=True)
