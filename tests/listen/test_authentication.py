"""Who may send: a secret or a signature, and no more than the address may."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from hubspot_dest.listen.address_rate import AddressRate
from hubspot_dest.listen.authentication import AuthenticationError, BearerSecret, RequestSignature

KEY = "a key of the sender"
BODY = b'{"name":"page view"}'


def signed(moment: str, content: bytes = BODY, key: str = KEY) -> dict[bytes, bytes]:
    digest = hmac.new(key.encode(), moment.encode() + b"." + content, hashlib.sha256).hexdigest()
    return {b"x-signature-256": f"t={moment},v1={digest}".encode()}


@pytest.mark.parametrize(
    "header", [b"Bearer s3cret", b"bearer s3cret", b" Bearer  s3cret "], ids=["plain", "lower case", "spaces"]
)
def test_whoever_knows_the_secret_may_send(header: bytes) -> None:
    BearerSecret("s3cret").require({b"authorization": header})


@pytest.mark.parametrize(
    "header",
    [b"", b"Bearer", b"Bearer ", b"Bearer s3cre", b"Bearer s3cret!", b"Basic s3cret", b"s3cret", b"\xff"],
)
def test_whoever_does_not_know_the_secret_may_not(header: bytes) -> None:
    with pytest.raises(AuthenticationError, match="missing or wrong"):
        BearerSecret("s3cret").require({b"authorization": header} if header else {})


def test_no_secret_shows_in_a_repr() -> None:
    assert "s3cret" not in repr(BearerSecret("s3cret")) + repr(RequestSignature("s3cret"))


@pytest.mark.parametrize("moment", ["1000", "1000.5", "701", "1299.999"])
def test_a_signature_of_about_now_is_right_once(moment: str) -> None:
    signatures = RequestSignature(KEY, now=lambda: 1000.0)
    headers = signed(moment)
    signatures.check_time(headers)
    signatures.claim(headers, BODY)
    with pytest.raises(AuthenticationError, match="was used before"):
        signatures.claim(headers, BODY)


def test_a_request_that_was_not_accepted_may_come_again_as_it_is() -> None:
    signatures = RequestSignature(KEY, now=lambda: 1000.0)
    signatures.release(signatures.claim(signed("1000"), BODY))
    signatures.claim(signed("1000"), BODY)


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({}, "a signature is missing"),
        ({b"x-signature-256": b"sha256=00"}, "does not have the form"),
        ({b"x-signature-256": b"t=1000,v1=zz"}, "does not have the form"),
        (
            {b"x-signature-256": signed("1000")[b"x-signature-256"].replace(b"1000", b"\xd9\xa1")},
            "does not have the form",
        ),
        (signed("699"), "300 seconds off"),
        (signed("1301"), "300 seconds off"),
        (signed("999999999999"), "300 seconds off"),
        (signed("1000", key="another key"), "does not match"),
        (signed("1000", BODY + b" "), "does not match"),
        ({b"x-signature-256": signed("1000")[b"x-signature-256"].replace(b"t=1000", b"t=1001")}, "does not match"),
        ({b"x-signature-256": signed("1000")[b"x-signature-256"].replace(b"t=1000", b"t=1000.0")}, "does not match"),
    ],
    ids=["none", "GitHub's form", "no digits", "other digits", "old", "future", "far future", "other key",
         "other body", "other time", "same time in other words"],
)  # fmt: skip
def test_any_other_signature_is_refused_with_the_reason(headers: dict[bytes, bytes], says: str) -> None:
    signatures = RequestSignature(KEY, now=lambda: 1000.0)

    def check() -> None:
        signatures.check_time(headers)
        signatures.claim(headers, BODY)

    with pytest.raises(AuthenticationError, match=says):
        check()


def test_a_used_signature_is_kept_as_long_as_it_could_come_again_and_no_longer() -> None:
    now = [1000.0]
    signatures = RequestSignature(KEY, now=lambda: now[0])
    signatures.claim(signed("1299"), BODY)
    now[0] = 1598.0
    with pytest.raises(AuthenticationError, match="was used before"):
        signatures.claim(signed("1299"), BODY)
    now[0] = 1601.0
    signatures.claim(signed("1601"), BODY)
    assert len(signatures._used) == len(signatures._expiry) == 1


# ---- requests per address


def test_an_address_may_send_its_rate_and_then_waits_for_the_next() -> None:
    now = [0.0]
    rate = AddressRate(2.0, clock=lambda: now[0])
    assert [rate.wait("192.0.2.1") for _ in range(2)] == [0.0, 0.0]
    assert rate.wait("192.0.2.1") == pytest.approx(0.5)
    assert rate.wait("192.0.2.2") == 0.0
    now[0] = 0.5
    assert rate.wait("192.0.2.1") == 0.0
    allowed = 0
    for _ in range(100):
        now[0] += 0.1
        allowed += rate.wait("192.0.2.1") == 0.0
    assert allowed in (19, 20)  # ten seconds


def test_a_rate_below_one_a_second_lets_the_first_request_pass() -> None:
    rate = AddressRate(0.1, clock=lambda: 0.0)
    assert rate.wait("a") == 0.0
    assert rate.wait("a") == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_an_ipv6_network_of_64_bits_is_one_address(text: str, other: str, same: bool) -> None:
    rate = AddressRate(1.0, clock=lambda: 0.0)
    rate.wait(text)
    assert (rate.wait(other) > 0) is same


def test_the_addresses_that_are_remembered_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_dest.listen.address_rate._MAX_ADDRESSES", 10)
    rate = AddressRate(1.0, clock=lambda: 0.0)
    for number in range(1000):
        rate.wait(f"192.0.2.{number}")
    assert len(rate._buckets) == 10
