"""Read flow files of versions 1 to 3 as version 4: an upgrade in memory, with a note of every change.

What changed between the versions is listed in walkerOS 4.4, sections 6.1 and 9. The file itself is never written.
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
    """Return a flow file as version 4, and what was changed; a file of another version than 1 to 3 as it is.

    Args:
        raw: the file; not changed. Paths of destinations and their configuration stay the same.

    """
    version = raw.get("version")
    if isinstance(version, bool) or version not in OLD_VERSIONS:
        return raw, ()
    upgrade = _Upgrade()
    made = upgrade.document(raw)
    changes = "; ".join(upgrade.changes)
    note = f"a flow of version {version} is read as version 4{': ' if changes else ''}{changes}"
    hint = "walkerOS 4 loads version 4 only; write the file anew for it"
    return made, (Problem(("version",), note, hint, severity="warning"), *upgrade.warnings)


@dataclass(slots=True)
class _Upgrade:
    """One upgrade.

    Attributes:
        changes: what was changed, each kind once.
        warnings: what cannot be changed for its author, with its place.

    """

    changes: dict[str, None] = field(default_factory=dict)
    warnings: list[Problem] = field(default_factory=list)

    def document(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return the whole file."""
        renamed = self._definition_names(raw)
        made = {key: value for key, value in raw.items() if key != "flows"}
        made["version"] = CURRENT_VERSION
        made = self._merged_variables(made, renamed)
        if "contract" in made:
            made["contract"] = self._contract(made["contract"])
        flows = raw.get("flows")
        if isinstance(flows, dict):
            made["flows"] = {
                name: self._flow(flow, renamed) if isinstance(flow, dict) else flow
                for name, flow in flows.items()
            }
        elif "flows" in raw:
            made["flows"] = flows
        return {
            key: value if key in ("version", "$schema") else self._references(value, (key,), renamed)
            for key, value in made.items()
        }

    def _flow(self, flow: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
        own = {
            key: value for key, value in flow.items() if key not in ("web", "server", "packages", "bundle")
        }
        config: dict[str, Any] = dict(own["config"]) if isinstance(own.get("config"), dict) else {}
        for platform in ("web", "server"):
            if platform in flow and "platform" not in config:
                config["platform"] = platform
                self._note(f"{platform} is config.platform")
                if isinstance(flow[platform], dict) and flow[platform]:
                    config.setdefault("settings", flow[platform])
                    self._note(f"what was in {platform} is in config.settings")
        bundle: dict[str, Any] = dict(config["bundle"]) if isinstance(config.get("bundle"), dict) else {}
        if isinstance(flow.get("bundle"), dict):
            bundle = {**flow["bundle"], **bundle}
            self._note("bundle is config.bundle")
        if isinstance(flow.get("packages"), dict):
            bundle.setdefault("packages", flow["packages"])
            self._note("packages is config.bundle.packages")
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
        made = self._merged_variables(dict(step), renamed)
        code = made.get("code")
        if isinstance(code, str) and not code.startswith("$code:") and "import" not in made:
            del made["code"]
            made["import"] = code
            self._note("code with a name is import")
        config = made.get("config")
        if rules and isinstance(config, dict) and isinstance(config.get("mapping"), dict):
            made["config"] = {**config, "mapping": self._mapping(config["mapping"])}
        examples = made.get("examples")
        if isinstance(examples, dict):
            made["examples"] = {
                name: self._example(example) if isinstance(example, dict) else example
                for name, example in examples.items()
            }
        return made

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
        """Return a rule in which `skip` is `silent`, as it is called since 4.0 (section 9)."""
        if not isinstance(rule, dict) or "skip" not in rule:
            return rule
        self._note("skip of a rule is silent")
        made = {key: value for key, value in rule.items() if key != "skip"}
        made.setdefault("silent", rule["skip"])
        return made

    def _example(self, example: dict[str, Any]) -> dict[str, Any]:
        """Return a step example whose `out` is a list of calls, and whose rule has `silent`."""
        made = dict(example)
        out = made.get("out")
        if isinstance(out, list) and out and isinstance(out[0], str):
            made["out"] = [out]
            self._note("the call in out of an example is a list of calls")
        if isinstance(made.get("mapping"), dict):
            made["mapping"] = self._rule(made["mapping"])
        return made

    def _contract(self, contract: Any) -> Any:
        if not isinstance(contract, dict):
            return contract
        made = {}
        for name, entry in contract.items():
            if isinstance(entry, dict) and "extends" in entry and "extend" not in entry:
                entry = {("extend" if key == "extends" else key): value for key, value in entry.items()}
                self._note("extends of a contract is extend")
            made[name] = entry
        return made

    # ---- definitions and references

    def _definition_names(self, raw: dict[str, Any]) -> dict[str, str]:
        """Return how the definitions are called among the variables: by their own names, unless one has it already."""
        owners = list(_variable_owners(raw))
        definitions = {str(name) for owner in owners for name in _map(owner, "definitions")}
        variables = {str(name) for owner in owners for name in _map(owner, "variables")}
        return {name: f"{name}_definition" if name in variables else name for name in definitions}

    def _merged_variables(self, owner: dict[str, Any], renamed: dict[str, str]) -> dict[str, Any]:
        """Return a file, a flow or a step whose definitions are variables."""
        definitions = _map(owner, "definitions")
        made = {key: value for key, value in owner.items() if key != "definitions"}
        if definitions:
            moved = {renamed.get(str(name), str(name)): value for name, value in definitions.items()}
            made["variables"] = {**_map(owner, "variables"), **moved}
            self._note("definitions are variables, and $def is $var")
        return made

    def _references(self, value: Any, path: Path, renamed: dict[str, str]) -> Any:
        """Return a value with the references of version 4."""
        if isinstance(value, dict):
            step = path[-2:-1] == ("destinations",)
            return {
                # Nothing of an example is ever resolved (section 6.2).
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
            self.warnings.append(Problem(path, message, "look at its second argument", severity="warning"))
        made = _DEFINITION.sub(lambda found: f"$var.{renamed.get(found[1], found[1])}", value)
        if made != value:
            self._note("definitions are variables, and $def is $var")
        dotted = _COLON.sub(r"$\1.\2", made)
        if dotted != made:
            self._note("$store:name and $secret:NAME have a dot")
        return dotted

    def _note(self, change: str) -> None:
        self.changes.setdefault(change)


def _variable_owners(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what can have variables: the file, its flows, their steps."""
    yield raw
    for flow in _map(raw, "flows").values():
        if isinstance(flow, dict):
            yield flow
            for kind in _STEPS:
                yield from (step for step in _map(flow, kind).values() if isinstance(step, dict))


def _map(owner: dict[str, Any], key: str) -> dict[str, Any]:
    found = owner.get(key)
    return found if isinstance(found, dict) else {}
