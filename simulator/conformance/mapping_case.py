"""Run one case of the mapping language alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.consent import granted_consent
from hubspot_dest.mapping.context import Collector
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, JsTypeError, cast_to_property, truthy
from hubspot_dest.mapping.paths import get_by_path, set_by_path
from hubspot_dest.mapping.policy import Policy
from hubspot_dest.mapping.process import Processor
from hubspot_dest.mapping.rules import RuleError, RuleSet
from hubspot_dest.mapping.values import ValueCompiler
from simulator.conformance.codec import decode, encode

__all__ = ["KINDS", "run_mapping_case"]


def run_mapping_case(case: dict[str, Any], expect: dict[str, Any], callbacks: Callbacks) -> tuple[Any, Any]:
    """Return (expected, actual) of one mapping case as JSON, reduced to the fields that must agree."""
    event = decode(case.get("event", {"$undefined": True}))
    state = decode(case.get("consent"))
    ev = Evaluation(event, Collector(consent=state if isinstance(state, dict) else {}))
    actual: dict[str, Any] = {}
    try:
        actual["result"] = encode(KINDS[case["kind"]](case, event, ev, callbacks))
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


def _value(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:
    return ValueCompiler(callbacks).compile(decode(case["mapping"]))(event, ev, ev.collector.consent)


def _path(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:  # noqa: ARG001 - one shape
    default = decode(case["default"]) if "default" in case else UNDEFINED
    return get_by_path(decode(case["value"]), case["path"], default)


def _set_path(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:  # noqa: ARG001 - one shape
    return set_by_path(decode(case["value"]), case["path"], decode(case["set"]))


def _consent(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:  # noqa: ARG001 - one shape
    required, state, own = (decode(case.get(name)) for name in ("required", "state", "individual"))
    granted = granted_consent(None if required is UNDEFINED else required, state, own)
    return False if granted is None else granted


def _cast(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:  # noqa: ARG001 - one shape
    return cast_to_property(decode(case["value"]))


def _rule(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:
    mapping = decode(case["mappingRules"]) if "mappingRules" in case else UNDEFINED
    rules = RuleSet(mapping, ValueCompiler(callbacks), callbacks, lambda raw: None, as_settled=True)  # noqa: ARG005
    rule, key = rules.find(event, ev)
    return {"matched": rule is not None, "mappingKey": key, "index": None if rule is None else rule.index}


def _process(case: dict[str, Any], event: Any, ev: Evaluation, callbacks: Callbacks) -> Any:
    config = decode(case.get("config") or {})
    values = ValueCompiler(callbacks)
    data = config.get("data", UNDEFINED)
    rules = RuleSet(config.get("mapping", UNDEFINED), values, callbacks, lambda raw: None, as_settled=True)  # noqa: ARG005
    processed = Processor(
        policy=Policy.compile(config.get("policy", UNDEFINED), values, as_settled=True),
        rules=rules,
        data=values.compile(data) if truthy(data) else None,
        include=config.get("include", UNDEFINED),
        no_data=UNDEFINED if truthy(data) else data,
    ).process(event, ev)
    return {
        "event": processed.event,
        "data": processed.data,
        "mappingKey": processed.key,
        "ignore": processed.ignore,
        "silent": processed.rule is not None and truthy(processed.rule.silent),
    }


KINDS: dict[str, Callable[[dict[str, Any], Any, Evaluation, Callbacks], Any]] = {
    "value": _value,
    "path": _path,
    "setpath": _set_path,
    "consentcheck": _consent,
    "cast": _cast,
    "rule": _rule,
    "process": _process,
}
