"""Process events that were accepted from outside before the stream ends."""

from __future__ import annotations

import time

from simulator.commands.source_options import Chosen
from simulator.engine.engine import Engine

__all__ = ["drain"]

_SECONDS = 10.0
_SLICE = 500


def drain(engine: Engine, origin: Chosen, seconds: float = _SECONDS) -> int:
    """Stop accepting events, process the accepted ones, and return how many are left after `seconds`.

    Their senders count these events as delivered: a website because of its 200, a program because its pipe was read.
    Events replayed by their timestamps are not processed early, only counted.
    """
    origin.close()
    deadline = time.monotonic() + seconds
    while not origin.paced and not engine.exhausted and (waiting := origin.waiting()):
        remaining_seconds = deadline - time.monotonic()
        if remaining_seconds <= 0:
            break
        engine.run(min(_SLICE, waiting), remaining_seconds)
    return origin.waiting()
