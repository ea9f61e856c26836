"""What somebody might do with an engine in any order: faults, batches, flushes, consent, running again."""

from __future__ import annotations

import random
from collections.abc import Iterator

from simulator.engine.engine import Engine
from simulator.hubspot.faults.syntax import parse_fault

FAULTS = (
    "lost:every=4",
    "close-before:every=3",
    "truncated:every=5",
    "429:path=/crm/*,every=2",
    "503:every=3",
    "500:every=4,stored=true",
    "empty-200:every=2",
    "401:count=3",
    "not-utf8:every=3",
    "latency:delay=3ms",
)


def wander(engine: Engine, seed: int, steps: int = 8) -> Iterator[None]:
    """Do something, run some events, pause; yield at every pause. The books must agree at each."""
    dice = random.Random(seed)
    for _ in range(steps):
        if dice.random() < 0.6:
            engine.throw(parse_fault(dice.choice(FAULTS)))
        if dice.random() < 0.3:
            engine.clear_faults()
        if dice.random() < 0.3:
            engine.set_batch(dice.choice((0, 3, 12, 50)))
        if dice.random() < 0.3:
            engine.flush()
        if dice.random() < 0.3:
            engine.again(row.number for row in engine.ring.rows() if row.kind == "failed")
        if dice.random() < 0.3:
            denied = [row.person for row in engine.ring.rows() if row.kind == "denied"]
            engine.grant(dice.choice(denied or ["nobody"]), granted=dice.random() < 0.7)
        books = engine.run(dice.randrange(5, 60))
        assert books.problems == [], f"seed {seed}"
        yield
