"""Replay a cassette's events and report, per request, what changed since the recording."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from hubspot_dest.diff.json_difference import Difference, differences
from simulator.cassettes.cassette import Cassette
from simulator.cassettes.player import CassettePlayer, PlayedRequest
from simulator.cassettes.session import play

__all__ = ["CLOSED", "ReplayedRequest", "compare_requests", "replay"]

# A closed port: a request that bypassed the cassette would fail.
CLOSED: Final = "http://127.0.0.1:9"

Verdict = Literal["same", "changed", "new", "missing"]


@dataclass(frozen=True, slots=True)
class ReplayedRequest:
    """The comparison of one request with its recording.

    Attributes:
        position: the request's index in the cassette, from 0; None for a new request.
        verdict: `same`, `changed` (with the differences), `new` (not in the cassette), `missing` (not sent).
        differences: between the bodies; `expected` is the recorded value.

    """

    position: int | None
    verdict: Verdict
    method: str
    target: str
    differences: tuple[Difference, ...] = ()


def replay(cassette: Cassette, config: dict[str, Any] | None = None) -> list[ReplayedRequest]:
    """Plan a cassette's events again and answer their requests from the cassette, without network access.

    Args:
        cassette: the recording.
        config: the configuration to plan with; the cassette's own by default.

    Raises:
        ConfigError: the configuration is invalid.

    """
    player = CassettePlayer(cassette.interactions)
    meta = cassette.meta
    play(
        meta.config if config is None else config,
        meta.events,
        CLOSED,
        player,
        outbox=meta.outbox,
        clock_ms=meta.clock_ms,
    )
    return compare_requests(cassette, player)


def compare_requests(cassette: Cassette, player: CassettePlayer) -> list[ReplayedRequest]:
    """Return one result per request: first the requests that were made, then the missing ones."""
    return [*_asked(cassette, player.played), *_unasked(cassette, player.unused)]


def _asked(cassette: Cassette, played: list[PlayedRequest]) -> Iterator[ReplayedRequest]:
    for request in played:
        if request.position is None:
            yield ReplayedRequest(None, "new", request.method, request.target)
        elif request.exact:
            yield ReplayedRequest(request.position, "same", request.method, request.target)
        else:
            found = differences(cassette.interactions[request.position].json, request.body)
            yield ReplayedRequest(request.position, "changed", request.method, request.target, tuple(found))


def _unasked(cassette: Cassette, unused: list[int]) -> Iterator[ReplayedRequest]:
    for position in unused:
        interaction = cassette.interactions[position]
        yield ReplayedRequest(position, "missing", interaction.method, interaction.target)
