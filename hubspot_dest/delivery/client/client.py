"""The official client, made fast and safe: one cached API object each, plain dictionaries, timeouts, our errors.

The generated client builds a new connection pool at every access of an API, copies models field by field, has no
timeout, and raises errors of four libraries (wire facts, sections 7.3 to 7.7). All of that is handled here,
through the client's own `api_factory` hook and one subclass of its ApiClient.

Bodies are encoded once: the outbox keeps them in the form in which the client sends them, with the uuid of
the occurrence.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import orjson

from hubspot_dest._version import __version__
from hubspot_dest.config.connection import DEFAULT_BASE_URL, ApiVersion, Connection, Proxy
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.errors import DeliveryError, error_from_answer
from hubspot_dest.delivery.client.exchange import Exchange, timed_api_client
from hubspot_dest.masking.secret import Secret

__all__ = [
    "Client",
    "ClientFactory",
    "ClientProvider",
    "DEFAULT_BASE_URL",
    "HubSpotClient",
    "Pool",
    "UUID_NAMESPACE",
    "decode",
    "encode",
    "occurrence_uuid",
    "official_clients",
]

CONNECT_SECONDS = 5.0


class Client(Protocol):
    """The calls that the destination makes; each raises `DeliveryError` if HubSpot did not accept it."""

    def send(self, occurrence: dict[str, Any]) -> None:
        """Send one occurrence: `events.send.basicApi.send`."""

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Send up to 500 occurrences: `events.send.batchApi.send`."""

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Update a contact that exists: `crm.contacts.basicApi.update`."""

    def create_contact(self, properties: dict[str, str]) -> None:
        """Create a contact: `crm.contacts.basicApi.create`."""


class Pool(Protocol):
    """Sends requests as urllib3's PoolManager does. Safe to use from several threads."""

    def request(self, method: str, url: str, *, body: bytes | None, headers: Any, **options: Any) -> Any:
        """Send; the answer has `status`, `data` and `headers`."""


