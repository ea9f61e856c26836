"""Each fault as the official client meets it."""

from __future__ import annotations

import time
from typing import Any

import pytest
import urllib3
from hubspot import HubSpot

from simulator.hubspot.fake import FakeHubSpot
from simulator.hubspot.faults.syntax import parse_fault

EVENT = {"eventName": "pe12345678_purchase", "email": "jo@example.com", "properties": {}, "uuid": "1"}


def send(fake: FakeHubSpot, event: dict[str, Any] = EVENT, timeout: float = 5) -> Any:
    client = HubSpot(access_token=fake.token, host=fake.base_url, retry=False)
    return client.events.send.basic_api.send(event, _request_timeout=timeout)


def read(fake: FakeHubSpot) -> Any:
    client = HubSpot(access_token=fake.token, host=fake.base_url, retry=False)
    return client.crm.contacts.basic_api.get_by_id("1", _request_timeout=5)


def set_fault(fake: FakeHubSpot, spec: str) -> None:
    fake.faults.add(parse_fault(spec), now=fake.clock())


@pytest.mark.parametrize("status", [401, 403, 423, 429, 477, 500, 502, 503, 504])
def test_a_status_fault_reaches_the_sender_as_its_exception_and_stores_nothing(
    fake: FakeHubSpot, service: Any, status: int
) -> None:
    set_fault(fake, str(status))
    with pytest.raises(Exception) as caught:  # noqa: PT011 -- every sub-package has its own class tree
        send(fake)
    assert caught.value.status == status  # type: ignore[attr-defined]
    assert ("<html>" in caught.value.body) == (status in (502, 503, 504))  # type: ignore[attr-defined]
    assert not service.requests


@pytest.mark.parametrize("policy", ["TEN_SECONDLY_ROLLING", "DAILY", "SECONDLY"])
def test_a_429_names_its_policy_and_waits_only_where_told(fake: FakeHubSpot, policy: str) -> None:
    set_fault(fake, f"429:policy={policy},nth=1,retry-after=7")
    set_fault(fake, f"429:policy={policy}")
    for expected in ("7", None):
        with pytest.raises(Exception, match=policy) as caught:
            send(fake)
        assert caught.value.headers.get("Retry-After") == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("spec", "stored"), [("close-before", 0), ("close-during", 0), ("lost", 1), ("truncated", 1)]
)
def test_a_cut_connection_raises_and_stores_only_what_was_processed(
    fake: FakeHubSpot, service: Any, spec: str, stored: int
) -> None:
    set_fault(fake, f"{spec}:count=1")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        send(fake)
    assert len(service.requests) == stored
    send(fake)
    assert len(service.requests) == stored + 1


def test_a_body_cut_in_half_raises_instead_of_giving_half_a_contact(fake: FakeHubSpot) -> None:
    set_fault(fake, "truncated")
    with pytest.raises(urllib3.exceptions.ProtocolError, match="IncompleteRead"):
        read(fake)


def test_a_body_that_is_not_utf8_escapes_as_unicode_error(fake: FakeHubSpot) -> None:
    set_fault(fake, "not-utf8")
    with pytest.raises(UnicodeDecodeError):
        send(fake)


def test_an_empty_200_gives_an_object_without_content(fake: FakeHubSpot) -> None:
    set_fault(fake, "empty-200")
    assert not getattr(read(fake), "id", None)


def test_a_wrong_content_type_is_seen_by_the_sender(fake: FakeHubSpot) -> None:
    set_fault(fake, "wrong-content-type")
    client = HubSpot(access_token=fake.token, host=fake.base_url, retry=False)
    _, status, headers = client.crm.contacts.basic_api.get_by_id_with_http_info("1")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=iso-8859-1")


@pytest.mark.parametrize("spec", ["latency:delay=60s", "trickle:delay=60s"])
def test_a_slow_answer_hits_the_senders_own_timeout(fake: FakeHubSpot, spec: str) -> None:
    set_fault(fake, spec)
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        send(fake, timeout=0.2)


def test_a_trickle_arrives_whole(fake: FakeHubSpot) -> None:
    set_fault(fake, "trickle:delay=1ms")
    assert read(fake).id == "1"


def test_latency_delays_at_least_as_long_as_told(fake: FakeHubSpot) -> None:
    set_fault(fake, "latency:delay=50ms,jitter=20ms")
    started = time.monotonic()
    send(fake)
    assert time.monotonic() - started >= 0.05


def test_magic_addresses_strike_without_any_set_up_in_body_and_in_path(
    fake: FakeHubSpot, service: Any
) -> None:
    with pytest.raises(Exception, match="429"):
        send(fake, {**EVENT, "email": "jo+429@example.com"})
    client = HubSpot(access_token=fake.token, host=fake.base_url, retry=False)
    with pytest.raises(Exception, match="503"):
        client.crm.contacts.basic_api.get_by_id("jo+503@example.com", id_property="email")
    assert not service.requests
    with pytest.raises(urllib3.exceptions.ProtocolError):
        send(fake, {**EVENT, "email": "jo+lost@example.com"})
    assert len(service.requests) == 1
