"""Run one whole-destination case in parity mode against a recording client."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.mapping.dialect import Dialect
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.outcome import Outcome
from simulator.conformance.codec import decode, encode

__all__ = ["run_destination_case"]

NOW_MS = 1_750_000_000_000
_STEP_FIELDS = ("ok", "done", "queued", "failed", "invalid", "error", "calls")


def _failures(fail_on: Any) -> Callable[[str, int], DeliveryError | None]:
    """Return which calls fail: those that the case names, by method and number."""
    failures = fail_on if isinstance(fail_on, list) else [fail_on] if fail_on else []

    def fail(method: str, number: int) -> DeliveryError | None:
        for failure in failures:
            if failure["method"] == method and failure["nth"] in ("all", number):
                return DeliveryError("refused", failure["message"])
        return None

    return fail


class _LogRecords(logging.Handler):
    """Keeps (level, message) of every log record, with upstream's level names."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        level = "WARN" if record.levelno == logging.WARNING else record.levelname
        self.entries.append([level, record.getMessage()])


def run_destination_case(case: dict[str, Any], expect: dict[str, Any], dialect: Dialect) -> tuple[Any, Any]:
    """Return (expected, actual) of one destination case as JSON, reduced to the fields that must agree."""
    client, records = RecordingClient(fail=_failures(case.get("failOn"))), _LogRecords()
    destination = _destination(decode(case), client, records, dialect)
    failures = case.get("failOn") or []
    injected = {failure["message"] for failure in (failures if isinstance(failures, list) else [failures])}
    steps = [_comparable(_step(destination, decode(step), client), injected) for step in case["steps"]]
    final = {
        "batchQueue": destination.queued,
        "dlq": len(destination.dead_letters),
        "consentQueue": destination.waiting,
    }
    actual = {"calls": encode(client.calls), "logs": records.entries, "steps": steps, "final": final}
    wanted = {
        "calls": expect["calls"],
        "logs": [[log["level"], log["message"]] for log in expect["logs"]],
        "steps": [_comparable(step, injected) for step in expect["steps"]],
        "final": {name: expect["final"][name] for name in final if name in expect["final"]},
    }
    return wanted, actual


def _destination(
    case: dict[str, Any], client: RecordingClient, records: _LogRecords, dialect: Dialect
) -> HubSpotDestination:
    logger = logging.Logger("conformance", logging.DEBUG)
    logger.addHandler(records)
    config = dict(case["config"])
    now = case.get("now")
    handed_in = case.get("client", "env") == "env"
    if handed_in:
        config["env"] = {**(config.get("env") or {}), "client": client}
    return HubSpotDestination(
        config,
        parity=True,
        walkeros=dialect.version,
        client_factory=None if handed_in else lambda token: client,  # noqa: ARG005 - the factory's shape
        consent=case.get("consent"),
        user=case.get("user"),
        globals_=case.get("globals"),
        custom=case.get("custom"),
        now_ms=lambda: NOW_MS if now is None else now,
        logger=logger,
    )


def _step(destination: HubSpotDestination, step: dict[str, Any], client: RecordingClient) -> dict[str, Any]:
    refreshes = False
    if "event" in step:
        outcome = destination.push(step["event"])
        happened = [*outcome.also, outcome]
    elif "command" in step:
        refreshes = isinstance(step.get("data"), dict) or step["command"] == "walker run"
        happened = destination.push_command(step["command"], step.get("data", UNDEFINED))
    else:
        happened = destination.close()
    result = _push_result(happened)
    if refreshes and destination.waiting and set(result) == {"ok"} and result["ok"]:
        result["queued"] = True
    return {**result, "calls": len(client.calls)}


def _push_result(happened: list[Outcome]) -> dict[str, Any]:
    """Return upstream's push result of one pass (walkerOS 4.4, sections 4.2 and 4.6)."""
    for outcome in happened:
        if outcome.reason == "invalid_event":
            return {"ok": False, "invalid": True, "error": True}
        if outcome.reason in ("push_error", "unknown_command"):
            return {"ok": False}
        if outcome.reason == "init_failed":
            return {"ok": True, "queued": True}
    pushed = [outcome for outcome in happened if outcome.plan is not None]
    failed = [outcome for outcome in pushed if outcome.kind == "failed"]
    if failed:
        error = failed[-1].error
        return {"ok": False, "failed": error.message if error is not None else ""}
    if pushed:
        returned = [outcome.returned for outcome in pushed if outcome.returned is not UNDEFINED]
        return {"ok": True, "done": encode(returned[-1]) if returned else True}
    if any(outcome.kind == "denied" for outcome in happened):
        return {"ok": True, "queued": True}
    return {"ok": True}


def _comparable(step: dict[str, Any], injected: set[str]) -> dict[str, Any]:
    """Reduce a step to the fields that must agree; a failure's text counts only where the case injected it."""
    kept = {name: step[name] for name in _STEP_FIELDS if name in step}
    if "error" in kept:
        kept["error"] = True
    if "failed" in kept and kept["failed"] not in injected:
        kept["failed"] = True
    return kept
