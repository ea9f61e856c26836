"""Upgrade flow files of versions 1 to 3 to version 4 in memory, with a note for every change.

The changes between the versions are listed in walkerOS 4.4, sections 6.1 and 9. The file itself is never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.config.validation import Problem

__all__ = ["CURRENT_VERSION", "OLD_VERSIONS", "upgrade_flow"]

Path = tuple[str | int, ...]

CURRENT_VERSION: Final = 4
OLD_VERSIONS: Final = (1, 2, 3)
_DEFINITION: Final = re.compile(r"\$def\.([A-Za-z_][A-Za-z0-9_]*)")
_COLON: Final = re.compile(r"\$(store|secret):([A-Za-z0-9_]+)")
_SECOND_ARGUMENT: Final = re.compile(
    r"^\$code:\s*(?:async\s*)?(?:function\b[^(]*)?\(\s*[^(),]+,\s*[A-Za-z_${\[]", re.DOTALL
)
_STEPS: Final = ("sources", "destinations", "transformers", "stores")


def upgrade_flow(raw: dict[str, Any]) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Return a flow file as version 4, and the changes as warnings; a file of another version is returned unchanged.

    Args:
        raw: the file, which is not modified. Paths of destinations and their configuration stay the same.

    """
    version = raw.get("version")
    if isinstance(version, bool) or version not in OLD_VERSIONS:
        return raw, ()
    upgrade = _Upgrade()
    upgraded = upgrade.document(raw)
    changes = "; ".join(upgrade.changes)
    note = f"a flow of version {version} is read as version 4{': ' if changes else ''}{changes}"
    hint = "walkerOS 4 loads only version 4; update the file before deploying it"
    return upgraded, (Problem(("version",), note, hint, severity="warning"), *upgrade.warnings)