class HubSpotClient:
    """Calls HubSpot through the official `hubspot-api-client`. Safe to use from several threads.

    Args:
        token: the private app's access token.
        base_url: HubSpot's address; a trailing slash is removed.
        timeout_seconds: how long to wait for an answer.
        connection: HubSpot's address, the API's version, proxy and CA bundle; replaces `base_url`.
        on_exchange: is called with every request and its answer, in the thread that made it.
        around: wraps each connection pool, for example with a recorder.

    Attributes:
        on_headers: is called with the headers of every answer, unless None.

    Raises:
        ValueError: an address is not an http(s) address, the version is unknown, or the CA bundle cannot be used.

    """

    def __init__(
        self,
        token: Secret,
        *,
        base_url: str = DEFAULT_BASE_URL,
        timeout_seconds: float = 10.0,
        connection: Connection | None = None,
        around: Callable[[Pool], Pool] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        connection = connection or Connection(base_url)
        self._token = token
        self.base_url = connection.host
        self.version = connection.version
        self._proxy = connection.via
        connection.check_trust()
        self._ca_bundle = connection.ca_bundle
        self._on_exchange = on_exchange
        self._timeout = (min(CONNECT_SECONDS, timeout_seconds), timeout_seconds)
        self._apis: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._pool: Any = None
        self._around = around
        self.on_headers: Callable[[Any], None] | None = None

    def __repr__(self) -> str:
        return f"HubSpotClient(base_url={self.base_url!r}, token=****)"

    def send(self, occurrence: dict[str, Any]) -> None:
        """Send one occurrence. Raises DeliveryError."""
        _check_dates([occurrence])
        self._api("basic").send(occurrence, _preload_content=False, _request_timeout=self._timeout)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Send up to 500 occurrences at once. Raises DeliveryError."""
        _check_dates(inputs)
        self._api("batch").send({"inputs": inputs}, _preload_content=False, _request_timeout=self._timeout)

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> Any:
        """Update a contact by e-mail (`id_property="email"`) or by id. Raises DeliveryError (404: unknown contact)."""
        more = {} if id_property is None else {"id_property": id_property}
        return self._api("contacts").update(
            contact_id,
            {"properties": properties},
            _preload_content=False,
            _request_timeout=self._timeout,
            **more,
        )

    def create_contact(self, properties: dict[str, str]) -> Any:
        """Create a contact. Raises DeliveryError, 409 with `existing_id` where it exists."""
        return self._api("contacts").create(
            {"properties": properties}, _preload_content=False, _request_timeout=self._timeout
        )

    # ---- for the outbox: bodies are encoded already, and the answer is returned

    def send_encoded(self, occurrence: bytes) -> Any:
        """Send one occurrence that is JSON already; return the answer. Raises DeliveryError."""
        return self._api("basic").send(
            orjson.Fragment(occurrence), _preload_content=False, _request_timeout=self._timeout
        )

    def send_batch_encoded(self, occurrences: Sequence[bytes]) -> Any:
        """Send up to 500 occurrences that are JSON already; return the answer. Raises DeliveryError."""
        body = orjson.Fragment(b'{"inputs":[' + b",".join(occurrences) + b"]}")
        return self._api("batch").send(body, _preload_content=False, _request_timeout=self._timeout)

    def upsert_contacts(self, inputs: list[dict[str, Any]]) -> Any:
        """Create or update up to 100 contacts; return the answer, 200 or 207. Raises DeliveryError."""
        return self._api("contacts_batch").upsert(
            {"inputs": inputs}, _preload_content=False, _request_timeout=self._timeout
        )

    def read(self, path: str, query: Sequence[tuple[str, str]] = ()) -> Any:
        """Read a path, given as in v3; return the answer, its body in `data`. Raises DeliveryError."""
        return self._api("contacts").api_client.call_api(
            path,
            "GET",
            query_params=list(query),
            header_params={"Accept": "application/json"},
            auth_settings=["oauth2"],
            _preload_content=False,
            _request_timeout=self._timeout,
        )

    # ---- what an account must have before the first event: the client has no module for definitions (wire facts, 7.1)

    def create_definition(self, body: dict[str, Any]) -> Any:
        """Create an event definition. Raises DeliveryError, 409 where its name is taken."""
        return self._post("/events/v3/event-definitions", body)

    def create_definition_property(self, event_name: str, body: dict[str, Any]) -> Any:
        """Add a property to an event definition. Raises DeliveryError."""
        return self._post(f"/events/v3/event-definitions/{quote(event_name, safe='')}/property", body)

    def create_contact_property(self, body: dict[str, Any]) -> Any:
        """Create a property of contacts. Raises DeliveryError, 409 where it exists."""
        return self._post("/crm/v3/properties/contacts", body)

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self._api("contacts").api_client.call_api(
            path,
            "POST",
            header_params={"Accept": "application/json", "Content-Type": "application/json"},
            body=body,
            auth_settings=["oauth2"],
            _preload_content=False,
            _request_timeout=self._timeout,
        )

    def _api(self, name: str) -> Any:
        api = self._apis.get(name)
        if api is None or self._process != os.getpid():
            with self._lock:
                api = self._make(name)
        return api

    def _make(self, name: str) -> Any:
        if self._process != os.getpid():
            # After a fork the parent's sockets are not ours to use.
            self._apis, self._pool, self._process = {}, None, os.getpid()
        if name not in self._apis:
            import hubspot  # 0.1 s and 52 MB: imported only when something is sent

            client = hubspot.HubSpot(access_token="****", api_factory=self._factory)  # noqa: S106 - a mask
            if name == "contacts":
                self._apis[name] = client.crm.contacts.basic_api
            elif name == "contacts_batch":
                self._apis[name] = client.crm.contacts.batch_api
            else:
                send = client.events.send
                self._apis[name] = send.basic_api if name == "basic" else send.batch_api
        return self._apis[name]

    def _kept(self) -> Any:
        """Return the pool of kept connections, one for all APIs of this process."""
        if self._pool is None:
            from hubspot_dest.delivery.client.transport import KeepAlivePool  # loads urllib3

            self._pool = KeepAlivePool(self._ca_bundle)
        return self._pool

    def close(self) -> None:
        """Close idle connections; the next call opens a new one."""
        if self._pool is not None and self._process == os.getpid():
            self._pool.close()

    def _observe_headers(self, headers: Any) -> None:
        if self.on_headers is not None:
            self.on_headers(headers)

    def _factory(self, package: Any, api_name: str, config: dict[str, Any]) -> Any:  # noqa: ARG002 - the hook's shape
        configuration = package.Configuration()
        configuration.host = self.base_url
        configuration.retries = False  # only the dispatcher retries
        configuration.access_token = self._token.get_secret_value()
        configuration.ssl_ca_cert = self._ca_bundle
        if self._proxy is not None:
            configuration.proxy = self._proxy.url
            configuration.proxy_headers = _proxy_headers(self._proxy)
        plain = _api_client_class(package.ApiClient, self._observe_headers)
        if self._on_exchange is not None:
            plain = timed_api_client(plain, self._on_exchange)
        api_client = _with_paths_of(self.version, plain)(configuration=configuration)
        api_client.user_agent = f"hubspot-dest/{__version__} hubspot-api-client-python"
        if self._proxy is None:
            api_client.rest_client.pool_manager = self._kept()
        else:
            from hubspot_dest.delivery.client.transport import prepare  # loads urllib3

            prepare(api_client.rest_client.pool_manager)
        if self._around is not None:
            api_client.rest_client.pool_manager = self._around(api_client.rest_client.pool_manager)
        return getattr(package, api_name)(api_client=api_client)


def _check_dates(occurrences: list[dict[str, Any]]) -> None:
    """Refuse an invalid date, as upstream's client does when it serialises one (walkerOS 4.4, section 5.7)."""
    for occurrence in occurrences:
        if isinstance(occurrence.get("occurredAt"), dict):
            raise DeliveryError("impossible", "Invalid time value")


def _api_client_class(base: type[Any], on_headers: Callable[[Any], None]) -> type[Any]:
    """Return the package's ApiClient with our bodies and errors; `on_headers` gets the headers of answers."""
    from hubspot_dest.delivery.client.transport import exchange  # loads urllib3

    class PlainApiClient(base):  # type: ignore[misc]
        """Sends plain dictionaries as they are, encoded once, and turns every failure into DeliveryError."""

        def sanitize_for_serialization(self, obj: Any) -> Any:
            """Pass through: everything here is plain JSON data already."""
            return obj

        def request(
            self,
            method: str,
            url: str,
            query_params: Any = None,
            headers: Any = None,
            post_params: Any = None,  # noqa: ARG002 - the generated signature
            body: Any = None,
            _preload_content: bool = True,
            _request_timeout: Any = None,
        ) -> Any:
            """Send one request and return the answer if it is 2xx. Raises DeliveryError."""
            if query_params:
                url = f"{url}?{urlencode(query_params)}"
            token = self.configuration.access_token
            data = None if body is None else encode(body)
            response = exchange(
                self.rest_client.pool_manager, method, url, data, headers, _request_timeout, token
            )
            on_headers(response.headers)
            if not 200 <= response.status <= 299:
                raise error_from_answer(response.status, response.data, response.headers, token)
            return response

    return PlainApiClient


def _with_paths_of(version: ApiVersion, base: type[Any]) -> type[Any]:
    """Return an ApiClient that calls the paths of a version; the generated ones are those of v3."""
    if not version.date:
        return base

    class DatedApiClient(base):  # type: ignore[misc]
        """Calls the dated paths (HubSpot wire facts, sections 1.1 and 3)."""

        def call_api(self, resource_path: str, *args: Any, **kwargs: Any) -> Any:
            """Call an endpoint, which is given as its path in v3."""
            return super().call_api(version.path(resource_path), *args, **kwargs)

    return DatedApiClient


def _proxy_headers(proxy: Proxy) -> dict[str, str]:
    import urllib3

    login = None if proxy.login is None else proxy.login.get_secret_value()
    headers: dict[str, str] = dict(urllib3.make_headers(proxy_basic_auth=login))
    return headers


ClientFactory = Callable[[Secret], Client]


def official_clients(config: Config, base_url: str | None) -> ClientFactory:
    """Return a factory of the official client, for another HubSpot if `base_url` is given."""

    def make(token: Secret) -> Client:
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

    def __init__(self, given: Client | None, factory: ClientFactory, token: Secret) -> None:
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

    def close(self) -> None:
        """Close idle connections of a client that was made here; it can still be used."""
        if not self.given and isinstance(self._client, HubSpotClient):
            self._client.close()

    def discard(self) -> None:
        """Discard a client that was made here: in a forked child, a thread of the parent may hold its locks."""
        if not self.given:
            self._client = None


# Reproducible by others: uuid5(uuid5(NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot"), id).
UUID_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://github.com/elbwalker/walkerOS#hubspot")
_PREFIX: Final = hashlib.sha1(UUID_NAMESPACE.bytes, usedforsecurity=False)
_VARIANT: Final = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def encode(body: Any) -> bytes:
    """Return JSON bytes; text that is not valid Unicode is escaped, as JavaScript writes it.

    Raises:
        DeliveryError: of kind `impossible` if it cannot be written as JSON at all.

    """
    try:
        # A copy of the exact length, because bodies wait in memory: the bytes of orjson keep the buffer that they were
        # written in, 4 kB for a body of 300 bytes and 1 MB for 100 kB. `join` copies only if there are two parts.
        return b"".join((orjson.dumps(body), b""))
    except TypeError:
        pass
    try:
        return json.dumps(body, allow_nan=False).encode("ascii")
    except (TypeError, ValueError) as error:
        raise DeliveryError("impossible", f"it cannot be written as JSON: {error}") from None
    except RecursionError:
        raise DeliveryError("impossible", "it cannot be written as JSON: it is nested too deeply") from None


def decode(payload: bytes | None) -> Any:
    """Return the value of JSON bytes; a lone surrogate, which orjson refuses, is read as `encode` wrote it."""
    try:
        return orjson.loads(payload or b"{}")
    except orjson.JSONDecodeError:
        return json.loads(payload or b"{}")


def occurrence_uuid(event_id: Any) -> str:
    """Return the uuid of an occurrence: the uuid5 of its event id, the same at every attempt.

    HubSpot keeps the first occurrence of each uuid for a year (HubSpot wire facts, section 1.2).
    """
    digest = _PREFIX.copy()  # cheaper than a new one
    digest.update(str(event_id).encode("utf-8", "surrogatepass"))
    text = digest.hexdigest()
    # Version 5 and the RFC's variant, as uuid.uuid5 sets them.
    return f"{text[:8]}-{text[8:12]}-5{text[13:16]}-{_VARIANT[text[16]]}{text[17:20]}-{text[20:32]}"
