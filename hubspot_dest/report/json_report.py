"""Format results as portable JSON, including undefined, NaN and invalid Unicode."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import orjson

from hubspot_dest.mapping.evaluation import Issue, Trace
from hubspot_dest.mapping.jsvalues import UNDEFINED, Foreign, as_double
from hubspot_dest.outcome import Outcome

__all__ = ["as_json", "outcome_record", "plain"]


_AS_THEY_ARE: Final = frozenset({str, bool, type(None)})
_KEYS: Final = frozenset({str})


def plain(value: Any) -> Any:
    """Convert `value` to JSON types: undefined becomes null, NaN and the infinities become their names.

    A value that has JSON types already is returned itself, not a copy.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    # Most values are maps and lists of texts: their types are checked together instead of one by one.
    if kind is dict and _KEYS.issuperset(map(type, value)):
        if _AS_THEY_ARE.issuperset(map(type, value.values())):
            return value
        return {key: item if type(item) in _AS_THEY_ARE else plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in _AS_THEY_ARE else plain(item) for item in value]
    if value is UNDEFINED:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (str, bool, float)):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else plain(as_double(value))
    return repr(value) if isinstance(value, Foreign) else str(value)


def as_json(value: Any) -> str:
    """Serialise a value as one line of JSON; invalid Unicode is escaped."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, separators=(",", ":"))


def outcome_record(outcome: Outcome, line: int | None) -> dict[str, Any]:
    """Return the `--json` record of an event or a batch; docs/json.md documents the fields.

    Args:
        outcome: the outcome.
        line: the line of the event in its file; None for a batch.

    """
    record: dict[str, Any] = {
        "line": line,
        "event": outcome.name or None,
        "id": outcome.event_id or None,
        "outcome": outcome.kind,
        "reason": outcome.reason,
        "sentence": outcome.sentence,
        "rule": outcome.rule_key or None,
        "calls": plain(outcome.calls) if outcome.calls else [],
        "issues": [_issue(issue) for issue in outcome.issues] if outcome.issues else [],
        "findings": [finding.as_dict() for finding in outcome.findings] if outcome.findings else [],
        "error": outcome.error.as_dict() if outcome.error is not None else None,
    }
    if outcome.batched:
        record["batched"] = plain(outcome.batched)
    if outcome.plan is not None and outcome.plan.divergences:
        record["divergences"] = [
            {"code": divergence.code, "sentence": divergence.sentence}
            for divergence in outcome.plan.divergences
        ]
    if outcome.events:
        record["events"] = list(outcome.events)
    if outcome.plan is not None and outcome.plan.trace is not None:
        record["trace"] = [_trace(trace) for trace in outcome.plan.trace]
    return record


def _issue(issue: Issue) -> dict[str, Any]:
    record: dict[str, Any] = {"level": issue.level, "message": issue.message, "detail": plain(issue.detail)}
    if issue.code:
        record["code"] = issue.code
    if issue.sentence:
        record["sentence"] = issue.sentence
    return record


def _trace(trace: Trace) -> dict[str, Any]:
    record: dict[str, Any] = {"for": trace.name or None, "step": trace.step, "result": plain(trace.result)}
    if trace.notes:
        record["notes"] = trace.notes
    if trace.steps:
        record["steps"] = [_trace(step) for step in trace.steps]
    return record
