"""The whole way through Redis Streams, on a real redis-server; and what can go wrong with one, provoked for real."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hubspot_dest.delivery.client.client import occurrence_uuid
from hubspot_dest.planning.plan import ContactUpsert
from hubspot_dest.streams.address import read_address
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.redis_contacts import RedisContacts
from hubspot_dest.streams.redis_source import RedisSource, message_of
from hubspot_dest.streams.source import Letter, Message, Partition
from simulator.brokers.redis import RedisServer
from simulator.hubspot import FakeHubSpot
from tests.streams.cli import run_here, work, work_here, write_config
from tests.streams.shop import page_view

CONSENT = {"consent": {"marketing": True}}


class Owner:
    """Notes which streams it has."""

    def __init__(self) -> None:
        self.has: dict[str, str] = {}
        self.revoked: list[str] = []
        self.lost: list[str] = []
        self.warnings: list[str] = []

    def on_assigned(self, states: Mapping[Partition, str]) -> None:
        self.has.update({state.stream: text for state, text in states.items()})

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        self.revoked += [partition.stream for partition in partitions]
        for partition in partitions:
            self.has.pop(partition.stream)

    def on_lost(self, partitions: Sequence[Partition]) -> None:
        self.lost += [partition.stream for partition in partitions]
        for partition in partitions:
            self.has.pop(partition.stream)

    def on_warning(self, sentence: str) -> None:
        self.warnings.append(sentence)


class Member:
    """One source in a group, and its owner."""

    def __init__(self, url: str, lease: float = 1.0) -> None:
        self.owner = Owner()
        self.source = RedisSource(read_address(url, [f"lease.seconds={lease}"], {}))

    def open(self) -> Member:
        self.source.open(self.owner)
        return self

    def die(self) -> None:
        """Renew nothing any more, as a process that was killed."""
        self.source._closing.set()
        self.source._client.close()

    def beat(self) -> None:
        self.source._maintain_leases(force=True)

    def fetch_all(self, seconds: float = 3.0) -> list[Message]:
        """Fetch until something comes."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.source.fetch(100, 0.05)
            if found:
                return found
        return []


Reader = Callable[[int], Member]


@pytest.fixture
def members() -> Iterator[list[Member]]:
    made: list[Member] = []
    yield made
    for member in made:
        member.die()


def fill(server: RedisServer, stream: str, count: int, **options: Any) -> None:
    client = server.client()
    for number in range(count):
        client.xadd(stream, {"event": json.dumps(page_view(number))}, **options)


@pytest.fixture
def reader(redis_server: RedisServer, members: list[Member]) -> Reader:
    """Return what fills `events` with that many events, and opens the group's first member."""

    def open_reader(count: int) -> Member:
        fill(redis_server, "events", count)
        members.append(Member(redis_server.url("events")).open())
        return members[0]

    return open_reader


def stored(hubspot: FakeHubSpot) -> list[str]:
    return [row.id for row in hubspot.account.log.rows]


def test_from_stream_to_hubspot_to_dead_and_waiting_letters_and_back(
    redis_server: RedisServer, hubspot: FakeHubSpot
) -> None:
    client = redis_server.client()
    for event in (
        page_view(1, consent={"marketing": True}),
        page_view(2),
        page_view(3, consent={"marketing": False}),
    ):
        client.xadd("events", {"event": json.dumps(event)})
    client.xadd("events", {"name": "page view", "data": "{}"})
    client.xadd("events", {"event": b"\xff\xfe\x00"})
    client.xadd("events", {"event": b'{"name":"page view","data":{"x":"' + b"x" * 10_000_000 + b'"}}'})
    url = redis_server.url("events")
    done = work_here(url, hubspot, **CONSENT)
    assert done.code == 1, done.said
    assert stored(hubspot) == [occurrence_uuid("e1")]
    wanted = {"fetched": 6, "delivered": 1, "dead": 3, "waiting": 1, "consentRefused": 1}
    assert wanted.items() <= done.result.items()
    assert client.xpending("events", "hubspot")["pending"] == 0
    assert client.xlen("events.dead") == 3
    listed = run_here("outbox", "dead", url)
    assert "serialization: json" in listed.out
    assert "UTF-16" in listed.out
    exported = [json.loads(line) for line in run_here("outbox", "export", url).out.splitlines()]
    assert {item["reason"] for item in exported} == {"flat_fields", "encoding", "too_large"}

    run_here("outbox", "release", url, "--consent", "marketing")
    run_here("outbox", "retry", url)
    assert (client.xlen("events.dead"), client.xlen("events.waiting")) == (0, 0)
    work_here(url, hubspot, **CONSENT)
    assert stored(hubspot) == [occurrence_uuid("e1"), occurrence_uuid("e2")]
    assert client.xlen("events.dead") == 3
    assert "dropped 3 dead letters" in run_here("outbox", "purge", url, "--yes").said
    assert run_here("outbox", "status", url).code == 0


