"""Record the requests of a configuration: real sender, official client, simulated HubSpot."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from hubspot_dest._version import __version__
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import HubSpotClient, Pool
from hubspot_dest.delivery.dispatch.retry import RetryPolicy
from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.masking.secret import Secret
from hubspot_dest.outcome import Outcome
from simulator.cassettes.cassette import FORMAT, Cassette, Meanwhile, Meta
from simulator.cassettes.recorder import TrafficRecorder
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from simulator.hubspot.state.portal import portal_of

__all__ = [
    "CLOCK_MS",
    "TOKEN",
    "RecordingSetup",
    "digest_of",
    "meta_of",
    "play",
    "record",
    "running_hubspot",
    "without_token",
]

CLOCK_MS: Final = 1_767_225_600_000  # 2026-01-01T00:00:00Z, in every recording and replay
TOKEN: Final = "pat-na1-cassette"  # noqa: S105 - opens nothing
SIMULATOR: Final = f"the simulator of hubspot-dest {__version__}; never the real HubSpot"
# Retries happen at once: a recording must not wait.
_IMPATIENT: Final = RetryPolicy(
    base_seconds=0.001, cap_seconds=0.01, locked_seconds=0.001, ten_seconds=0.001, paused_seconds=0.01
)
_PATIENCE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class RecordingSetup:
    """The simulated HubSpot of a recording: initial contents, switches, faults, and concurrent changes."""

    account: dict[str, Any] = field(default_factory=dict)
    switches: dict[str, Any] = field(default_factory=dict)
    faults: Sequence[str] = ()
    meanwhile: Meanwhile | None = None
    outbox: bool = False
    seed: int = 1

    @classmethod
    def of(cls, meta: Meta) -> RecordingSetup:
        """Return the setup of a recorded cassette."""
        return cls(
            meta.account, meta.switches, meta.faults, meta.meanwhile, outbox=meta.outbox, seed=meta.seed
        )


def record(
    config: dict[str, Any],
    events: Iterable[dict[str, Any]],
    setup: RecordingSetup | None = None,
    *,
    about: str = "",
) -> Cassette:
    """Send events and record every interaction, without scrubbing.

    Raises:
        ConfigError: where the configuration cannot work.
        ValueError: where the setup, its switches or its faults are invalid.

    """
    setup, sent = setup or RecordingSetup(), list(events)
    with running_hubspot(config, setup) as (hubspot, notify):
        recorder = TrafficRecorder(notify)
        play(config, sent, hubspot.base_url, recorder, outbox=setup.outbox)
    meta = meta_of(config, sent, about=about)
    update: dict[str, Any] = {
        "account": setup.account,
        "switches": setup.switches,
        "faults": list(setup.faults),
        "meanwhile": setup.meanwhile,
        "outbox": setup.outbox,
        "seed": setup.seed,
    }
    return Cassette(meta.model_copy(update=update), tuple(recorder.interactions))


@contextmanager
def running_hubspot(
    config: dict[str, Any], setup: RecordingSetup
) -> Iterator[tuple[FakeHubSpot, Callable[[int], None]]]:
    """Start a simulated HubSpot with the configuration's portal and the given setup.

    Yields:
        the server, and a function that takes the number of answered requests and makes the other writer's changes.

    Raises:
        ValueError: where the setup, its switches or its faults are invalid.

    """
    service = HubSpot(
        token=TOKEN,
        portal_id=portal_of(config),
        switches=Behaviours.from_mapping(setup.switches),
        seed=setup.seed,
    )
    with FakeHubSpot(service, token=TOKEN, faults=setup.faults) as hubspot:
        service.seed(hubspot.account, setup.account)
        yield hubspot, _other_writer(service, hubspot, setup.meanwhile)


def meta_of(
    config: dict[str, Any], events: Sequence[dict[str, Any]], *, about: str, against: str = SIMULATOR
) -> Meta:
    """Return the metadata of a recording made today by this version."""
    plain = without_token(config)
    return Meta(
        format=FORMAT,
        about=about,
        sender=__version__,
        against=against,
        recorded=datetime.now(UTC).date().isoformat(),
        config=plain,
        digest=digest_of(plain),
        events=list(events),
        clock_ms=CLOCK_MS,
    )


def play(
    config: dict[str, Any],
    events: Iterable[dict[str, Any]],
    base_url: str,
    wrap: Around,
    *,
    outbox: bool = False,
    clock_ms: int = CLOCK_MS,
    live: Config | None = None,
) -> list[Outcome]:
    """Send events with the real sender, through connection pools wrapped by `wrap`.

    Args:
        config: the destination's configuration.
        events: the events, in the order to send them.
        base_url: HubSpot's base URL; a closed port for a replay.
        wrap: the recorder or player.
        outbox: send through an outbox with one connection, so that the order is reproducible.
        clock_ms: the timestamp of events without one, in milliseconds since 1970.
        live: the loaded configuration with token and connection, for a real portal.

    """

    def client(secret: Secret) -> HubSpotClient:
        if live is not None:
            seconds = live.timeout_ms / 1000
            return HubSpotClient(
                secret, timeout_seconds=seconds, connection=live.connection, around=wrap.around
            )
        return HubSpotClient(secret, base_url=base_url, timeout_seconds=5.0, around=wrap.around)

    numbers = itertools.count(1)
    with tempfile.TemporaryDirectory() as folder:
        durable = OutboxSettings(
            Path(folder) / "outbox", durability="normal", connections=1, flush_seconds=0.0, policy=_IMPATIENT
        )
        destination = HubSpotDestination(
            live or Config.strict(copy.deepcopy(config), token=TOKEN),
            client_factory=client,
            now_ms=lambda: clock_ms,
            new_id=lambda: f"{next(numbers):016x}",
            outbox=durable if outbox else None,
        )
        outcomes: list[Outcome] = []
        for event in events:
            outcomes.append(destination.push(copy.deepcopy(event)))
            if outbox:  # one request at a time: the order of concurrent requests is not reproducible
                outcomes += destination.flush(deadline=_PATIENCE_SECONDS)
        return outcomes + destination.close()


def _other_writer(
    service: HubSpot, hubspot: FakeHubSpot, meanwhile: Meanwhile | None
) -> Callable[[int], None]:
    """Return a function that takes the number of answered requests and makes the other writer's changes."""

    def notify(count: int) -> None:
        if meanwhile is not None and count == meanwhile.after:
            service.seed(hubspot.account, meanwhile.account)

    return notify


class Around(Protocol):
    """Wraps a client's connection pools, as `TrafficRecorder` and `CassettePlayer` do."""

    def around(self, pool: Pool) -> Pool:
        """Return the pool to use instead of `pool`."""


def digest_of(config: dict[str, Any]) -> str:
    """Return the SHA-256 of a configuration."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def without_token(config: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a configuration without its token."""
    plain = copy.deepcopy(config)
    settings = plain.get("settings")
    if isinstance(settings, dict):
        settings.pop("accessToken", None)
    plain.pop("env", None)
    return plain
