"""Record from a real portal, with a count of the planned writes to confirm first.

`compare` measures the simulator against such a recording.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.doctor.portal import Account, read_account
from simulator.cassettes.cassette import Cassette, Interaction
from simulator.cassettes.recorder import TrafficRecorder
from simulator.cassettes.session import meta_of, play

__all__ = ["Amount", "amount_of", "portal_of", "record_live"]


@dataclass(frozen=True, slots=True)
class Amount:
    """The number of writes that a recording will make."""

    events: int
    contacts: int


class _Counting(NullClient):
    """A client that counts calls instead of sending them."""

    def __init__(self) -> None:
        self.events = 0
        self.people: set[str] = set()

    def send(self, occurrence: dict[str, Any]) -> None:  # noqa: ARG002 - a client's shape
        """Count one occurrence."""
        self.events += 1

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Count a batch of occurrences."""
        self.events += len(inputs)

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:  # noqa: ARG002 - a client's shape
        """Count whom it is about."""
        self.people.add(contact_id.lower())

    def create_contact(self, properties: dict[str, str]) -> None:
        """Count whom it is about."""
        self.people.add(properties.get("email", "").lower())


def amount_of(config: Config, events: Sequence[dict[str, Any]]) -> Amount:
    """Count the occurrences and contacts that these events would write, without network access."""
    counting = _Counting()
    with HubSpotDestination(config, client=counting) as destination:
        for event in events:
            destination.push(copy.deepcopy(event))
    return Amount(counting.events, len(counting.people))


def portal_of(config: Config) -> Account:
    """Fetch the account that the token belongs to. Raises DeliveryError."""
    seconds = config.timeout_ms / 1000
    client = HubSpotClient(config.token, timeout_seconds=seconds, connection=config.connection)
    return read_account(client)[0]


def record_live(
    config: Config, events: Sequence[dict[str, Any]], account: Account, *, about: str = ""
) -> Cassette:
    """Send events to the configured HubSpot and record every interaction, without scrubbing.

    Args:
        config: the configuration, with the real portal's token.
        events: the events, in the order to send them.
        account: the portal, from `portal_of`.
        about: a description of the cassette.

    """
    recorder, clock_ms = TrafficRecorder(), time.time_ns() // 1_000_000
    play(config.raw, events, "", recorder, clock_ms=clock_ms, live=config)
    host = urlsplit(config.connection.base_url).hostname
    meta = meta_of(config.raw, events, about=about, against=f"portal {account.portal_id} at {host}, live")
    known = [{"email": email} for email in _known(recorder.interactions)]
    update: dict[str, Any] = {
        "live": True,
        "clock_ms": clock_ms,
        "account": {"contacts": known},
        # The portal's definitions are not recorded; a comparison creates them on first use.
        "switches": {"auto_define": True},
    }
    return Cassette(meta.model_copy(update=update), tuple(recorder.interactions))


def _known(interactions: Sequence[Interaction]) -> Iterator[str]:
    """Yield the addresses of contacts that already existed: their first update succeeded."""
    seen = set()
    for interaction in interactions:
        path, _, query = interaction.target.partition("?")
        if interaction.method != "PATCH" or "idProperty=email" not in query:
            continue
        email = unquote(path.rsplit("/", 1)[-1]).lower()
        if email not in seen and 200 <= interaction.status < 300:
            yield email
        seen.add(email)
