"""The question whether the flow's step examples make the expected calls (walkerOS 4.4, sections 6.5 and 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from hubspot_dest.amounts import amount, verb
from hubspot_dest.config.model import Config
from hubspot_dest.flow.step_examples import StepExample
from hubspot_dest.outcome import Outcome
from hubspot_dest.verdict.mapping_paths import path_text
from hubspot_dest.verify.catalogue import verify_finding
from hubspot_dest.verify.example_check import check_step_example
from hubspot_dest.verify.finding_groups import FindingGroups
from hubspot_dest.verify.result import ExampleResult, SectionResult, SectionStatus
from hubspot_dest.verify.section import VerifySubject, blocking_severities

__all__ = ["ExamplesSection"]

_QUESTION: Final = "Do the flow's own step examples pass?"


class ExamplesSection:
    """Run every step example, and compare its calls with its `out`.

    Args:
        subject: the input of `verify`, with examples.
        config: the configuration.

    Attributes:
        results: the results of the examples, after `close`.

    """

    def __init__(self, subject: VerifySubject, config: Config) -> None:
        self._subject = subject
        self._config = config
        self.results: tuple[ExampleResult, ...] = ()

    def add_event(self, event: Any, line: int) -> None:
        """Ignore events; examples have their own."""

    def add_outcome(self, outcome: Outcome, line: int | None) -> None:
        """Ignore outcomes of EVENTS."""

    def close(self) -> SectionResult:
        """Run the examples and return the answer; unanswered if no example has an `out`."""
        subject = self._subject
        groups = FindingGroups("examples", blocking_severities(subject.fail_on))
        results = []
        for example in subject.examples:
            checked = check_step_example(self._config, example, subject.account)
            results.append(checked.result)
            place = self._place(example)
            for sentence in checked.result.differences:
                message = f"example {example.name!r}: {sentence}"
                groups.add(verify_finding("example_failed", message, **place))
            for finding in checked.findings:
                message = f"example {example.name!r}: {finding.sentence}"
                groups.add(replace(finding, sentence=message, **({} if finding.file else place)))
        self.results = tuple(results)
        sending = sum(bool(example.calls) for example in subject.examples)
        passed = sum(result.passed is True for result in results)
        compared = sum(result.passed is not None for result in results)
        status: SectionStatus = "failed" if groups.blocked or passed < compared else "passed"
        answer = f"{passed} of {amount(compared, 'step example')} {verb(passed, 'pass')}"
        if not compared:
            status, answer = "unanswered", "no step example has an out, so nothing was compared"
        silent = [result.name for result in results if result.passed is None]
        notes = (f"examples without out, which prove nothing: {', '.join(silent)}",) if silent else ()
        return SectionResult(
            "examples",
            _QUESTION,
            status,
            answer,
            groups.findings,
            notes,
            {"examples": len(results), "compared": compared, "passed": passed, "sending": sending},
        )

    def _place(self, example: StepExample) -> dict[str, Any]:
        path = (*self._subject.destination_path, "examples", example.name)
        source = self._subject.lint.source
        position = None if source is None else source.position(path)
        return {
            "file": self._subject.file,
            "line": None if position is None else position.line,
            "config_path": path_text(path),
        }
