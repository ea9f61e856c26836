"""Run examples from walkerOS event to HTTP request, and list the differences from the expected result."""

from __future__ import annotations

import copy
import logging
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hubspot_dest.checks.finding import Finding
from hubspot_dest.config.model import ConfigError
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.diff.json_difference import MISSING, Difference, differences
from hubspot_dest.mapping.jsvalues import UNDEFINED, date_ms
from hubspot_dest.masking.secret import MaskedText
from hubspot_dest.outcome import Outcome
from simulator.examples.documented import Example
from simulator.examples.wire_format import (
    arrived_request,
    documented_request,
    is_documented,
)
from simulator.hubspot import FakeHubSpot

__all__ = ["ArrivedRequest", "CheckedExample", "ExampleRun", "check_example", "run_example"]

_ARRIVAL_SECONDS = 5.0
_CALL = re.compile(r"calls\[(\d+)\](?:\[\d+\](\..+))?")
_WIRE = re.compile(r"wire\[(\d+)\](?:\.body(\..+))?")


@dataclass(frozen=True, slots=True)
class ArrivedRequest:
    """One request as it arrived, and HubSpot's answer.

    Attributes:
        method: `POST`, `PATCH`.
        target: path and query, as received.
        body: decoded JSON.
        status: HTTP status of the answer.
        decision: the reason, a sentence.

    """

    method: str
    target: str
    body: Any
    status: int
    decision: str


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """The result of running an example.

    Attributes:
        outcome: the sender's outcome.
        calls: the calls at the official client's boundary.
        logs: (level, message) of every log record.
        arrivals: the requests that arrived at HubSpot.
        findings: the findings about the event; empty if the example has no judge.

    """

    outcome: Outcome
    calls: list[list[Any]]
    logs: list[tuple[str, str]]
    arrivals: list[ArrivedRequest]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedExample:
    """One example, its run, and the differences from the expected result; none if it passes."""

    example: Example
    run: ExampleRun
    differences: list[Difference]

    @property
    def passes(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    @property
    def distinct_differences(self) -> list[Difference]:
        """The differences without duplicates: one shared by call and request is listed only for the call."""
        of_calls = {key for difference in self.differences if (key := _key_of(difference, _CALL)) is not None}
        return [difference for difference in self.differences if _key_of(difference, _WIRE) not in of_calls]


def _key_of(difference: Difference, pattern: re.Pattern[str]) -> tuple[str, str, str, str] | None:
    """Return the call or request that a difference is about, the path in its body and both sides; None for others."""
    match = pattern.fullmatch(difference.path)
    if match is None:
        return None
    if not match[2]:  # a missing or additional call differs in form between SDK and HTTP
        if difference.expected is not MISSING and difference.actual is not MISSING:
            return None
        return match[1], "", str(difference.expected is MISSING), str(difference.actual is MISSING)
    return match[1], match[2], repr(difference.expected), repr(difference.actual)


class _LogCapture(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.entries: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        level = "WARN" if record.levelno == logging.WARNING else record.levelname
        self.entries.append((level, record.getMessage()))


@dataclass(slots=True)
class _Uuids:
    """Removes the sender's `uuid` from occurrences and collects it, so that its form can be checked."""

    found: list[Any] = field(default_factory=list)

    def without(self, value: Any) -> Any:
        stripped = copy.deepcopy(value)
        body = stripped.get("body") if isinstance(stripped, dict) else stripped[-1]
        if isinstance(body, dict) and "eventName" in body:
            self.found.append(body.pop("uuid", MISSING))
        return stripped


def run_example(
    hubspot: FakeHubSpot, example: Example, *, account: dict[str, Any] | None = None, parity: bool = False
) -> ExampleRun:
    """Reset HubSpot, seed it, and push the example's event through the official client over HTTP.

    Args:
        hubspot: a running simulated HubSpot; its default account is reset first.
        example: what to run.
        account: a seed that replaces the example's.
        parity: behave as walkerOS 4.4 does.

    """
    hubspot.reset()
    hubspot.service.seed(hubspot.account, example.account if account is None else account)
    records = _LogCapture()
    logger = logging.Logger("documented", logging.DEBUG)
    logger.addHandler(records)
    client = RecordingClient(HubSpotClient(MaskedText(hubspot.token), base_url=hubspot.base_url))
    noted = threading.Semaphore(0)
    unsubscribe = hubspot.journal.subscribe(lambda _: noted.release())
    state = example.collector
    with HubSpotDestination(
        example.config(hubspot.token),
        parity=parity,
        client_factory=lambda _: client,
        logger=logger,
        consent=state.get("consent"),
        user=state.get("user"),
        globals_=state.get("globals"),
        custom=state.get("custom"),
        now_ms=_frozen_clock(example),
        judge=example.judge(),
    ) as destination:
        outcome = _play(destination, example)
    for _ in client.calls:
        # The journal is written after the answer; a request that never arrives is a difference.
        noted.acquire(timeout=_ARRIVAL_SECONDS)
    unsubscribe()
    arrivals = [
        ArrivedRequest(**arrived_request(entry), status=entry.answer.status, decision=entry.answer.decision)
        for entry in hubspot.journal.entries()
    ]
    return ExampleRun(outcome, client.calls, records.entries, arrivals, outcome.findings)


def _frozen_clock(example: Example) -> Callable[[], int] | None:
    """Return the clock of an example whose event has no timestamp: the moment that its `out` expects."""
    if "timestamp" in example.event or example.command:
        return None
    moments = [
        moment
        for call in example.expect.calls
        for argument in call[1:]
        if isinstance(argument, dict)
        and (moment := date_ms(argument.get("occurredAt", UNDEFINED))) is not None
    ]
    return (lambda: moments[0]) if moments else None


def _play(destination: HubSpotDestination, example: Example) -> Outcome:
    data = copy.deepcopy(example.event)
    if not example.command:
        return destination.push(data)
    happened = destination.push_command(f"walker {example.command}", data)
    return happened[-1] if happened else Outcome("ignored", "command", "the command sends nothing by itself")


def check_example(hubspot: FakeHubSpot, example: Example) -> CheckedExample:
    """Run an example and compare calls and wire with its `out`; outcome and warnings too where it states them.

    An example that is not a valid step example fails without being run, with its problems as the differences.
    """
    if example.problems:
        return _invalid(example, example.problems)
    try:
        run = run_example(hubspot, example)
    except ConfigError as error:  # the example's overrides of the flow's rule and settings
        return _invalid(example, tuple(str(problem) for problem in error.problems) or (str(error),))
    expect = example.expect
    at_client, on_wire = _Uuids(), _Uuids()
    requests = [
        {
            "method": arrival.method,
            "target": arrival.target,
            "body": arrival.body,
            "answered": arrival.status < 300,
        }
        for arrival in run.arrivals
    ]
    wanted: dict[str, Any] = {"calls": expect.calls}
    got: dict[str, Any] = {
        "calls": [at_client.without(call) for call in run.calls],
        "wire": [on_wire.without(request) for request in requests],
    }
    if all(is_documented(call) for call in expect.calls):
        wanted["wire"] = [{**documented_request(call), "answered": True} for call in expect.calls]
    else:
        del got["wire"]  # the calls differ already; their wire format is undefined
    if expect.outcome:
        wanted |= {"outcome": expect.outcome, "warnings": [list(warning) for warning in expect.warnings]}
        got |= {"outcome": run.outcome.kind, "warnings": [list(log) for log in run.logs]}
    elif run.outcome.kind == "failed" and not any(request["answered"] is False for request in requests):
        # An event that failed before its first call also sends nothing; that is not what `out: []` means.
        wanted["outcome"], got["outcome"] = "an event that is processed", f"failed: {run.outcome.sentence}"
    return CheckedExample(
        example,
        run,
        [*differences(wanted, got), *_additions(at_client.found, on_wire.found)],
    )


def _invalid(example: Example, problems: tuple[str, ...]) -> CheckedExample:
    outcome = Outcome("failed", "invalid_example", "; ".join(problems))
    return CheckedExample(
        example,
        ExampleRun(outcome, [], [], []),
        [Difference("example", "a valid step example", problem) for problem in problems],
    )


def _additions(at_client: list[Any], on_wire: list[Any]) -> list[Difference]:
    found = [
        Difference(f"calls.uuid[{index}]", "a uuid", item)
        for index, item in enumerate(at_client)
        if not _is_uuid(item)
    ]
    return found + differences(at_client, on_wire, "wire.uuid")


def _is_uuid(value: Any) -> bool:
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False
