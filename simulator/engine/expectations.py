"""What a run is held against: a file of expected figures, or the result of an earlier run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final, get_args

import orjson

from hubspot_dest.config.loading import ConfigFileError, read_document
from hubspot_dest.diff.json_difference import MISSING, Difference, differences
from hubspot_dest.outcome import Kind
from simulator.engine.engine import Engine

__all__ = ["ExpectationError", "read_expectations", "result_of", "unmet"]

_SECTIONS = ("counts", "rules", "books", "hubspot")
_FIGURES = ("events", "notFlushed")
_IGNORED = frozenset({"seconds", "seed", "failures", "findings"})
# Reported only if not 0: a missing name counts as 0. Every other name that is missing is a typo.
_TOLD_IF_ANY: Final = (
    *(f"counts.outcomes.{kind}" for kind in get_args(Kind)),
    "counts.calls.",
    "hubspot.occurrences.",
)


class ExpectationError(ValueError):
    """A file of expectations that cannot be used."""


def result_of(engine: Engine) -> dict[str, Any]:
    """Return what a run came to, as JSON shows it and as `--expect` takes it; the same seed gives the same.

    `contents` has a short digest of everything that HubSpot was given, for each event name and for the contacts: a
    mapping that fills one property differently gives other digests, though all numbers are the same.
    """
    account = engine.hubspot.account
    by_event: dict[str, list[Any]] = {}
    for occurrence in account.occurrences:
        given = [
            occurrence["id"],
            occurrence["contact"],
            occurrence["occurredAt"],
            sorted(occurrence["properties"].items()),
        ]
        by_event.setdefault(occurrence["eventName"], []).append(given)
    written = [[(item.name, item.value) for item in contact.history] for contact in account.contacts()]
    rules = {rule.label: rule.hits for rule in engine.event_log.coverage.all()}
    unmatched = sum(engine.event_log.coverage.unmatched.values())
    return {
        "counts": engine.counts.plain(),
        "rules": {**rules, "(no rule)": unmatched},
        "books": engine.reconcile().plain(),
        "hubspot": {
            "contacts": len(written),
            "occurrences": {name: len(given) for name, given in sorted(by_event.items())},
            "contents": {"(contacts)": _digest(written)}
            | {name: _digest(given) for name, given in sorted(by_event.items())},
        },
    }


def _digest(given: list[Any]) -> str:
    """Return a digest that does not depend on the order."""
    parts = sorted(orjson.dumps(item) for item in given)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:16]


def read_expectations(path: Path) -> dict[str, Any]:
    """Read expected figures from JSON or YAML: any part of what `run --json` writes.

    Raises:
        ExpectationError: the file cannot be read, or expects something that a run does not report.

    """
    try:
        raw = read_document(path)
    except ConfigFileError as error:
        raise ExpectationError(str(error)) from None
    if not isinstance(raw, dict) or not raw:
        raise ExpectationError(f"{path} holds no expectations; begin with what `run --json` writes")
    unknown = [key for key in raw if key not in (*_SECTIONS, *_FIGURES, *_IGNORED)]
    if unknown:
        raise ExpectationError(
            f"{path}: a run does not report {unknown[0]!r}; it reports {', '.join((*_SECTIONS, *_FIGURES))}"
        )
    expected = {key: value for key, value in raw.items() if key not in _IGNORED}
    if not expected:
        raise ExpectationError(f"{path} expects nothing: {' and '.join(raw)} may be anything")
    return expected


def unmet(expected: dict[str, Any], result: dict[str, Any]) -> list[Difference]:
    """Return where a result is not as expected; what is not named may be anything, 0 may be missing."""
    found = differences(expected, _only(expected, result))
    return [
        difference
        for difference in found
        if not (difference.actual is MISSING and _may_be_missing(difference))
    ]


def _may_be_missing(difference: Difference) -> bool:
    """Tell whether a missing figure counts as 0: that of an outcome does, that of a rule does not."""
    if type(difference.expected) is not int or difference.expected != 0:
        return False
    return any(
        difference.path.startswith(name) if name.endswith(".") else difference.path == name
        for name in _TOLD_IF_ANY
    )


def _only(expected: Any, result: Any) -> Any:
    if isinstance(expected, dict) and isinstance(result, dict):
        return {key: _only(value, result[key]) for key, value in expected.items() if key in result}
    return result
