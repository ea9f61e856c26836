"""From a configuration to the collaborators of one destination. Everything that can be chosen is chosen here."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.batch_queue import BatchQueue
from hubspot_dest.delivery.client.client import Client, ClientFactory, ClientProvider, official_clients
from hubspot_dest.delivery.contact_cache import LastContact, ManyContacts
from hubspot_dest.delivery.contact_upsert import update_only, update_or_create
from hubspot_dest.delivery.direct_sink import DirectSink
from hubspot_dest.delivery.settings import OutboxSettings, StreamSettings
from hubspot_dest.delivery.sink import Sink
from hubspot_dest.events.collector import Collector
from hubspot_dest.events.consent_queue import (
    ConsentGate,
    ConsentQueue,
    MemoryConsentQueue,
    StatelessConsentQueue,
)
from hubspot_dest.outcome import Outcome, Reporter
from hubspot_dest.planning.planner import CollectorPlanner, Planner, paused_gc
from hubspot_dest.planning.profiles import Profile
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.judged_planner import JudgedPlanner

__all__ = ["Collaborators", "Delivering", "build", "read_config"]


@dataclass(frozen=True, slots=True)
class Delivering:
    """How plans reach HubSpot.

    Attributes:
        client: calls HubSpot; None for the factory's.
        client_factory: makes the client from the token; None for the official client's.
        base_url: another HubSpot than the configuration's.
        logger: gets every issue.
        outbox: a durable queue; None sends directly.
        stream: deliver for a worker on a stream, which keeps the events; None for no worker.
        on_outcome: is called with what becomes of events in the outbox.
        judge: finds what HubSpot will refuse; None for no judgement.
        hold_refused: send nothing that the judge calls refused.

    """

    client: Client | None
    client_factory: ClientFactory | None
    base_url: str | None
    logger: logging.Logger
    outbox: OutboxSettings | Path | str | None
    on_outcome: Callable[[Outcome], None]
    judge: Judge | None = None
    hold_refused: bool = False
    stream: StreamSettings | None = None


@dataclass(frozen=True, slots=True)
class Collaborators:
    """What a destination consists of: `push` is one call to each of the first four."""

    collector: Collector
    consent_queue: ConsentQueue
    planner: CollectorPlanner | JudgedPlanner
    sink: Sink
    reporter: Reporter


@paused_gc()
def read_config(config: dict[str, Any] | Config, profile: Profile) -> Config:
    """Return a configuration, checked as the profile wants it.

    Raises:
        ConfigError: the configuration cannot work.

    """
    if isinstance(config, Config):
        return config
    return Config.lenient(config) if profile.lazy_checks else Config.strict(config)


def build(
    config: Config, profile: Profile, collector: Collector, now_ms: Callable[[], int], how: Delivering
) -> Collaborators:
    """Return the collaborators of one destination.

    Args:
        config: the destination's configuration.
        profile: what to do where walkerOS and this sender differ.
        collector: the state around the destination.
        now_ms: the clock, in ms since 1970.
        how: how plans reach HubSpot.

    Raises:
        OutboxError: the outbox cannot be used.
        ValueError: the outbox's base URL is not an http(s) address.

    """
    compiled = Planner(config.raw, policy=profile.plan)
    planner: CollectorPlanner | JudgedPlanner = CollectorPlanner(compiled, collector.view, now_ms)
    if how.judge is not None:
        planner = JudgedPlanner(
            compiled,
            collector.view,
            now_ms,
            how.judge,
            hold_refused=how.hold_refused,
            parity=profile.contact_blocks_event,
        )
    gate = ConsentGate(config.consent, collector.view, own_refusal_counts=profile.own_refusal_counts)
    reporter = Reporter(how.logger, config.dlq_max, config.mock)
    factory = how.client_factory or official_clients(config, how.base_url)
    clients = ClientProvider(how.client, factory, config.token)
    if how.stream is not None:
        from hubspot_dest.delivery.stream_sink import StreamSink

        streaming = StreamSink(
            config=config, settings=how.stream, clients=clients, reporter=reporter, on_outcome=how.on_outcome
        )
        return Collaborators(collector, StatelessConsentQueue(gate), planner, streaming, reporter)
    if how.outbox is None:
        batch = BatchQueue(config.batch_size, chunk=config.batch_chunk, lossy=profile.lossy_batches)
        direct = DirectSink(
            clients=clients,
            contacts=LastContact() if profile.contact_memory == "last" else ManyContacts(),
            upsert=update_or_create if profile.creates_contacts else update_only,
            batch=batch if config.batch else None,
            profile=profile,
            reporter=reporter,
            name=config.id,
        )
        queue = MemoryConsentQueue(gate, config.queue_max)
        return Collaborators(collector, queue, planner, direct, reporter)
    # SQLite is loaded only if there is an outbox.
    from hubspot_dest.delivery.outbox.consent_queue import OutboxConsentQueue
    from hubspot_dest.delivery.outbox_sink import OutboxSink

    settings = how.outbox if isinstance(how.outbox, OutboxSettings) else OutboxSettings(how.outbox)
    durable = OutboxSink(
        config=config, settings=settings, clients=clients, reporter=reporter, on_outcome=how.on_outcome
    )
    # Without a limit of the user's own, as many events wait as the disk holds.
    limit = config.queue_max if config.raw.get("queueMax") is not None else None
    parked = OutboxConsentQueue(gate, limit, durable)
    return Collaborators(collector, parked, planner, durable, reporter)
