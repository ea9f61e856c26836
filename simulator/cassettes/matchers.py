"""vcrpy matchers for HubSpot's API: by method, target and JSON body, ignoring the body's formatting.

Matchers follow vcrpy's convention: they return None and raise AssertionError with the difference.
"""

from __future__ import annotations

from typing import Protocol

from hubspot_dest.diff.json_difference import differences
from simulator.cassettes.cassette import decoded
from simulator.cassettes.recorder import target_of

__all__ = ["VcrRequest", "match_json_body", "match_target"]


class VcrRequest(Protocol):
    """The attributes of vcrpy's request that the matchers read."""

    uri: str
    body: bytes | str | None


def match_target(first: VcrRequest, second: VcrRequest) -> None:
    """Match path and query. The host is ignored, so that a cassette works with any base URL.

    Raises:
        AssertionError: the targets differ.

    """
    left, right = target_of(first.uri), target_of(second.uri)
    assert left == right, f"target: {left} != {right}"


def match_json_body(first: VcrRequest, second: VcrRequest) -> None:
    """Match decoded JSON bodies, ignoring key order and whitespace.

    Raises:
        AssertionError: the bodies differ; the message names the first differing path.

    """
    found = differences(decoded(_text(first.body)), decoded(_text(second.body)), "body")
    assert not found, f"{found[0].path}: {found[0].expected!r} != {found[0].actual!r}"


def _text(body: bytes | str | None) -> str:
    if body is None:
        return ""
    return body if isinstance(body, str) else body.decode("utf-8", "backslashreplace")
