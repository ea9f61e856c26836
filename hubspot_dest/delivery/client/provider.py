"""Make the client when the first call needs it: a run that sends nothing never loads the official client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pydantic import SecretStr

from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.client import Client, HubSpotClient

__all__ = ["ClientFactory", "ClientProvider", "official_clients"]

ClientFactory = Callable[[SecretStr], Client]


def official_clients(config: Config, base_url: str | None) -> ClientFactory:
    """Return what makes the official client from a token, for another HubSpot if `base_url` is given."""

    def make(token: SecretStr) -> Client:
        configured = config.connection
        connection = configured if base_url is None else replace(configured, base_url=base_url)
        return HubSpotClient(token, timeout_seconds=config.timeout_ms / 1000, connection=connection)

    return make


class ClientProvider:
    """Provides one client: the given one, or one made from the token at first use.

    Args:
        given: a client, or None.
        factory: makes the client from the token.
        token: the private app's access token.

    """

    def __init__(self, given: Client | None, factory: ClientFactory, token: SecretStr) -> None:
        self.given = given is not None
        self._client = given
        self._factory = factory
        self._token = token

    def client(self) -> Client:
        """Return the client.

        Raises:
            ValueError: the base URL is not an http(s) address.

        """
        if self._client is None:
            self._client = self._factory(self._token)
        return self._client

    def discard(self) -> None:
        """Discard a client of our own: in a forked child a thread of the parent may hold its locks."""
        if not self.given:
            self._client = None
