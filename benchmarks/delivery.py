"""Delivery over HTTP to a sink in another process: from event to bytes on the socket, in batches of 500."""

from __future__ import annotations

import gc
import tempfile
import time

import hubspot
import orjson
from hubspot.events.send import (
    BatchedBehavioralEventHttpCompletionRequest,
    BehavioralEventHttpCompletionRequest,
)

from benchmarks.measuring import Figure
from benchmarks.sink import sink
from benchmarks.workload import CONFIG, events, lines
from hubspot_dest import HubSpotDestination, OutboxSettings
from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner
from hubspot_dest.storage.sqlite_file import Durability

__all__ = ["measure", "outbox_rate"]

COUNT = 40_000
MODELS = 4_000
SINGLES = 2_000
ROUNDS = 5


def measure() -> list[Figure]:
    """Return the figures, rounds of all of them taken in turn."""
    whole, text = events(COUNT), lines(COUNT)
    rounds: dict[str, list[float]] = {"push": [], "parse": [], "models": [], "single": []}
    rounds |= {"normal": [], "full": []}
    # The workload lies ready in memory; a sender that reads a stream does not carry it along.
    gc.collect()
    gc.freeze()
    with sink() as base_url:
        _batches(base_url, whole[:1000])  # loading the official client is not delivery
        for _ in range(ROUNDS):
            rounds["push"].append(_batches(base_url, whole))
            rounds["normal"].append(outbox_rate(base_url, whole, "normal"))
            rounds["full"].append(outbox_rate(base_url, whole, "full"))
            rounds["parse"].append(_parsed(base_url, text))
            rounds["models"].append(_models(base_url, whole[:MODELS]))
            rounds["single"].append(_singles(base_url, whole[:SINGLES]))
    gc.unfreeze()
    return [
        Figure.of("batches of 500, from an event in memory to the answer", rounds["push"]),
        Figure.of("the same from a line of JSON", rounds["parse"]),
        Figure.of("the same with an outbox, durability normal, a thousand events a commit", rounds["normal"]),
        Figure.of("the same with an outbox, durability full", rounds["full"]),
        Figure.of("the official client's own models, mapped events, batches of 500", rounds["models"]),
        Figure.of("single sends", rounds["single"]),
    ]


def _batches(base_url: str, whole: list[dict[str, object]]) -> float:
    begun = time.perf_counter()
    with HubSpotDestination(CONFIG, base_url=base_url) as destination:
        for event in whole:
            destination.push(event)
    return len(whole) / (time.perf_counter() - begun)


def outbox_rate(base_url: str, whole: list[dict[str, object]], durability: Durability) -> float:
    """Return events a second from memory through the outbox to the last answer, the outbox's closing included."""
    with tempfile.TemporaryDirectory() as folder:
        outbox = OutboxSettings(f"{folder}/outbox.sqlite3", durability=durability, close_seconds=60)
        begun = time.perf_counter()
        with HubSpotDestination(CONFIG, base_url=base_url, outbox=outbox) as destination:
            for start in range(0, len(whole), 1000):
                destination.push_many(whole[start : start + 1000])
        assert destination.queued == 0
        return len(whole) / (time.perf_counter() - begun)


def _parsed(base_url: str, text: list[bytes]) -> float:
    begun = time.perf_counter()
    with HubSpotDestination(CONFIG, base_url=base_url) as destination:
        for line in text:
            destination.push(orjson.loads(line))
    return len(text) / (time.perf_counter() - begun)


def _singles(base_url: str, whole: list[dict[str, object]]) -> float:
    config = {**CONFIG, "settings": {**CONFIG["settings"], "batch": False}}
    begun = time.perf_counter()
    with HubSpotDestination(config, base_url=base_url) as destination:
        for event in whole:
            destination.push(event)
    return len(whole) / (time.perf_counter() - begun)


def _models(base_url: str, whole: list[dict[str, object]]) -> float:
    """Send what the planner made through the client as its documentation shows: a model an event."""
    planner, collector = Planner(CONFIG), CollectorView()
    occurrences = [planner.plan(event, collector, 1).occurrence or {} for event in whole]
    api = hubspot.HubSpot(access_token="pat-na1-benchmark", host=base_url).events.send.batch_api
    begun = time.perf_counter()
    for start in range(0, len(occurrences), 500):
        inputs = [
            BehavioralEventHttpCompletionRequest(
                event_name=occurrence["eventName"],
                email=occurrence["email"],
                properties=occurrence["properties"],
                occurred_at=occurrence["occurredAt"],
            )
            for occurrence in occurrences[start : start + 500]
        ]
        api.send(BatchedBehavioralEventHttpCompletionRequest(inputs=inputs))
    return len(whole) / (time.perf_counter() - begun)
