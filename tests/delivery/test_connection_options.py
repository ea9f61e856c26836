"""Reaching HubSpot by every way that a company has: dated paths, a proxy, certificates of its own."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from hubspot_dest.config.connection import Connection
from hubspot_dest.delivery.client.client import HubSpotClient
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.destination import HubSpotDestination
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.http.certificate import temporary_certificate
from tests.delivery.proxying import forward_proxy

OCCURRENCE = {
    "eventName": "pe12345678_page_view",
    "occurredAt": "2026-01-02T03:04:05.678Z",
    "properties": {},
    "email": "ada@example.org",
}
SEED = {"definitions": [{"name": "pe12345678_page_view"}]}


def seeded(hubspot: FakeHubSpot) -> FakeHubSpot:
    hubspot.service.seed(hubspot.account, SEED)
    return hubspot


def client(hubspot: FakeHubSpot, **connection: object) -> HubSpotClient:
    made = Connection(hubspot.base_url, **connection)  # type: ignore[arg-type]
    return HubSpotClient(SecretStr(hubspot.token), connection=made, timeout_seconds=5)


@pytest.mark.parametrize(
    "version", ["v3", "2025-09", "2026-03", "2026-09", "events/2026-09", "events/custom/2026-03"]
)
def test_every_version_of_the_api_takes_events_and_contacts(version: str) -> None:
    with FakeHubSpot() as hubspot:
        speaker = client(seeded(hubspot), api_version=version)
        speaker.send(OCCURRENCE)
        speaker.send_batch([OCCURRENCE])
        speaker.create_contact({"email": "grace@example.org"})
        speaker.update_contact("grace@example.org", {"firstname": "Grace"}, "email")
        paths = [entry.target.decode() for entry in hubspot.journal.entries()]
        assert len(hubspot.account.occurrences) == 2
        assert [contact.properties["firstname"] for contact in hubspot.account.contacts()] == ["Grace"]
    dated = version.rpartition("/")[2]
    assert all(dated in path for path in paths), paths


def test_a_configuration_says_the_version_and_the_address_and_stays_one_that_walkeros_takes() -> None:
    with FakeHubSpot() as hubspot:
        seeded(hubspot)
        settings = {
            "accessToken": hubspot.token,
            "eventNamePrefix": "pe12345678_",
            "baseUrl": hubspot.base_url,
            "apiVersion": "2026-03",
        }
        with HubSpotDestination({"settings": settings}) as destination:
            outcome = destination.push({"name": "page view", "user": {"email": "ada@example.org"}})
        assert outcome.kind == "sent", outcome.sentence
        assert hubspot.journal.entries()[-1].target.decode() == "/events/2026-03/send"


def test_events_go_through_the_proxy_when_there_is_one() -> None:
    with FakeHubSpot() as hubspot, forward_proxy() as proxy:
        client(seeded(hubspot), proxy=SecretStr(proxy.url)).send(OCCURRENCE)
        assert len(hubspot.account.occurrences) == 1
    assert proxy.asked == [f"POST {hubspot.base_url}/events/v3/send HTTP/1.1"]


def test_a_proxy_that_wants_a_password_gets_it_and_a_wrong_one_is_named_but_not_shown() -> None:
    with FakeHubSpot() as hubspot, forward_proxy("me:s3cret/word") as proxy:
        seeded(hubspot)
        right = proxy.url.replace("http://", "http://me:s3cret%2Fword@")
        client(hubspot, proxy=SecretStr(right)).send(OCCURRENCE)
        wrong = proxy.url.replace("http://", "http://me:wr0ng-w0rd@")
        with pytest.raises(DeliveryError) as caught:
            client(hubspot, proxy=SecretStr(wrong)).send(OCCURRENCE)
    assert caught.value.status == 407
    assert "wr0ng" not in caught.value.describe() + repr(client(hubspot, proxy=SecretStr(wrong)))


def test_a_proxy_that_is_not_there_is_told_from_a_hubspot_that_is_not_there() -> None:
    with FakeHubSpot() as hubspot, forward_proxy() as gone:
        pass
    with pytest.raises(DeliveryError, match=r"no proxy listens at 127\.0\.0\.1") as caught:
        client(hubspot, proxy=SecretStr(gone.url)).send(OCCURRENCE)
    assert caught.value.kind == "unreachable"


def test_a_certificate_of_ones_own_is_trusted_only_with_its_ca_bundle() -> None:
    with (
        temporary_certificate("127.0.0.1") as made,
        FakeHubSpot(tls=(made.chain, made.key)) as hubspot,
        forward_proxy("me:secret") as proxy,
    ):
        seeded(hubspot)
        with pytest.raises(DeliveryError, match=r"TLS with .* failed"):
            client(hubspot).send(OCCURRENCE)
        client(hubspot, ca_bundle=made.authority).send(OCCURRENCE)
        via = SecretStr(proxy.url.replace("http://", "http://me:secret@"))
        client(hubspot, ca_bundle=made.authority, proxy=via).send(OCCURRENCE)
        assert len(hubspot.account.occurrences) == 2
        with pytest.raises(DeliveryError, match="refused the connection: 407"):
            client(hubspot, ca_bundle=made.authority, proxy=SecretStr(proxy.url)).send(OCCURRENCE)
    assert {line.split()[0] for line in proxy.asked} == {"CONNECT"}
