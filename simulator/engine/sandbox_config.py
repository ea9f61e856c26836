"""A configuration as the engine may use it: nothing of it reaches the real HubSpot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hubspot_dest.config.model import Config
from hubspot_dest.masking.secret import MaskedText
from simulator.engine.probes import BY_HAND, HubSpotProbe
from simulator.hubspot.control.clock import SkippableClock
from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.journal.journal import Journal
from simulator.hubspot.service import DEFAULT_TOKEN
from simulator.hubspot.state import portal
from simulator.hubspot.state.behaviours import Behaviours

__all__ = ["batching", "batched_like", "batching_words", "hubspot_for", "portal_of", "sandboxed"]


def sandboxed(config: Config) -> Config:
    """Return the configuration with the fake HubSpot's token and no client of its own: nothing gets out."""
    return replace(config, token=MaskedText(DEFAULT_TOKEN), env_client=None)


def hubspot_for(
    portal_id: int, switches: Behaviours, seed: int, occurrences: int, clock: Callable[[], float]
) -> tuple[HubSpotProbe, FakeHubSpot]:
    """Return a HubSpot on this machine with one portal, not started, and its rules.

    Args:
        portal_id: the portal.
        switches: how it behaves where HubSpot's behaviour is a gap.
        seed: decides HubSpot's random choices.
        occurrences: how many occurrences it keeps.
        clock: UNIX time in seconds.

    """
    ticking = SkippableClock(clock)
    service = HubSpotProbe(
        portal_id=portal_id,
        token=DEFAULT_TOKEN,
        switches=switches,
        seed=seed,
        max_occurrences=occurrences,
        clock=ticking,
    )
    service.add_token(BY_HAND, service.accounts()[0])
    # More is not needed: the bodies of batches would take most of the memory of a long stream.
    journal = Journal(max_entries=5_000, max_bytes=16 * 1024 * 1024)
    journal.masker.learn(BY_HAND)
    return service, FakeHubSpot(service, token=DEFAULT_TOKEN, clock=ticking, journal=journal)


def portal_of(config: Config) -> int:
    """Return the portal that the configuration's event names belong to."""
    return portal.portal_of(config.raw)


def batching(config: Config) -> tuple[bool, int, int]:
    """Return how a configuration gathers events, to be compared."""
    return config.batch, config.batch_size, config.batch_chunk


def batched_like(config: Config, other: Config) -> Config:
    """Return a configuration that gathers events as another does."""
    return replace(config, batch=other.batch, batch_size=other.batch_size, batch_chunk=other.batch_chunk)


def batching_words(config: Config) -> str:
    """Return how a configuration batches events, as a phrase."""
    return f"in batches of {config.batch_size}" if config.batch else "one by one"
