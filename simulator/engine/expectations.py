"""What a run is held against: a file of expected figures, or the result of an earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import yaml

from simulator.conformance.difference import Difference, differences
from simulator.engine.engine import Engine

__all__ = ["ExpectationError", "read_expectations", "result_of", "unmet"]

_SECTIONS = ("counts", "rules", "books", "hubspot")
_IGNORED = frozenset({"seconds", "seed", "events", "notFlushed"})


class ExpectationError(ValueError):
    """A file of expectations that cannot be used."""


def result_of(engine: Engine) -> dict[str, Any]:
    """Return what a run came to, as JSON shows it and as `--expect` takes it; the same seed gives the same."""
    account = engine.hubspot.account
    by_event: dict[str, int] = {}
    for one in account.occurrences:
        by_event[one["eventName"]] = by_event.get(one["eventName"], 0) + 1
    rules = {rule.label: rule.hits for rule in engine.ledger.hits.all()}
    unmatched = sum(engine.ledger.hits.unmatched.values())
    return {
        "counts": engine.counts.plain(),
        "rules": {**rules, "(no rule)": unmatched},
        "books": engine.books().plain(),
        "hubspot": {"contacts": len(account.contacts()), "occurrences": dict(sorted(by_event.items()))},
    }


def read_expectations(path: Path) -> dict[str, Any]:
    """Read expected figures from JSON or YAML: any part of what `run --json` writes.

    Raises:
        ExpectationError: the file cannot be read, or expects something that a run does not tell.

    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExpectationError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    try:
        raw = msgspec.json.decode(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (msgspec.DecodeError, yaml.YAMLError, RecursionError) as error:
        raise ExpectationError(f"{path} is neither JSON nor YAML: {error}") from None
    if not isinstance(raw, dict) or not raw:
        raise ExpectationError(f"{path} holds no expectations; begin with what `run --json` writes")
    unknown = [key for key in raw if key not in _SECTIONS and key not in _IGNORED]
    if unknown:
        raise ExpectationError(
            f"{path}: a run does not tell {unknown[0]!r}; there are {', '.join(_SECTIONS)}"
        )
    return {key: value for key, value in raw.items() if key in _SECTIONS}


def unmet(expected: dict[str, Any], result: dict[str, Any]) -> list[Difference]:
    """Return where a result is not as expected; what is not named may be anything, 0 may be missing."""
    return [one for one in differences(expected, _only(expected, result)) if one.expected != 0 or one.actual]


def _only(expected: Any, result: Any) -> Any:
    if isinstance(expected, dict) and isinstance(result, dict):
        return {key: _only(value, result[key]) for key, value in expected.items() if key in result}
    return result
