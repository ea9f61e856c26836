"""Read the contracts that apply to a flow from its file, with the lines of their problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from hubspot_dest.checks.finding import Finding
from hubspot_dest.contracts.checker import ContractChecker, contract_finding
from hubspot_dest.flow.contract import Contract, contracts_of, referenced_contracts, resolve_contracts
from hubspot_dest.flow.document import is_flow, references_of, select_destination
from hubspot_dest.flow.references import FlowError
from hubspot_dest.lint.source_file import SourceFile

__all__ = ["FlowContracts", "read_contracts"]

Path = tuple[str | int, ...]

_CODES: Final = {
    "cycle": "contract_cycle",
    "unknown": "contract_unknown",
    "old_key": "contract_old_key",
    "invalid": "contract_invalid",
}
_EXTEND: Final = ("extend", "extends")


@dataclass(frozen=True, slots=True)
class FlowContracts:
    """The contracts of a flow.

    Attributes:
        source: the flow file.
        file: the file's name in messages.
        contracts: the contracts that apply; empty if there are none, or none that can be used.
        findings: the problems of the contracts, with their lines.
        places: contract name to path in the file.

    """

    source: SourceFile
    file: str
    contracts: tuple[Contract, ...] = ()
    findings: tuple[Finding, ...] = ()
    places: Mapping[str, Path] = field(default_factory=dict)

    @property
    def names(self) -> str:
        """The names of the contracts that apply."""
        return ", ".join(contract.name for contract in self.contracts)

    def checker(self) -> ContractChecker:
        """Return a checker of events against these contracts.

        Raises:
            MissingLibraryError: the jsonschema library is not installed.

        """
        return ContractChecker(self.contracts)

    def located(self, finding: Finding, file: str = "", line: int | None = None) -> Finding:
        """Return a checker's finding with its file and line.

        Args:
            finding: a finding whose `config_path` is from the root of `contract`.
            file: the file of the event; empty for a finding about the contract, which gets the contract's line.
            line: the line of the event, counted from 1.

        """
        path = self._path(finding.config_path)
        at = _dotted(path) if path else finding.config_path
        own = self.source.position(path) if path else None
        if not file:
            return replace(finding, config_path=at, file=self.file, line=None if own is None else own.line)
        where = f" ({self.file}:{own.line})" if own is not None else ""
        return replace(finding, sentence=finding.sentence + where, config_path=at, file=file, line=line)

    def _path(self, dotted: str) -> Path | None:
        return next((path for inner, path in self._paths() if _dotted(inner) == dotted), None)

    def _paths(self) -> Iterator[tuple[Path, Path]]:
        """Yield the paths of every schema: from the root of `contract`, and from the root of the file."""
        for name, place in self.places.items():
            yield (name,), place
            yield (name, "schema"), (*place, "schema")
        for contract in self.contracts:
            for paths in contract.planned_in.values():
                for path in paths:
                    yield path, (*self.places[str(path[0])], *path[1:])


def read_contracts(
    source: SourceFile,
    file: str,
    *,
    destination: str = "",
    environment: Mapping[str, str] | None = None,
    only: str | None = None,
) -> FlowContracts:
    """Return the contracts that apply to the flow of a HubSpot destination.

    These are the contracts that the flow refers to with `$contract.name`. If there are none, it is the contract with
    the flow's name, else `default`, else all contracts that no other contract extends. A file that is not a flow has
    none.

    Args:
        source: the parsed file.
        file: the file's name in messages.
        destination: `flow`, `flow.destination` or `destination` to select one of several.
        environment: the variables for `$env` and `$secret` inside contracts.
        only: the name of a contract to use instead.

    """
    document = source.value
    if not is_flow(document):
        return FlowContracts(source, file)
    try:
        flow, name = select_destination(document, destination)
    except FlowError:
        return FlowContracts(source, file)  # lint reports it
    entries = contracts_of(document)
    places: dict[str, Path] = {contract_name: ("contract", contract_name) for contract_name in entries}
    empty = FlowContracts(source, file, places=places)
    findings: list[Finding] = []
    if only is not None and only not in entries:
        known = ", ".join(entries) or "none"
        sentence = f"there is no contract {only!r}"
        return replace(
            empty, findings=(contract_finding("contract_unknown", sentence, fix=f"contracts: {known}"),)
        )
    references = references_of(document, flow, name, environment or {})
    plain: dict[str, Any] = {}
    for word, entry in entries.items():
        try:
            plain[word] = _resolved(entry, references.resolve, places[word])
        except FlowError as error:
            problem = error.problem
            position = source.position(problem.path)
            findings.append(
                contract_finding(
                    "contract_invalid",
                    problem.message,
                    fix=problem.hint,
                    config_path=_dotted(problem.path),
                    file=file,
                    line=None if position is None else position.line,
                )
            )
    resolved, problems = resolve_contracts(plain)
    for fault in problems:
        path = (*places[str(fault.path[0])], *fault.path[1:])
        position = source.position(path)
        findings.append(
            contract_finding(
                _CODES[fault.kind],
                fault.sentence,
                fix=fault.fix,
                config_path=_dotted(path),
                file=file,
                line=None if position is None else position.line,
            )
        )
    body = document["flows"][flow]
    wanted = [only] if only is not None else _applying(body, flow, entries, resolved)
    for text in wanted:
        if text not in entries:
            sentence = f"$contract.{text} refers to a contract that the file does not have"
            findings.append(contract_finding("contract_unknown", sentence, file=file))
    chosen = tuple(resolved[text] for text in wanted if text in resolved)
    return replace(empty, contracts=chosen, findings=tuple(findings))


def _resolved(entry: Any, resolve: Any, place: Path) -> Any:
    if not isinstance(entry, dict):
        return resolve(entry, place)
    return {key: value if key in _EXTEND else resolve(value, (*place, key)) for key, value in entry.items()}


def _applying(
    body: Mapping[str, Any], flow: str, entries: Mapping[str, Any], resolved: Mapping[str, Contract]
) -> list[str]:
    named = list(dict.fromkeys(referenced_contracts(dict(body))))
    if named:
        return named
    for text in (flow, "default"):
        if text in entries:
            return [text]
    extended = {text for contract in resolved.values() for text in contract.lineage[1:]}
    return [text for text in resolved if text not in extended]


def _dotted(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
