"""Run a step example without network, and compare its calls with its `out`."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.account.schema import AccountSchema
from hubspot_dest.checks.finding import Finding
from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.diff.json_difference import MISSING, Difference, differences
from hubspot_dest.flow.step_examples import StepExample, example_config, example_moment
from hubspot_dest.report.json_report import as_json, plain
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verify.result import ExampleResult

__all__ = ["CheckedStepExample", "PlayedStepExample", "check_step_example", "play_step_example"]

_MOST: Final = 20
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class CheckedStepExample:
    """The result of an example, and the findings about its event."""

    result: ExampleResult
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PlayedStepExample:
    """What an example does when it is run.

    Attributes:
        calls: the calls in the documented notation, without the `uuid` that this sender adds.
        failure: the reason why the event failed; empty if it did not.
        findings: the findings about its event.

    """

    calls: tuple[Any, ...]
    failure: str = ""
    findings: tuple[Finding, ...] = ()


def check_step_example(config: Config, example: StepExample, account: AccountSchema) -> CheckedStepExample:
    """Run an example, compare its calls with its `out`, and check its event against HubSpot's rules.

    Args:
        config: the flow's configuration.
        example: the example; if it has problems, it fails without being run.
        account: the schema of the account.

    """
    if example.problems:
        return CheckedStepExample(ExampleResult(example.name, example.title, False, example.problems))
    try:
        played = play_step_example(config, example, account)
    except ConfigError as error:  # in the rule or settings that the example overrides
        problems = tuple(str(problem) for problem in error.problems) or (str(error),)
        return CheckedStepExample(ExampleResult(example.name, example.title, False, problems))
    if example.calls is None:
        return CheckedStepExample(ExampleResult(example.name, example.title, None), played.findings)
    calls = list(played.calls)
    found = [
        _sentence(difference)
        for difference in differences({"calls": example.calls}, {"calls": calls})[:_MOST]
    ]
    if played.failure and not calls:
        # A failed event does not send anything either, but it does not fulfil `out: []`.
        found.insert(0, played.failure)
    return CheckedStepExample(
        ExampleResult(example.name, example.title, not found, tuple(found)), played.findings
    )


def play_step_example(config: Config, example: StepExample, account: AccountSchema) -> PlayedStepExample:
    """Run an example and return its calls; its `out` is ignored. See `check_step_example` for the arguments.

    Raises:
        ConfigError: the rule or settings that the example overrides are invalid.

    """
    raw = example_config(config.raw, example)
    changed = raw != config.raw  # if so, the lines of the file do not apply
    judge = Judge(raw, source=None if changed else config.source, account=account)
    client = RecordingClient()
    failure = ""
    findings: tuple[Finding, ...] = ()
    state = config.collector
    with HubSpotDestination(
        {**raw, "settings": {**raw.get("settings", {}), "accessToken": "none"}},
        client=client,
        judge=judge,
        consent=state.get("consent"),
        user=state.get("user"),
        globals_=state.get("globals"),
        custom=state.get("custom"),
        logger=_silent_logger(),
        now_ms=_clock(example),
    ) as destination:
        data = copy.deepcopy(example.given)
        if example.command:
            destination.push_command(f"walker {example.command}", data)
        else:
            pushed = destination.push(data)
            findings = pushed.findings
            if pushed.kind == "failed":
                failure = f"the event failed: {pushed.sentence}"
    return PlayedStepExample(tuple(_without_uuid(plain(call)) for call in client.calls), failure, findings)


def _clock(example: StepExample) -> Callable[[], int] | None:
    moment = example_moment(example)
    return None if moment is None else lambda: moment


def _without_uuid(value: Any) -> Any:
    """Return a copy of calls without the `uuid` that this sender adds to every occurrence."""
    if isinstance(value, list):
        return [_without_uuid(item) for item in value]
    if isinstance(value, dict):
        added = ("uuid",) if "eventName" in value else ()
        return {key: _without_uuid(item) for key, item in value.items() if key not in added}
    return value


def _sentence(difference: Difference) -> str:
    expected, actual = _shown(difference.expected), _shown(difference.actual)
    return f"{difference.path}: expected {expected}, got {actual}"


def _shown(value: Any) -> str:
    if value is MISSING:
        return "nothing"
    text = as_json(plain(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _silent_logger() -> logging.Logger:
    """Return a logger that discards everything; without a handler, Python would print warnings."""
    logger = logging.Logger("examples")
    logger.addHandler(logging.NullHandler())
    return logger