@dataclass(slots=True)
class _Upgrade:
    """The upgrade of one file.

    Attributes:
        changes: the kinds of changes upgraded, each once, in order.
        warnings: what the author must change, each with its path.

    """

    changes: dict[str, None] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)

    def document(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return the upgraded file."""
        renamed = self._definition_names(raw)
        upgraded = {key: value for key, value in raw.items() if key != "flows"}
        upgraded["version"] = CURRENT_VERSION
        upgraded = self._merged_variables(upgraded, renamed)
        if "contract" in upgraded:
            upgraded["contract"] = self._contract(upgraded["contract"])
        flows = raw.get("flows")
        if isinstance(flows, dict):
            upgraded["flows"] = {
                name: self._flow(flow, renamed) if isinstance(flow, dict) else flow
                for name, flow in flows.items()
            }
        elif "flows" in raw:
            upgraded["flows"] = flows
        return {
            key: value if key in ("version", "$schema") else self._references(value, (key,), renamed)
            for key, value in upgraded.items()
        }

    def _flow(self, flow: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
        own = {
            key: value for key, value in flow.items() if key not in ("web", "server", "packages", "bundle")
        }
        config: dict[str, Any] = dict(own["config"]) if isinstance(own.get("config"), dict) else {}
        for platform in ("web", "server"):
            if platform in flow and "platform" not in config:
                config["platform"] = platform
                self._note(f"{platform} becomes config.platform")
                if isinstance(flow[platform], dict) and flow[platform]:
                    config.setdefault("settings", flow[platform])
                    self._note(f"the content of {platform} becomes config.settings")
        bundle: dict[str, Any] = dict(config["bundle"]) if isinstance(config.get("bundle"), dict) else {}
        if isinstance(flow.get("bundle"), dict):
            bundle = {**flow["bundle"], **bundle}
            self._note("bundle becomes config.bundle")
        if isinstance(flow.get("packages"), dict):
            bundle.setdefault("packages", flow["packages"])
            self._note("packages becomes config.bundle.packages")
        if bundle:
            config["bundle"] = bundle
        if config:
            own["config"] = config
        own = self._merged_variables(own, renamed)
        for kind in _STEPS:
            steps = own.get(kind)
            if isinstance(steps, dict):
                own[kind] = {
                    name: self._step(step, renamed, rules=kind == "destinations")
                    if isinstance(step, dict)
                    else step
                    for name, step in steps.items()
                }
        return own

    def _step(self, step: dict[str, Any], renamed: dict[str, str], *, rules: bool) -> dict[str, Any]:
        upgraded = self._merged_variables(dict(step), renamed)
        code = upgraded.get("code")
        if isinstance(code, str) and not code.startswith("$code:") and "import" not in upgraded:
            del upgraded["code"]
            upgraded["import"] = code
            self._note("code with a name becomes import")
        config = upgraded.get("config")
        if rules and isinstance(config, dict) and isinstance(config.get("mapping"), dict):
            upgraded["config"] = {**config, "mapping": self._mapping(config["mapping"])}
        examples = upgraded.get("examples")
        if isinstance(examples, dict):
            upgraded["examples"] = {
                name: self._example(example) if isinstance(example, dict) else example
                for name, example in examples.items()
            }
        return upgraded

    def _mapping(self, mapping: dict[str, Any]) -> dict[str, Any]:
        return {
            entity: {
                action: [self._rule(rule) for rule in rules] if isinstance(rules, list) else self._rule(rules)
                for action, rules in actions.items()
            }
            if isinstance(actions, dict)
            else actions
            for entity, actions in mapping.items()
        }

    def _rule(self, rule: Any) -> Any:
        """Return a rule with `skip` renamed to `silent`, its name since 4.0 (section 9)."""
        if not isinstance(rule, dict) or "skip" not in rule:
            return rule
        self._note("skip of a rule becomes silent")
        upgraded = {key: value for key, value in rule.items() if key != "skip"}
        upgraded.setdefault("silent", rule["skip"])
        return upgraded

    def _example(self, example: dict[str, Any]) -> dict[str, Any]:
        """Return a step example with its `out` as a list of calls, and `silent` in its rule."""
        upgraded = dict(example)
        out = upgraded.get("out")
        if isinstance(out, list) and out and isinstance(out[0], str):
            upgraded["out"] = [out]
            self._note("the call in an example's out becomes a list of calls")
        if isinstance(upgraded.get("mapping"), dict):
            upgraded["mapping"] = self._rule(upgraded["mapping"])
        return upgraded

    def _contract(self, contract: Any) -> Any:
        if not isinstance(contract, dict):
            return contract
        upgraded = {}
        for name, entry in contract.items():
            if isinstance(entry, dict) and "extends" in entry and "extend" not in entry:
                entry = {("extend" if key == "extends" else key): value for key, value in entry.items()}
                self._note("extends of a contract becomes extend")
            upgraded[name] = entry
        return upgraded

    # ---- definitions and references

    def _definition_names(self, raw: dict[str, Any]) -> dict[str, str]:
        """Return definition name to variable name: the same name, unless a variable has it already."""
        owners = list(_variable_owners(raw))
        definitions = {str(name) for owner in owners for name in _map(owner, "definitions")}
        variables = {str(name) for owner in owners for name in _map(owner, "variables")}
        return {name: f"{name}_definition" if name in variables else name for name in definitions}

    def _merged_variables(self, owner: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
        """Return a file, a flow or a step with its definitions moved to its variables."""
        definitions = _map(owner, "definitions")
        upgraded = {key: value for key, value in owner.items() if key != "definitions"}
        if definitions:
            moved = {renamed.get(str(name), str(name)): value for name, value in definitions.items()}
            upgraded["variables"] = {**_map(owner, "variables"), **moved}
            self._note("definitions become variables, and $def becomes $var")
        return upgraded

    def _references(self, value: Any, path: Path, renamed: dict[str, str]) -> Any:
        """Return a value with the references of version 4."""
        if isinstance(value, dict):
            step = path[-2:-1] == ("destinations",)
            return {
                # References in examples are never resolved (section 6.2).
                key: item if step and key == "examples" else self._references(item, (*path, key), renamed)
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self._references(item, (*path, index), renamed) for index, item in enumerate(value)]
        if not isinstance(value, str) or "$" not in value:
            return value
        if _SECOND_ARGUMENT.match(value):
            message = (
                "functions took (value, mapping, options) before walkerOS 4, and take (value, context) here"
            )
            self.warnings.append(Problem(path, message, "adapt its second argument", severity="warning"))
        upgraded = _DEFINITION.sub(lambda match: f"$var.{renamed.get(match[1], match[1])}", value)
        if upgraded != value:
            self._note("definitions become variables, and $def becomes $var")
        dotted = _COLON.sub(r"$\1.\2", upgraded)
        if dotted != upgraded:
            self._note("$store:name and $secret:NAME get a dot")
        return dotted

    def _note(self, change: str) -> None:
        self.changes.setdefault(change)


def _variable_owners(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield everything that can have variables: the file, its flows and their steps."""
    yield raw
    for flow in _map(raw, "flows").values():
        if isinstance(flow, dict):
            yield flow
            for kind in _STEPS:
                yield from (step for step in _map(flow, kind).values() if isinstance(step, dict))


def _map(owner: dict[str, Any], key: str) -> dict[str, Any]:
    value = owner.get(key)
    return value if isinstance(value, dict) else {}
