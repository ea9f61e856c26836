"""The real sender, wired to the HubSpot on this machine, with a note of every call."""

from __future__ import annotations

import logging
from typing import Any

from pydantic import SecretStr

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import Client, HubSpotClient
from hubspot_dest.delivery.client.recording_client import RecordingClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.outcome import Outcome
from simulator.engine.rows import Exchange
from simulator.engine.sources.bad_input import said_of
from simulator.hubspot.fake import FakeHubSpot

__all__ = ["Sender"]

_WAITING = 64  # events that the destination may hold for consent; the engine's rows hold the rest


class Sender:
    """One `HubSpotDestination` and the client that it calls; for one thread.

    Args:
        config: what to map and how.
        hubspot: a running HubSpot.
        parity: do what walkerOS does.
        walkeros: the version of walkerOS that is meant.

    """

    def __init__(self, config: Config, hubspot: FakeHubSpot, *, parity: bool, walkeros: str = "4.4") -> None:
        self._client: RecordingClient | None = None
        quiet = logging.Logger("engine", logging.CRITICAL)
        quiet.addHandler(logging.NullHandler())

        def factory(token: SecretStr) -> Client:
            real = HubSpotClient(
                token, base_url=hubspot.base_url, timeout_seconds=min(10.0, config.timeout_ms / 1000)
            )
            self._client = RecordingClient(real, clock=hubspot.clock)
            return self._client

        self._destination = HubSpotDestination(
            config, parity=parity, walkeros=walkeros, client_factory=factory, traced=True, logger=quiet
        )

    @property
    def queued(self) -> int:
        """How many occurrences wait for their batch."""
        return self._destination.queued

    def push(self, event: Any) -> Outcome:
        """Take one event as far as it goes. What the sender should not raise, but does, is a failed event."""
        if (wrong := said_of(event)) is not None:
            return Outcome("failed", "bad_input", wrong, "(no event)")
        try:
            return self._destination.push(event)
        except Exception as error:  # a stream must not end because one event found a bug
            name = event.get("name") if isinstance(event, dict) else ""
            sentence = f"the sender has a bug: {type(error).__name__}: {error}"
            return Outcome("failed", "sender_bug", sentence, name if isinstance(name, str) else "")

    def flush(self) -> list[Outcome]:
        """Send what waits in the batch."""
        return self._destination.flush()

    def close(self) -> list[Outcome]:
        """Flush for the last time."""
        return self._destination.close()

    def drain(self) -> list[Exchange]:
        """Return the calls since the last time."""
        recorded = self._client.drain() if self._client is not None else []
        return [
            Exchange(
                call.call[0],
                call.started,
                call.ended,
                call.status,
                call.size,
                "" if call.error is None else call.error.describe(),
            )
            for call in recorded
        ]

    def let_go(self) -> None:
        """Let the destination forget events that wait for consent: a stream has many visitors, each with their own.

        The destination is one collector, whose consent is for everybody. Here a person's consent releases that
        person's events, so the engine keeps them, as rows.
        """
        if self._destination.waiting >= _WAITING:
            self._destination.run()