# ---- leases


def test_one_worker_reads_a_stream_and_the_others_stand_by(
    redis_server: RedisServer, members: list[Member]
) -> None:
    fill(redis_server, "events", 3)
    url = redis_server.url("events")
    members += [Member(url).open(), Member(url).open()]
    active, standby = members
    assert list(active.owner.has) == ["events"]
    assert not standby.owner.has
    assert standby.source.fetch(10, 0.05) == []
    assert len(active.fetch_all()) == 3


def test_a_standby_takes_over_what_a_dead_worker_left(
    redis_server: RedisServer, members: list[Member]
) -> None:
    fill(redis_server, "events", 3)
    url = redis_server.url("events")
    members += [Member(url, 0.3).open(), Member(url, 0.3).open()]
    dead, standby = members
    left = dead.fetch_all()
    assert len(left) == 3
    dead.die()
    fill(redis_server, "events", 1)
    found = standby.fetch_all()  # nothing renews the other's lease
    # What was left comes before anything new.
    assert [message.position for message in found] == [message.position for message in left]
    assert [message.deliveries for message in found] == [2, 2, 2]
    standby.source.commit(found, {})
    assert len(standby.fetch_all()) == 1


def test_a_worker_that_leaves_hands_its_stream_over_at_once(
    redis_server: RedisServer, members: list[Member]
) -> None:
    fill(redis_server, "events", 3)
    url = redis_server.url("events")
    members += [Member(url, 60).open(), Member(url, 60).open()]
    leaving, standby = members
    left = leaving.fetch_all()
    leaving.source.close()
    assert leaving.owner.revoked == ["events"]
    standby.beat()
    assert [message.position for message in standby.fetch_all()] == [message.position for message in left]


def test_a_lease_is_renewed_while_its_worker_plans_and_delivers(
    redis_server: RedisServer, members: list[Member]
) -> None:
    fill(redis_server, "events", 1)
    url = redis_server.url("events")
    members.append(Member(url, 0.3).open())
    time.sleep(0.8)  # no call of the worker meanwhile
    members.append(Member(url, 0.3).open())
    members[0].beat()
    assert list(members[0].owner.has) == ["events"]
    assert not members[1].owner.has


def test_a_worker_whose_lease_was_taken_gives_the_stream_up(
    redis_server: RedisServer, reader: Reader
) -> None:
    member = reader(1)
    redis_server.client().set("hubspot-dest:events:hubspot:lease", "another")
    member.beat()
    assert member.owner.lost == ["events"]


def test_a_worker_that_was_suspended_does_not_undo_the_commands_of_the_next_one(
    redis_server: RedisServer, reader: Reader
) -> None:
    member = reader(1)
    found = member.fetch_all()
    client = redis_server.client()
    key = "hubspot-dest:events:hubspot:state"
    member.source.commit(found, {Partition("events"): "old"})
    assert client.hget(key, "collector") == b"old"
    client.set("hubspot-dest:events:hubspot:lease", "another")
    client.hset(key, "collector", "new")
    member.source.commit(found, {Partition("events"): "older still"})
    assert client.hget(key, "collector") == b"new"


def test_several_streams_are_shared_out_evenly(redis_server: RedisServer, members: list[Member]) -> None:
    for name in ("a", "b", "c"):
        fill(redis_server, name, 1)
    url = redis_server.url("a,b,c")
    members.append(Member(url, 30).open())
    assert set(members[0].owner.has) == {"a", "b", "c"}
    assert members[0].source.share() == 1.0
    members.append(Member(url, 30).open())
    members[0].beat()
    members[1].beat()
    shares = [set(member.owner.has) for member in members]
    assert shares[0] | shares[1] == {"a", "b", "c"}
    assert not shares[0] & shares[1]
    assert sorted(map(len, shares)) == [1, 2]


def test_an_answer_that_was_lost_on_its_way_is_fetched_again(reader: Reader) -> None:
    member = reader(3)
    source = member.source
    while any(stream.claiming for stream in source._streams.values()):
        source._claim(10)
    real = source._client.xreadgroup

    def lose(*arguments: Any, **options: Any) -> Any:
        real(*arguments, **options)
        source._client.xreadgroup = real
        raise TimeoutError("Timeout reading from socket")

    source._client.xreadgroup = lose
    with pytest.raises(StreamError, match="cannot be reached"):
        source.fetch(10, 0.05)
    assert len(member.fetch_all()) == 3


