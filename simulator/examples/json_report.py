"""The results of `check` as JSON Lines and JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hubspot_dest.diff.json_difference import MISSING, Difference
from hubspot_dest.report.json_report import as_json, plain
from simulator.examples.runner import CheckedExample, ExampleRun
from simulator.examples.unknown_contact import KEY, NAME, UnknownContactResult

__all__ = ["difference_text", "json_lines", "junit_text"]

_AGAINST = "a HubSpot on this machine"


def json_lines(
    checked: Sequence[CheckedExample],
    comparison: UnknownContactResult | None,
    silent: Sequence[str] | None = None,
) -> Iterator[str]:
    """Yield a JSON object per example, one for the unknown contact, and a summary last (docs/check.md).

    Args:
        checked: the examples that ran.
        comparison: the result for an unknown contact, or None.
        silent: the keys of examples without `out`, which did not run.

    """
    for checked_example in checked:
        yield as_json(
            {
                "example": checked_example.example.name,
                "key": checked_example.example.key,
                "passes": checked_example.passes,
                **_run(checked_example.run),
                "differences": [_difference(difference) for difference in checked_example.differences],
            }
        )
    if comparison is not None:
        yield as_json(
            {
                "example": NAME,
                "key": KEY,
                "passes": comparison.passes,
                "sender": _run(comparison.sender),
                "walkeros": _run(comparison.walkeros),
                "differences": [_difference(difference) for difference in comparison.differences],
            }
        )
    passed = sum(checked_example.passes for checked_example in checked)
    yield as_json(
        {
            "examples": len(checked),
            "pass": passed,
            "fail": len(checked) - passed,
            "unknownContact": None if comparison is None else comparison.passes,
            "against": _AGAINST,
            **({} if silent is None else {"noExpectation": list(silent)}),
        }
    )


def _run(run: ExampleRun) -> dict[str, Any]:
    return {
        "outcome": run.outcome.kind,
        "reason": run.outcome.reason,
        "sentence": run.outcome.sentence if run.outcome.error is None else run.outcome.error.message,
        "calls": plain(run.calls),
        "arrived": [
            {
                "method": arrival.method,
                "target": arrival.target,
                "body": plain(arrival.body),
                "status": arrival.status,
            }
            for arrival in run.arrivals
        ],
        "findings": [finding.as_dict() for finding in run.findings],
        "warnings": [{"level": level, "message": message} for level, message in run.logs],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    sides = {"documented": difference.expected, "thisRun": difference.actual}
    return {"path": difference.path} | {
        name: plain(value) for name, value in sides.items() if value is not MISSING
    }


def junit_text(checked: Sequence[CheckedExample], comparison: UnknownContactResult | None) -> str:
    """Return the JUnit XML of a check."""
    from hubspot_dest.report.junit import Case, junit_xml  # imports urllib.request with the XML modules

    cases = [
        Case(checked_example.example.name, "documented", _failure(checked_example.differences))
        for checked_example in checked
    ]
    if comparison is not None:
        cases.append(Case(NAME, "beyond the documentation", _failure(comparison.differences)))
    return junit_xml("hubspot-sim check", cases)


def _failure(differences: Sequence[Difference]) -> str | None:
    if not differences:
        return None
    lines = [
        f"{difference.path}: documented {difference_text(difference.expected)}, "
        f"this run {difference_text(difference.actual)}"
        for difference in differences
    ]
    count = f"{len(differences)} difference{'s' if len(differences) > 1 else ''} from the documentation"
    return "\n".join([count, *lines])


def difference_text(value: Any) -> str:
    """Return one side of a difference as JSON, or `(nothing)`."""
    return "(nothing)" if value is MISSING else as_json(plain(value))
