"""Run one case of the mapping language, without a destination."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.mapping.dialect import Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, cast_to_property, truthy
from hubspot_dest.mapping.paths import clear_by_path, get_by_path, set_by_path
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processor
from hubspot_dest.mapping.rules import RuleError, RuleSet
from hubspot_dest.mapping.values import Callbacks, ValueCompiler
from simulator.conformance.codec import decode, encode

__all__ = ["KINDS", "run_mapping_case"]


@dataclass(frozen=True, slots=True)
class _MappingRun:
    """One decoded mapping case with its callbacks and dialect."""

    case: dict[str, Any]
    event: Any
    ev: Evaluation
    values: ValueCompiler
    callbacks: Callbacks

    def rules(self, mapping: Any) -> RuleSet[None]:
        return RuleSet(mapping, self.values, self.callbacks, lambda raw: None, as_settled=True)  # noqa: ARG005


def run_mapping_case(
    case: dict[str, Any], expect: dict[str, Any], callbacks: Callbacks, dialect: Dialect
) -> tuple[Any, Any]:
    """Return (expected, actual) of one mapping case as JSON, reduced to the fields that must agree."""
    event = decode(case.get("event", {"$undefined": True}))
    state = decode(case.get("consent"))
    ev = Evaluation(event, CollectorView(consent=state if isinstance(state, dict) else {}))
    run = _MappingRun(case, event, ev, ValueCompiler(callbacks, dialect=dialect), callbacks)
    actual: dict[str, Any] = {}
    try:
        actual["result"] = encode(KINDS[case["kind"]](run))
    except (RuleError, JsTypeError) as error:
        actual["error"] = str(error)
    wanted: dict[str, Any] = {"result": expect["result"]} if "result" in expect else {}
    if "error" in expect or "error" in actual:
        wanted, actual = {"error": "error" in expect}, {"error": "error" in actual}
    elif isinstance(wanted.get("result"), dict) and case["kind"] in ("rule", "process"):
        actual["result"] = {key: actual["result"].get(key) for key in wanted["result"]}
    if "logs" in expect:
        wanted["logs"] = [[log["level"], log["message"]] for log in expect["logs"]]
        actual["logs"] = [[issue.level, issue.message] for issue in ev.issues]
    if "failed" in expect:
        wanted["failed"], actual["failed"] = expect["failed"], ev.failed
    return wanted, actual


def _value(run: _MappingRun) -> Any:
    return run.values.compile(decode(run.case["mapping"]))(run.event, run.ev, run.ev.collector.consent)


def _path(run: _MappingRun) -> Any:
    default = decode(run.case["default"]) if "default" in run.case else UNDEFINED
    return get_by_path(decode(run.case["value"]), run.case["path"], default)


def _set_path(run: _MappingRun) -> Any:
    value, path, new = decode(run.case["value"]), run.case["path"], decode(run.case["set"])
    if new is UNDEFINED and run.values.dialect.policy_removes:
        return clear_by_path(value, path)
    return set_by_path(value, path, new)


def _consent(run: _MappingRun) -> Any:
    required, state, own = (decode(run.case.get(name)) for name in ("required", "state", "individual"))
    granted = granted_consent(None if required is UNDEFINED else required, state, own)
    return False if granted is None else granted


def _cast(run: _MappingRun) -> Any:
    return cast_to_property(decode(run.case["value"]))


def _rule(run: _MappingRun) -> Any:
    mapping = decode(run.case["mappingRules"]) if "mappingRules" in run.case else UNDEFINED
    rule, key = run.rules(mapping).find(run.event, run.ev)
    return {"matched": rule is not None, "mappingKey": key, "index": None if rule is None else rule.index}


def _process(run: _MappingRun) -> Any:
    config, values = decode(run.case.get("config") or {}), run.values
    data, policy = config.get("data", UNDEFINED), config.get("policy", UNDEFINED)
    processed = Processor(
        policy=Policy.compile(policy, values, as_settled=True) if truthy(policy) else None,
        rules=run.rules(config.get("mapping", UNDEFINED)),
        data=values.compile(data) if truthy(data) else None,
        include=config.get("include", UNDEFINED),
        no_data=UNDEFINED if truthy(data) else data,
    ).process(run.event, run.ev)
    return {
        "event": processed.event,
        "data": processed.data,
        "mappingKey": processed.key,
        "ignore": processed.ignore,
        "silent": processed.rule is not None and truthy(processed.rule.silent),
    }


KINDS: dict[str, Callable[[_MappingRun], Any]] = {
    "value": _value,
    "path": _path,
    "setpath": _set_path,
    "consentcheck": _consent,
    "cast": _cast,
    "rule": _rule,
    "process": _process,
}
