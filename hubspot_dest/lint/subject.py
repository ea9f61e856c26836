"""The input and the output of lint checks: a configuration in its file, and reports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.checks.finding import Violation
from hubspot_dest.lint.source_file import SourceFile
from hubspot_dest.mapping.rules import RuleEntry, rule_entries

__all__ = ["LintReport", "Subject", "walk_values"]

Path = tuple[str | int, ...]

_VALUE_PLACES: Final = ("email", "objectId", "identify")


@dataclass(frozen=True, slots=True)
class LintReport:
    """A problem that a check reports.

    Attributes:
        code: the code of the check.
        path: the path from the root of the configuration, or from the root of the file if `in_file` is set.
        sentence: what is wrong.
        fix: what to do about it; empty for the check's default.
        in_file: whether `path` is from the root of the file.
        on_value: whether it is about the value rather than its key, so that a reference is followed to its definition.
        line: the line, counted from 1, where the path leads to another one: to the first of two equal keys. Else None.

    """

    code: str
    path: Path
    sentence: str
    fix: str = ""
    in_file: bool = False
    on_value: bool = False
    line: int | None = None

    @classmethod
    def of(cls, violation: Violation, path: Path, *, on_value: bool = False) -> LintReport:
        """Return the report for a violation of HubSpot's rules."""
        return cls(violation.code, path, violation.sentence, violation.fix, on_value=on_value)


@dataclass(frozen=True, slots=True)
class Subject:
    """A destination's configuration in its file.

    Attributes:
        source: the file.
        config: the configuration, with references resolved where possible.
        prefix: the path of the configuration in the file.
        scopes: the paths of the `variables` blocks that apply, nearest first.
        node: the major version of Node.js that runs the functions.
        behaviours: the simulated HubSpot's switches.

    """

    source: SourceFile
    config: Mapping[str, Any]
    prefix: Path = ()
    scopes: tuple[Path, ...] = ()
    node: int = 22
    behaviours: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The destination's settings; empty if they are not a map."""
        settings = self.config.get("settings")
        return settings if isinstance(settings, dict) else {}

    def rules(self) -> Iterator[RuleEntry]:
        """Yield every rule of the mapping in document order, including invalid ones."""
        return rule_entries(self.config.get("mapping"))

    def values(self) -> Iterator[tuple[Path, Any]]:
        """Yield (path, value) for the mapping values of settings, policies and rules."""
        for name in _VALUE_PLACES:
            if self.settings.get(name) is not None:
                yield ("settings", name), self.settings[name]
        yield from _policy_values(self.config.get("policy"), ("policy",))
        for entry in self.rules():
            if not isinstance(entry.rule, dict):
                continue
            settings = entry.rule.get("settings")
            for name in ("properties", "identify"):
                if isinstance(settings, dict) and settings.get(name) is not None:
                    yield (*entry.path, "settings", name), settings[name]
            yield from _policy_values(entry.rule.get("policy"), (*entry.path, "policy"))


def _policy_values(policy: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(policy, dict):
        for key, value in policy.items():
            yield (*path, key), value


def walk_values(value: Any, path: Path, *, looped: bool = False) -> Iterator[tuple[Path, Any, bool]]:
    """Yield (path, value, whether its input is a loop's item) for a mapping value and all values inside it."""
    yield path, value, looped
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk_values(item, (*path, index), looped=looped)
    elif isinstance(value, dict):
        if isinstance(value.get("map"), dict):
            for key, item in value["map"].items():
                yield from walk_values(item, (*path, "map", key), looped=looped)
        if isinstance(value.get("set"), list):
            for index, item in enumerate(value["set"]):
                yield from walk_values(item, (*path, "set", index), looped=looped)
        loop = value.get("loop")
        if isinstance(loop, list) and len(loop) == 2:
            yield from walk_values(loop[0], (*path, "loop", 0), looped=looped)
            yield from walk_values(loop[1], (*path, "loop", 1), looped=looped or loop[0] != "this")