# ---- trimming


def test_a_stream_that_is_about_to_be_trimmed_is_told_of_before_and_after_the_loss(
    redis_server: RedisServer, hubspot: FakeHubSpot
) -> None:
    url = redis_server.url("events", more="&maxlen=200")
    fill(redis_server, "events", 1, maxlen=200, approximate=False)
    assert work_here(url, hubspot).code == 0
    fill(redis_server, "events", 190, maxlen=200, approximate=False)
    near = work_here(url, hubspot)
    assert near.code == 0, near.said
    assert near.result["lost"] == 0
    fill(redis_server, "events", 260, maxlen=200, approximate=False)
    lost = work_here(url, hubspot)
    assert lost.code == 1
    assert lost.result["lost"] >= 1
    assert "trimmed" in lost.said


def test_lag_and_the_distance_to_a_loss_are_told_by_figures(
    redis_server: RedisServer, members: list[Member]
) -> None:
    fill(redis_server, "events", 120)
    members.append(Member(redis_server.url("events", more="&maxlen=130")).open())
    lag = members[0].source.lag()
    assert (lag.messages, lag.exact) == (120, True)
    assert (lag.trims[0].unread, lag.trims[0].stored, lag.trims[0].lost) == (120, 120, 0)
    found = members[0].fetch_all()
    members[0].source.commit(found, {})
    assert members[0].source.lag().messages == 20


def test_an_entry_that_was_trimmed_while_a_dead_worker_had_it_is_counted_as_lost(
    redis_server: RedisServer, members: list[Member]
) -> None:
    fill(redis_server, "events", 3)
    url = redis_server.url("events")
    members.append(Member(url, 0.3).open())
    assert len(members[0].fetch_all()) == 3
    members[0].die()
    redis_server.client().xtrim("events", maxlen=1, approximate=False)
    members.append(Member(url, 0.3).open())
    found = members[1].fetch_all()
    assert len(found) == 1
    assert members[1].source.lag().trims[0].lost == 2
    members[1].source.commit(found, {})
    assert redis_server.client().xpending("events", "hubspot")["pending"] == 0


# ---- the contact cache


def asked(cache: RedisContacts, contact: ContactUpsert) -> bool:
    """Tell whether a worker that is about to write a contact finds that another has done so."""
    if cache.knows(contact):
        return True
    cache.remember(contact)
    return contact.email.lower() in cache.known_elsewhere([contact])


def test_what_one_worker_wrote_the_next_one_knows(redis_server: RedisServer) -> None:
    address = read_address(redis_server.url("events"), environment={})
    free = ContactUpsert("A@example.org", {"plan": "free"})
    paid = ContactUpsert("a@example.org", {"plan": "paid"})
    first = RedisContacts(address, "portal")
    assert not asked(first, free)
    assert not asked(RedisContacts(address, "portal"), free)  # HubSpot has not taken it yet
    first.confirm(["a@example.org"])
    assert asked(RedisContacts(address, "portal"), free)
    second = RedisContacts(address, "portal")
    assert not asked(second, paid)
    second.confirm(["a@example.org"])
    assert not asked(second, free)  # it has written another value since
    (key,) = redis_server.client().keys("hubspot-dest:hubspot:contact:*")
    assert b"example" not in key
    assert b"paid" not in b"".join(redis_server.client().hvals(key))
    assert redis_server.client().ttl(key) > 0
    second.forget("a@example.org")
    assert not asked(RedisContacts(address, "portal"), paid)


def test_a_contact_of_one_portal_is_not_taken_for_known_in_another(redis_server: RedisServer) -> None:
    """The usual case: a group that was tried against a simulated HubSpot goes live."""
    address = read_address(redis_server.url("events"), environment={})
    free = ContactUpsert("a@example.org", {"plan": "free"})
    tried = RedisContacts(address, "http://127.0.0.1:8080 pe1_")
    assert not asked(tried, free)
    tried.confirm(["a@example.org"])
    assert asked(RedisContacts(address, "http://127.0.0.1:8080 pe1_"), free)
    assert not asked(RedisContacts(address, "https://api.hubapi.com pe1_"), free)


