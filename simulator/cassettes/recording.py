"""Record what a configuration says to HubSpot: real sender, official client, a HubSpot on this machine."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from pydantic import SecretStr

from hubspot_dest._version import __version__
from hubspot_dest.config import Config
from hubspot_dest.delivery.client import HubSpotClient, Pool
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.outcome import Outcome
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.switches import Switches

from .pools import Recorder
from .tape import Cassette, Meanwhile, Meta

__all__ = ["CLOCK_MS", "Setting", "digest_of", "play", "record", "rival", "without_token"]

CLOCK_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z, in every recording and replay
_TOKEN: Final = "pat-na1-cassette"  # noqa: S105 - opens nothing


@dataclass(frozen=True, slots=True)
class Setting:
    """What a HubSpot on this machine is before the first event: its contents, switches, faults, and what others do."""

    account: dict[str, Any] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)
    faults: Sequence[str] = ()
    meanwhile: Meanwhile | None = None


def record(
    config: dict[str, Any],
    events: Iterable[dict[str, Any]],
    setting: Setting | None = None,
    *,
    about: str = "",
) -> Cassette:
    """Send events and record every exchange; not scrubbed yet.

    Raises:
        ConfigError: where the configuration cannot work.
        ValueError: where setting, switches or faults are none.

    """
    setting, sent = setting or Setting(), list(events)
    service = HubSpot(token=_TOKEN, switches=Switches.from_mapping(setting.switches))
    with FakeHubSpot(service, token=_TOKEN, faults=setting.faults) as hubspot:
        service.seed(hubspot.account, setting.account)
        recorder = Recorder(rival(service, hubspot, setting.meanwhile))
        play(config, sent, hubspot.base_url, recorder)
    plain = without_token(config)
    meta = Meta(
        format=1,
        about=about,
        sender=__version__,
        against=f"the simulator of hubspot-dest {__version__}; never the real HubSpot",
        recorded=datetime.now(UTC).date().isoformat(),
        config=plain,
        digest=digest_of(plain),
        events=sent,
        account=setting.account,
        switches=setting.switches,
        faults=list(setting.faults),
        meanwhile=setting.meanwhile,
        clock_ms=CLOCK_MS,
    )
    return Cassette(meta, tuple(recorder.exchanges))


def play(
    config: dict[str, Any], events: Iterable[dict[str, Any]], base_url: str, wrap: Around
) -> list[Outcome]:
    """Send events with the real sender; requests go through what `wrap` puts around the client's connections."""

    def client(token: SecretStr) -> HubSpotClient:
        return HubSpotClient(token, base_url=base_url, timeout_seconds=5.0, around=wrap.around)

    numbers = itertools.count(1)
    destination = HubSpotDestination(
        Config.strict(copy.deepcopy(config), token=_TOKEN),
        client_factory=client,
        now_ms=lambda: CLOCK_MS,
        new_id=lambda: f"{next(numbers):016x}",
    )
    outcomes = [destination.push(copy.deepcopy(event)) for event in events]
    return outcomes + destination.close()


def rival(service: HubSpot, hubspot: FakeHubSpot, meanwhile: Meanwhile | None) -> Callable[[int], None]:
    """Return what, told how many requests were answered, does what somebody else did at that moment."""

    def told(count: int) -> None:
        if meanwhile is not None and count == meanwhile.after:
            service.seed(hubspot.account, meanwhile.account)

    return told


class Around(Protocol):
    """What can be put around a client's connections; `Recorder` and `TapePlayer` are such."""

    def around(self, pool: Pool) -> Pool:
        """Return what is used in place of a pool."""


def digest_of(config: dict[str, Any]) -> str:
    """Return the SHA-256 of a configuration."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def without_token(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration that may be written down."""
    plain = copy.deepcopy(config)
    settings = plain.get("settings")
    if isinstance(settings, dict):
        settings.pop("accessToken", None)
    plain.pop("env", None)
    return plain
