"""Compare the sender, in parity mode, with every vector of a file."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from hubspot_dest.diff.json_difference import Difference, differences
from hubspot_dest.mapping.dialect import WALKEROS_4_4, Dialect
from hubspot_dest.mapping.values import Callbacks
from simulator.conformance.destination_case import run_destination_case
from simulator.conformance.mapping_case import KINDS, run_mapping_case

__all__ = ["FileResult", "VectorVerdict", "VectorFileError", "run_file"]


class VectorFileError(ValueError):
    """Raised for an invalid vector file; the message names file, line and remedy."""


@dataclass(frozen=True, slots=True)
class VectorVerdict:
    """The result of one vector: its id, tags and differences, empty if the sender agrees."""

    id: str
    family: str
    tags: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether the sender agrees with walkerOS."""
        return not self.differences


@dataclass(slots=True)
class FileResult:
    """The results of one file."""

    path: Path
    verdicts: list[VectorVerdict] = field(default_factory=list)

    @property
    def agreeing(self) -> int:
        """The number of vectors that agree."""
        return sum(verdict.agrees for verdict in self.verdicts)

    @property
    def differing(self) -> list[VectorVerdict]:
        """The vectors that differ."""
        return [verdict for verdict in self.verdicts if not verdict.agrees]


def run_file(path: Path, *, only: str = "*", dialect: Dialect = WALKEROS_4_4) -> FileResult:
    """Run every vector of a file whose id matches the pattern `only`, in parity with a version of walkerOS.

    Raises:
        VectorFileError: the file cannot be read, or a line is not a vector.

    """
    result = FileResult(path)
    callbacks = Callbacks()
    for vector in _vectors(path):
        identifier = str(vector["case"]["id"])
        if fnmatch.fnmatchcase(identifier, only):
            result.verdicts.append(_verdict(identifier, vector, callbacks, dialect))
    if not result.verdicts:
        msg = f"{path}: holds no vectors" + ("" if only == "*" else f" whose id matches {only!r}")
        raise VectorFileError(msg)
    return result


def _verdict(
    identifier: str, vector: dict[str, Any], callbacks: Callbacks, dialect: Dialect
) -> VectorVerdict:
    case, expect = vector["case"], vector["expect"]
    try:
        if "kind" in case:
            expected, actual = run_mapping_case(case, expect, callbacks, dialect)
        else:
            expected, actual = run_destination_case(case, expect, dialect)
        found_differences = tuple(differences(expected, actual))
    except Exception as error:  # an exception on one vector must not hide the others
        found_differences = (
            Difference("run", "a result", f"the sender raised {type(error).__name__}: {error}"),
        )
    tags = tuple(vector.get("tags") or case.get("tags") or ())
    return VectorVerdict(identifier, str(case.get("family", "")), tags, found_differences)


def _what_is_missing(vector: Any) -> str | None:
    """Return why a line is not a vector, or None."""
    if not isinstance(vector, dict):
        return 'each line is an object {"case": {…}, "expect": {…}}'
    case, expect = vector.get("case"), vector.get("expect")
    if not isinstance(case, dict) or not isinstance(expect, dict):
        return 'each line is {"case": {…}, "expect": {…}}'
    if "id" not in case:
        return "the case has no `id`"
    if "kind" in case:
        return None if case["kind"] in KINDS else f"kind {case['kind']!r} is none of {', '.join(KINDS)}"
    needed = ((case, "config", dict), (case, "steps", list), (expect, "calls", list), (expect, "logs", list))
    for where, name, kind in (*needed, (expect, "steps", list), (expect, "final", dict)):
        if not isinstance(where.get(name), kind):
            return f"a destination case needs `{name}`, and a mapping case has a `kind`"
    return None


def _vectors(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        msg = f"{path}: cannot be read ({error.strerror})"
        raise VectorFileError(msg) from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            vector = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            msg = f"{path}, line {number}: no JSON ({error}); a vector file has one JSON object a line"
            raise VectorFileError(msg) from error
        missing = _what_is_missing(vector)
        if missing is not None:
            msg = f"{path}, line {number}: not a vector; {missing}"
            raise VectorFileError(msg)
        yield vector
