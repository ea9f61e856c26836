"""Keys, trimming, forecasts, letters and Kafka's error codes: what needs no broker."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from hubspot_dest.delivery.dispatch.throttle import RateBudget
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.kafka_client import client_options
from hubspot_dest.streams.kafka_errors import kafka_error
from hubspot_dest.streams.letters import consent_granted, letter_notes, without_notes
from hubspot_dest.streams.person_keys import PersonKeys
from hubspot_dest.streams.source import Letter
from hubspot_dest.streams.trimming import StreamFigures, Trimming, warning_of
from tests.streams.memory_source import message
from tests.streams.shop import page_view

# ---- keys


def test_keys_by_person_are_no_reason_to_warn() -> None:
    keys = PersonKeys()
    for number in range(200):
        keys.add(f"p{number % 7}".encode(), "page view", f"p{number % 7}", number % 7)
    assert keys.warning() == ""


def test_walkeros_default_key_is_recognised() -> None:
    keys = PersonKeys()
    for number in range(60):
        keys.add(b"page_view", "page view", f"p{number}", 0)
    assert "entity_action" in keys.warning()


def test_missing_keys_and_a_person_in_two_partitions_are_warned_of() -> None:
    without, moved = PersonKeys(), PersonKeys()
    for number in range(60):
        without.add(None, "page view", f"p{number}", 0)
        moved.add(b"k%d" % number, "page view", "p", number % 2)
    assert "have no keys" in without.warning()
    assert "several partitions" in moved.warning()


# ---- trimming

QUIET = StreamFigures(1000, "1-0", "900-0", 100, None, None, "901-0")


def test_a_stream_with_room_is_no_reason_to_warn() -> None:
    watch = Trimming("s", 1000).observe(QUIET)
    assert warning_of(watch, 1000) == ""
    assert watch.lost == 0


def test_a_stream_that_fills_up_is_told_of_before_anything_is_lost() -> None:
    watch = Trimming("s", 1000).observe(replace(QUIET, unread=850))
    assert watch.lost == 0
    assert "850 of 1,000 entries of s are unread" in warning_of(watch, 1000)
    assert "150 more" in warning_of(watch, 1000)


def test_without_maxlen_it_is_said_that_trimming_cannot_be_seen() -> None:
    watch = Trimming("s", None).observe(replace(QUIET, unread=950))
    assert "maxlen=N" in warning_of(watch, None)


def test_before_redis_7_a_loss_is_seen_by_the_entry_that_should_have_come_next() -> None:
    trimming = Trimming("s", None)
    trimming.observe(QUIET)
    watch = trimming.observe(replace(QUIET, first="950-0", next_unread="950-0"))
    assert (watch.lost, watch.exact, watch.trimmed) == (1, False, True)


def test_what_was_read_before_it_was_trimmed_is_no_loss() -> None:
    trimming = Trimming("s", None)
    trimming.observe(QUIET)
    watch = trimming.observe(replace(QUIET, first="950-0", last_delivered="960-0", next_unread="961-0"))
    assert watch.lost == 0


def test_redis_7_counts_the_lost_exactly_and_once() -> None:
    trimming = Trimming("s", None)
    figures = replace(QUIET, added=5000, read=3900)
    assert trimming.observe(figures).lost == 100
    assert trimming.observe(figures).lost == 100
    read_on = replace(figures, first="950-0", last_delivered="1900-0", next_unread=None, read=4900)
    assert trimming.observe(read_on).lost == 100
    again = replace(figures, added=6000, length=500, first="2500-0", last_delivered="1900-0", read=4900)
    assert trimming.observe(replace(again, next_unread="2500-0")).lost == 600


def test_the_next_worker_tells_of_no_loss_twice() -> None:
    figures = replace(QUIET, added=5000, read=3900)
    first = Trimming("s", None)
    first.observe(figures)
    assert Trimming("s", None, first.next_unread, first.gone).observe(figures).lost == 0


# ---- limits


def test_workers_share_the_contact_limit_by_their_partitions() -> None:
    whole, quarter = RateBudget(), RateBudget()
    quarter.share(0.25)
    taken = [0, 0]
    for number, budget in enumerate((whole, quarter)):
        now = 0.0
        while now < 10:
            if budget.delay("contacts", now) <= 0:
                budget.take("contacts", now)
                taken[number] += 1
            now += 0.01
    assert taken[1] <= taken[0] / 4 + 1
    assert quarter.delay("events", 0.0) == 0.0


# ---- letters


def test_a_letter_says_why_and_keeps_what_was_with_the_message() -> None:
    letter = Letter(message(page_view(1), 7), False, "refused", "400 no", {"status": "400", "what": "event"})
    notes, others = without_notes([("content-type", b"application/json"), *letter_notes(letter, 0.0)])
    assert others == [("content-type", b"application/json")]
    assert notes["from"] == "events/0@7"
    assert (notes["reason"], notes["error"], notes["status"]) == ("refused", "400 no", "400")
    assert notes["at"] == "1970-01-01T00:00:00.000Z"


def test_released_consent_never_overrules_what_the_event_itself_refuses() -> None:
    event = json.dumps({"name": "a b", "consent": {"marketing": False}}).encode()
    granted = json.loads(consent_granted(event, {"marketing": True, "statistics": True}) or b"")
    assert granted["consent"] == {"marketing": False, "statistics": True}
    assert consent_granted(b"no json", {"marketing": True}) == b"no json"


# ---- Kafka's errors


@dataclass
class Fault:
    code: str
    said: str = "said"

    def name(self) -> str:
        return self.code

    def str(self) -> str:
        return self.said


@pytest.mark.parametrize(
    ("code", "said", "kind", "heals", "words"),
    [
        ("_ALL_BROKERS_DOWN", "1/1 brokers are down", "unreachable", True, "cannot be reached"),
        ("_TRANSPORT", "Connection refused", "unreachable", True, "cannot be reached"),
        ("_RESOLVE", "Name or service not known", "unreachable", True, "cannot be reached"),
        ("_AUTHENTICATION", "SASL authentication error", "authentication", False, "rejects the credentials"),
        ("SASL_AUTHENTICATION_FAILED", "", "authentication", False, "rejects the credentials"),
        ("_SSL", "ssl handshake failed", "authentication", False, "TLS failed"),
        ("_TRANSPORT", "SSL handshake failed: certificate verify", "authentication", False, "TLS failed"),
        ("TOPIC_AUTHORIZATION_FAILED", "", "authorization", False, "no permissions on the topic"),
        ("GROUP_AUTHORIZATION_FAILED", "", "authorization", False, "no permissions on the group"),
        ("UNKNOWN_TOPIC_OR_PART", "", "no_topic", True, "has no topic walkeros"),
        ("MSG_SIZE_TOO_LARGE", "", "too_large", False, "of that size"),
        ("_INVALID_ARG", "No such property", "configuration", False, "rejects its options"),
        ("COORDINATOR_LOAD_IN_PROGRESS", "loading", "unsupported", True, "COORDINATOR_LOAD_IN_PROGRESS"),
    ],
)
def test_every_error_of_kafka_is_one_sentence(
    code: str, said: str, kind: str, heals: bool, words: str
) -> None:
    error = kafka_error(Fault(code, said), "broker:9092", "reading", "walkeros")
    assert (error.kind, error.heals) == (kind, heals)
    assert words in error.sentence
    assert "broker:9092" in error.sentence or kind == "configuration"


@pytest.mark.parametrize("name", ["enable.auto.commit", "group.id", "bootstrap.servers", "acks"])
def test_options_that_would_lose_events_cannot_be_changed(name: str) -> None:
    address = read_address("kafka://h/t?group=g", [f"{name}=x"], {})
    with pytest.raises(StreamError, match="cannot be changed"):
        client_options(address)


def test_credentials_ask_for_tls_unless_the_user_says_otherwise() -> None:
    environment = {"KAFKA_USERNAME": "me", "KAFKA_PASSWORD": "hidden"}
    options = client_options(read_address("kafka://h/t?group=g", environment=environment))
    assert options["security.protocol"] == "SASL_SSL"
    plain = read_address("kafka://h/t?group=g", ["security.protocol=SASL_PLAINTEXT"], environment)
    assert client_options(plain)["security.protocol"] == "SASL_PLAINTEXT"
