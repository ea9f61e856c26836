"""Send a cassette's events again, against the tape, and say request by request what changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from simulator.cassettes.cassette import Cassette
from simulator.cassettes.player import Answered, CassettePlayer
from simulator.cassettes.recorder import play
from simulator.conformance.difference import Difference, differences

__all__ = ["CLOSED", "Replayed", "judged", "replay"]

# A port that nobody listens on: whatever slipped past the tape would fail loudly.
CLOSED: Final = "http://127.0.0.1:9"

Verdict = Literal["same", "changed", "new", "missing"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """One request: what became of it since it was recorded.

    Attributes:
        place: where it stands on the tape, from 0; None for a new one.
        verdict: `same`, `changed` (with the differences), `new` (the tape has none), `missing` (it was not made).
        differences: of the bodies; `expected` is the tape's.

    """

    place: int | None
    verdict: Verdict
    method: str
    target: str
    differences: tuple[Difference, ...] = ()


def replay(cassette: Cassette, config: dict[str, Any] | None = None) -> list[Replayed]:
    """Plan and send a cassette's events again; nothing touches the network.

    Args:
        cassette: what was recorded.
        config: today's configuration; the cassette's own by default.

    Raises:
        ConfigError: where the configuration cannot work.

    """
    player = CassettePlayer(cassette.exchanges)
    meta = cassette.meta
    play(
        meta.config if config is None else config,
        meta.events,
        CLOSED,
        player,
        outbox=meta.outbox,
        clock_ms=meta.clock_ms,
    )
    return judged(cassette, player)


def judged(cassette: Cassette, player: CassettePlayer) -> list[Replayed]:
    """Return what became of every request, those first that were made."""
    return [*_asked(cassette, player.answered), *_unasked(cassette, player.unused)]


def _asked(cassette: Cassette, answered: list[Answered]) -> Iterator[Replayed]:
    for one in answered:
        if one.place is None:
            yield Replayed(None, "new", one.method, one.target)
        elif one.exact:
            yield Replayed(one.place, "same", one.method, one.target)
        else:
            found = differences(cassette.exchanges[one.place].json, one.body)
            yield Replayed(one.place, "changed", one.method, one.target, tuple(found))


def _unasked(cassette: Cassette, unused: list[int]) -> Iterator[Replayed]:
    for place in unused:
        one = cassette.exchanges[place]
        yield Replayed(place, "missing", one.method, one.target)
