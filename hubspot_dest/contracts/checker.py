"""Validate events against the contracts of a flow, with the jsonschema library (extra `verify`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.checks.finding import Finding
from hubspot_dest.contracts.catalogue import CONTRACT_CHECKS
from hubspot_dest.flow.contract import Contract
from hubspot_dest.mapping.jsvalues import kind_of

__all__ = ["ContractChecker", "MissingLibraryError", "contract_finding"]

Path = tuple[str | int, ...]

_MOST_FINDINGS: Final = 20  # per event
_MOST_TEXT: Final = 200
_KINDS: Final[Mapping[str, str]] = {
    "required": "contract_missing",
    "dependentRequired": "contract_missing",
    "type": "contract_wrong_type",
    "additionalProperties": "contract_extra_property",
    "unevaluatedProperties": "contract_extra_property",
    "propertyNames": "contract_extra_property",
}


class MissingLibraryError(Exception):
    """Raised if the jsonschema library is not installed; the message says how to install it."""

    def __init__(self) -> None:
        super().__init__("contracts need the jsonschema library: pip install 'hubspot-dest[verify]'")


def contract_finding(code: str, sentence: str, **more: Any) -> Finding:
    """Return a finding of a contract check; `more` sets further attributes of `Finding`."""
    check = CONTRACT_CHECKS[code]
    fix = more.pop("fix", "") or check.fix
    return Finding(code, check.severity, sentence, fix, check.evidence, by=check.by, **more)


@dataclass(frozen=True, slots=True)
class _CompiledSchema:
    contract: Contract
    validator: Any
    path: Path


@dataclass(slots=True)
class ContractChecker:
    """Validate events against contracts; an event is planned if one of the contracts lists it.

    Args:
        contracts: the contracts that apply.

    Attributes:
        checked: the number of events checked so far.

    Raises:
        MissingLibraryError: the jsonschema library is not installed.

    """

    contracts: tuple[Contract, ...]
    checked: int = 0
    _compiled: dict[tuple[str, str, str], _CompiledSchema | None] = field(default_factory=dict)
    _unusable: dict[str, Finding] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            import jsonschema  # noqa: F401 - an extra, imported only if there are contracts
        except ImportError:
            raise MissingLibraryError from None

    def schema_findings(self) -> tuple[Finding, ...]:
        """Return the findings about the schemas themselves; paths are from the root of `contract`."""
        for contract in self.contracts:
            for entity, actions in contract.events.items():
                for action in actions:
                    self._validator(contract, entity, action)
            if not contract.plans_events and contract.schema not in ({}, True):
                self._validator(contract, "*", "*")
        return tuple(self._unusable.values())

    def check(self, event: Mapping[str, Any]) -> tuple[Finding, ...]:
        """Return the violations of an event; `config_path` is the path of the schema from the root of `contract`.

        Args:
            event: a complete event; its `name` determines the schema.

        """
        entity, action = _name_parts(event)
        findings: list[Finding] = []
        plans = [contract for contract in self.contracts if contract.plans_events]
        self.checked += 1
        if plans and not any(plan.keys_for(entity, action) for plan in plans):
            names = ", ".join(plan.name for plan in plans)
            sentence = f"the event {_text(event.get('name'))} is not in the contract {names}"
            findings.append(
                contract_finding("contract_unplanned_event", sentence, path="name", config_path=plans[0].name)
            )
        for contract in self.contracts:
            compiled = self._validator(contract, entity, action)
            if compiled is not None:
                findings += _unique(self._violations(compiled, event))
        return tuple(findings[:_MOST_FINDINGS])

    def _validator(self, contract: Contract, entity: str, action: str) -> _CompiledSchema | None:
        keys = contract.keys_for(entity, action)
        key = (contract.name, *(keys[-1] if keys else ("", "")))
        if len(keys) > 1 and keys[-1] != (entity, action):
            key = (contract.name, entity, action)
        if key not in self._compiled:
            path: Path = contract.planned_in[keys[-1]][0] if keys else (contract.name, "schema")
            schema = contract.schema_of(entity, action)
            self._compiled[key] = None if schema in ({}, True) else self._compile(contract, schema, path)
        return self._compiled[key]

    def _compile(self, contract: Contract, schema: Any, path: Path) -> _CompiledSchema | None:
        import jsonschema
        import referencing

        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft7Validator)
        try:
            kind.check_schema(schema)
        except jsonschema.SchemaError as error:
            where = ".".join(str(step) for step in error.absolute_path)
            self._reject(path, f"{where}: {_text(error.message)}" if where else _text(error.message))
            return None
        except (RecursionError, re.error, TypeError, ValueError) as error:
            self._reject(path, _text(error))
            return None
        # The empty registry prevents that a $ref to another document is fetched.
        return _CompiledSchema(contract, kind(schema, registry=referencing.Registry()), path)

    def _reject(self, path: Path, why: str) -> None:
        sentence = f"{_dotted(path)} is not a valid JSON Schema: {why}"
        self._unusable.setdefault(
            _dotted(path), contract_finding("contract_invalid", sentence, config_path=_dotted(path))
        )

    def _violations(self, compiled: _CompiledSchema, event: Mapping[str, Any]) -> Iterator[Finding]:
        import referencing.exceptions

        try:
            for error in compiled.validator.iter_errors(event):
                yield from _error_findings(error, compiled)
        except (
            referencing.exceptions.Unresolvable,
            RecursionError,
            re.error,
            TypeError,
            ValueError,
        ) as error:
            self._reject(compiled.path, f"it cannot be applied: {_text(error)}")
            yield self._unusable[_dotted(compiled.path)]


def _error_findings(error: Any, compiled: _CompiledSchema) -> Iterator[Finding]:
    contract, keyword = compiled.contract.name, str(error.validator)
    place = _dotted(tuple(error.absolute_path))
    code = _KINDS.get(keyword, "contract_value")
    at = _dotted(compiled.path)
    if keyword == "required":
        for name in error.validator_value:
            if name not in error.instance:
                path = f"{place}.{name}" if place else str(name)
                sentence = f"{path} is missing; the contract {contract} requires it"
                yield contract_finding(code, sentence, path=path, config_path=at)
        return
    if keyword == "type":
        expected = error.validator_value
        names = expected if isinstance(expected, str) else " or ".join(map(str, expected))
        sentence = f"{place or 'the event'} is {_described(error.instance)}; the contract {contract} requires {names}"
    elif keyword == "enum":
        allowed = _text(", ".join(map(str, error.validator_value)))
        sentence = f"{place} is {_text(error.instance)}; the contract {contract} allows {allowed}"
    else:
        sentence = f"{place or 'the event'}: {_text(error.message)} ({keyword} of the contract {contract})"
    yield contract_finding(code, sentence, path=place, config_path=at)


def _unique(findings: Iterable[Finding]) -> list[Finding]:
    return list(dict.fromkeys(findings))


def _name_parts(event: Mapping[str, Any]) -> tuple[str, str]:
    """Return the entity and action of an event's name (walkerOS 4.4, section 1.3)."""
    name = event.get("name")
    parts = name.split(" ") if isinstance(name, str) else []
    if len(parts) < 2:
        return str(event.get("entity") or ""), str(event.get("action") or "")
    return parts[0], parts[1]


def _described(value: Any) -> str:
    return f"the text {_text(value)!r}" if isinstance(value, str) else _text(kind_of(value))


def _text(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _MOST_TEXT else f"{text[: _MOST_TEXT - 1]}…"


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