def test_a_contact_that_another_worker_wrote_costs_no_call(
    redis_server: RedisServer, hubspot: FakeHubSpot
) -> None:
    writes = []
    for number in (1, 2):  # two workers, one after the other, each with a memory of its own
        fill(redis_server, "events", 1)
        redis_server.client().xadd("events", {"event": json.dumps(page_view(10 + number))})
        work_here(redis_server.url("events"), hubspot)
        targets = [entry.target for entry in hubspot.journal.entries()]
        writes.append(sum(target.startswith(b"/crm/") for target in targets))
    assert writes[0] == writes[1] > 0
    assert occurrence_uuid("e12") in stored(hubspot)


# ---- what can go wrong


def error_of(url: str, **environment: str) -> StreamError:
    source = RedisSource(read_address(url, ["socket_connect_timeout=1"], environment))
    try:
        with pytest.raises(StreamError) as caught:
            source.open(Owner())
        return caught.value
    finally:
        source._client.close()


def test_no_server_is_one_clear_message_and_heals() -> None:
    error = error_of("redis://127.0.0.1:1/0?stream=s&group=g")
    assert "127.0.0.1:1 cannot be reached" in error.sentence
    assert error.heals


def test_no_stream_is_one_clear_message_and_heals(redis_server: RedisServer) -> None:
    error = error_of(redis_server.url("nowhere"))
    assert "has no stream nowhere" in error.sentence
    assert error.heals


def test_a_key_that_is_no_stream_is_said_to_be_one(redis_server: RedisServer) -> None:
    redis_server.client().set("text", "x")
    error = error_of(redis_server.url("text"))
    assert "the key text is not a stream" in error.sentence
    assert not error.heals


def test_no_such_database_is_one_clear_message(redis_server: RedisServer) -> None:
    error = error_of(f"redis://{redis_server.host}/99?stream=s&group=g")
    assert "database" in error.sentence
    assert not error.heals


def test_wrong_credentials_and_missing_rights_are_told_apart_and_never_shown(
    redis_server: RedisServer,
) -> None:
    client = redis_server.client()
    fill(redis_server, "events", 1)
    client.execute_command("ACL", "SETUSER", "reader", "on", ">letmein12345", "~*", "+@connection", "+info")
    try:
        wrong = error_of(redis_server.url("events"), REDIS_USERNAME="reader", REDIS_PASSWORD="open-sesame")
        assert wrong.kind == "authentication"
        assert "REDIS_PASSWORD" in wrong.hint
        assert "open-sesame" not in wrong.sentence
        poor = error_of(redis_server.url("events"), REDIS_USERNAME="reader", REDIS_PASSWORD="letmein12345")
        assert poor.kind == "authorization"
        assert "no permissions" in poor.sentence
        assert not poor.heals
    finally:
        client.execute_command("ACL", "DELUSER", "reader")


def test_a_worker_that_cannot_log_in_ends_with_2_and_one_sentence(
    redis_server: RedisServer, hubspot: FakeHubSpot, tmp_path: Path
) -> None:
    config = write_config(tmp_path)
    done = work(config, redis_server.url("s"), hubspot, REDIS_PASSWORD="wrong-password-here")
    assert done.code == 2
    assert "rejects the credentials" in done.said
    assert "wrong-password-here" not in done.said
    assert "Traceback" not in done.said


@pytest.mark.parametrize("verb", [("dead",), ("export",), ("retry",), ("release",), ("purge", "--yes")])
def test_a_misspelt_stream_is_an_error_and_not_an_empty_one(
    redis_server: RedisServer, verb: tuple[str, ...]
) -> None:
    redis_server.client().xadd("events", {"event": "{}"})
    done = run_here("outbox", verb[0], redis_server.url("evnets"), *verb[1:])
    assert done.code == 2, done.said
    assert "has no stream evnets" in done.said
    assert run_here("outbox", verb[0], redis_server.url("events"), *verb[1:]).code == 0


def test_a_letter_without_an_event_does_not_hold_up_the_others(redis_server: RedisServer) -> None:
    client = redis_server.client()
    client.xadd("events.dead", {"hubspot-dest-reason": "no_value"})
    client.xadd("events.dead", {"event": json.dumps(page_view(1)), "hubspot-dest-reason": "refused"})
    done = run_here("outbox", "retry", redis_server.url("events"))
    assert done.code == 0, done.said
    assert "1 dead letter is in the stream again" in done.said
    assert client.xlen("events") == 1
    assert client.xlen("events.dead") == 1


# ---- an entry that ends its worker


