"""Run one whole-destination case in parity mode against a recording client."""

from __future__ import annotations

import logging
from typing import Any

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.outcome import Outcome
from simulator.conformance.codec import decode, encode

__all__ = ["run_destination_case"]

NOW_MS = 1_750_000_000_000
_STEP_FIELDS = ("ok", "done", "queued", "failed", "invalid", "error", "calls")


class RecordingSpy:
    """Records calls in the documented notation and fails where the case says."""

    def __init__(self, fail_on: Any) -> None:
        self.calls: list[list[Any]] = []
        self._fail_on = fail_on if isinstance(fail_on, list) else [fail_on] if fail_on else []
        self._counts: dict[str, int] = {}

    def _call(self, method: str, *arguments: Any) -> None:
        self.calls.append([method, *arguments])
        number = self._counts[method] = self._counts.get(method, 0) + 1
        for failure in self._fail_on:
            if failure["method"] == method and failure["nth"] in ("all", number):
                raise DeliveryError("refused", failure["message"])

    def send(self, occurrence: dict[str, Any]) -> None:
        """Record `events.send.basicApi.send`."""
        self._call("events.send.basicApi.send", occurrence)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Record `events.send.batchApi.send`."""
        self._call("events.send.batchApi.send", {"inputs": inputs})

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Record `crm.contacts.basicApi.update`."""
        self._call("crm.contacts.basicApi.update", contact_id, {"properties": properties}, id_property)

    def create_contact(self, properties: dict[str, str]) -> None:
        """Record `crm.contacts.basicApi.create`."""
        self._call("crm.contacts.basicApi.create", {"properties": properties})


class _LogRecords(logging.Handler):
    """Keeps (level, message) of every log record, with upstream's level names."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[list[str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        level = "WARN" if record.levelno == logging.WARNING else record.levelname
        self.kept.append([level, record.getMessage()])


def run_destination_case(case: dict[str, Any], expect: dict[str, Any]) -> tuple[Any, Any]:
    """Return (expected, actual) of one destination case as JSON, reduced to the fields that must agree."""
    spy, records = RecordingSpy(case.get("failOn")), _LogRecords()
    destination = _destination(decode(case), spy, records)
    failures = case.get("failOn") or []
    injected = {failure["message"] for failure in (failures if isinstance(failures, list) else [failures])}
    steps = [_comparable(_step(destination, decode(step), spy), injected) for step in case["steps"]]
    final = {
        "batchQueue": destination.queued,
        "dlq": len(destination.dead_letters),
        "consentQueue": destination.waiting,
    }
    actual = {"calls": encode(spy.calls), "logs": records.kept, "steps": steps, "final": final}
    wanted = {
        "calls": expect["calls"],
        "logs": [[log["level"], log["message"]] for log in expect["logs"]],
        "steps": [_comparable(step, injected) for step in expect["steps"]],
        "final": {name: expect["final"][name] for name in final if name in expect["final"]},
    }
    return wanted, actual


def _destination(case: dict[str, Any], spy: RecordingSpy, records: _LogRecords) -> HubSpotDestination:
    logger = logging.Logger("conformance", logging.DEBUG)
    logger.addHandler(records)
    config = dict(case["config"])
    now = case.get("now")
    handed_in = case.get("client", "env") == "env"
    if handed_in:
        config["env"] = {**(config.get("env") or {}), "client": spy}
    return HubSpotDestination(
        config,
        parity=True,
        client_factory=None if handed_in else lambda token: spy,  # noqa: ARG005 - the factory's shape
        consent=case.get("consent"),
        user=case.get("user"),
        globals_=case.get("globals"),
        custom=case.get("custom"),
        now_ms=lambda: NOW_MS if now is None else now,
        logger=logger,
    )


def _step(destination: HubSpotDestination, step: dict[str, Any], spy: RecordingSpy) -> dict[str, Any]:
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
    return {**result, "calls": len(spy.calls)}


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
