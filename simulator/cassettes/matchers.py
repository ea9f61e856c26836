"""vcrpy matchers for HubSpot's API: a request matches by method, target and JSON body, whatever its formatting.

Each matcher has vcrpy's form: it asserts and returns nothing; the assertion's message is the difference.
"""

from __future__ import annotations

from typing import Protocol

from hubspot_dest.diff.json_difference import differences
from simulator.cassettes.cassette import decoded
from simulator.cassettes.recorder import target_of

__all__ = ["VcrRequest", "match_json_body", "match_target"]


class VcrRequest(Protocol):
    """What the matchers read of vcrpy's request."""

    uri: str
    body: bytes | str | None


def match_target(first: VcrRequest, second: VcrRequest) -> None:
    """Match path and query; the host may differ, so that a cassette plays against any base URL.

    Raises:
        AssertionError: the targets differ.

    """
    left, right = target_of(first.uri), target_of(second.uri)
    assert left == right, f"target: {left} != {right}"


def match_json_body(first: VcrRequest, second: VcrRequest) -> None:
    """Match decoded JSON bodies: key order and spacing do not matter.

    Raises:
        AssertionError: the bodies differ; the message names the first differing path.

    """
    found = differences(decoded(_text(first.body)), decoded(_text(second.body)), "body")
    assert not found, f"{found[0].path}: {found[0].expected!r} != {found[0].actual!r}"


def _text(body: bytes | str | None) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else body.decode("utf-8", "backslashreplace")
