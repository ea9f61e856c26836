"""Planning beside parsing: events per second of `plan`, plain and traced, and of `orjson.loads` of the same events."""

from __future__ import annotations

import gc
import time

import orjson

from benchmarks.measuring import Figure
from benchmarks.workload import CONFIG, lines
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner

__all__ = ["measure"]

COUNT = 20_000
CHUNK = 100  # parse a hundred lines, plan a hundred events: as a sender works, with the events still warm
ROUNDS = 9


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    text = lines(COUNT)
    planner = Planner(CONFIG)
    plan, collector = planner.plan, CollectorView()
    rounds: dict[str, list[float]] = {"parse": [], "plan": [], "traced": [], "ratio": []}
    gc.collect()
    gc.freeze()
    for _ in range(ROUNDS):
        parsing = planning = tracing = 0.0
        for start in range(0, COUNT, CHUNK):
            chunk = text[start : start + CHUNK]
            begun = time.perf_counter()
            parsed = [orjson.loads(line) for line in chunk]
            after_parsing = time.perf_counter()
            for event in parsed:
                plan(event, collector, 1)
            after_planning = time.perf_counter()
            for event in parsed:
                plan(event, collector, 1, traced=True)
            after_tracing = time.perf_counter()
            parsed.clear()  # giving the memory back is nobody's time
            parsing += after_parsing - begun
            planning += after_planning - after_parsing
            tracing += after_tracing - after_planning
        rounds["parse"].append(COUNT / parsing)
        rounds["plan"].append(COUNT / planning)
        rounds["traced"].append(COUNT / tracing)
        rounds["ratio"].append(parsing / planning)
    gc.unfreeze()
    return [
        Figure.of("`orjson.loads` of an event (964 bytes)", rounds["parse"]),
        Figure.of("`plan`, eight properties", rounds["plan"]),
        Figure.of("`plan`, eight properties, traced", rounds["traced"]),
        Figure.of("plan : parse", rounds["ratio"], "times"),
    ]