def test_an_entry_that_ended_its_worker_often_comes_alone_with_its_count(
    redis_server: RedisServer, members: list[Member]
) -> None:
    """So that a crash is blamed on one entry, and the dead letter is that one (`--max-deliveries`)."""
    fill(redis_server, "events", 3)
    client = redis_server.client()
    for _ in range(7):
        member = Member(redis_server.url("events")).open()
        members.append(member)
        found = member.fetch_all()
        member.die()  # with what it has in hand
        client.delete("hubspot-dest:events:hubspot:lease")
        client.hset("hubspot-dest:events:hubspot:state", "clean", "1")
    assert [message.deliveries for message in found] == [7]
    assert found[0].position == client.xrange("events", count=1)[0][0].decode()


# ---- what administrators do to a stream under a worker, and clocks


@pytest.mark.parametrize("shift", [3600, -3600])
def test_a_machine_with_a_wrong_clock_leaves_no_stream_unread_when_it_dies(
    redis_server: RedisServer, members: list[Member], monkeypatch: pytest.MonkeyPatch, shift: float
) -> None:
    for name in ("a", "b"):
        fill(redis_server, name, 1)
    members.append(Member(redis_server.url("a,b"), lease=0.5).open())
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + shift)
    members.append(Member(redis_server.url("a,b"), lease=0.5).open())
    members[1].beat()
    monkeypatch.setattr(time, "time", right)
    members[0].beat()
    members[1].beat()
    assert [len(member.owner.has) for member in members] == [1, 1]
    members[1].die()
    until = time.monotonic() + 5
    while len(members[0].owner.has) < 2 and time.monotonic() < until:
        members[0].beat()
        time.sleep(0.05)
    assert sorted(members[0].owner.has) == ["a", "b"]


def test_a_full_redis_is_said_once_without_what_was_to_be_written(redis_server: RedisServer) -> None:
    source = RedisSource(read_address(redis_server.url("events"), environment={}))
    fill(redis_server, "events", 1)
    client = redis_server.client()
    (entry,) = client.xrange("events")
    letter = Letter(message_of("events", *entry), False, "refused", "no")
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StreamError, match="used memory") as caught:
            source.post([letter])
    finally:
        client.config_set("maxmemory", "0")
        source._client.close()
    assert caught.value.heals
    assert "example.org" not in caught.value.sentence
    assert "Command #" not in caught.value.sentence


def test_a_group_that_was_removed_is_made_again_and_no_entry_is_passed_over(
    redis_server: RedisServer, reader: Reader
) -> None:
    member = reader(3)
    source = member.source
    source.commit(member.fetch_all(), {})
    redis_server.client().xgroup_destroy("events", "hubspot")
    with pytest.raises(StreamError, match=r"the group hubspot of events was removed.*counts once") as caught:
        member.fetch_all()
    assert caught.value.heals
    assert len(member.fetch_all()) == 3


def test_a_stream_that_was_deleted_is_said_with_what_was_unread_and_read_again_once_it_exists(
    redis_server: RedisServer, reader: Reader
) -> None:
    member = reader(5)
    source = member.source
    found = source.fetch(2, 0.05)
    assert source.lag().messages == 3
    redis_server.client().delete("events")
    source.commit(found, {})  # what was in hand is nowhere else: it is still committed
    with pytest.raises(StreamError, match="the stream events was removed"):
        member.fetch_all()
    assert sum(trim.lost for trim in source.lag().trims) == 3
    fill(redis_server, "events", 1)
    member.beat()
    assert len(member.fetch_all()) == 1
    assert sum(trim.lost for trim in source.lag().trims) == 3  # once


def test_what_is_in_hand_outlives_a_redis_that_begins_again_without_its_data(
    redis_server: RedisServer, reader: Reader
) -> None:
    member = reader(2)
    member.fetch_all()
    redis_server.client().flushall()
    member.beat()
    assert member.owner.lost == []


def test_what_a_removed_consumer_had_in_hand_is_said_by_the_next_worker(
    redis_server: RedisServer, members: list[Member], reader: Reader
) -> None:
    member = reader(4)
    first = member.source.fetch(1, 0.05)
    member.source.commit(first, {})
    member.source.fetch(10, 0.05)
    client = redis_server.client()
    for consumer in client.xinfo_consumers("events", "hubspot"):
        client.xgroup_delconsumer("events", "hubspot", consumer["name"])
    member.die()
    client.delete("hubspot-dest:events:hubspot:lease")
    members.append(Member(redis_server.url("events")).open())
    (warning,) = members[1].owner.warnings
    assert "3 entries of events behind" in warning
    assert f"XGROUP SETID events hubspot {first[0].position}" in warning
