"""The Redis Streams source of a worker: a consumer of a group, with a lease for each stream that it reads."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from hubspot_dest.amounts import amount, verb
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.letters import letter_notes, without_notes
from hubspot_dest.streams.redis_client import (
    connect_redis,
    names_missing,
    redis_error,
    redis_errors,
    text_of,
)
from hubspot_dest.streams.redis_lease import Leases
from hubspot_dest.streams.source import Lag, Letter, Message, Partition, PartitionOwner, TrimWatch
from hubspot_dest.streams.trimming import StreamFigures, Trimming, entry_id

__all__ = ["RedisSource", "figures", "letter_fields", "message_of"]

EVENT_FIELD: Final = b"event"
_LEASE_SECONDS: Final = 15.0
_STUCK_SECONDS: Final = 60.0
_MOST_COUNTED: Final = 1_000
_ALONE_AFTER: Final = 5
"""An entry that was delivered this often is fetched alone: if it crashes its worker, no other entry is to blame."""
_COUNT_UNREAD: Final = "return #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])"


@dataclass(slots=True)
class _OwnedStream:
    """A stream that this worker reads.

    Attributes:
        name: the name of the stream.
        trimming: watches the trimming of the stream.
        idle_ms: the minimum idle time of an entry to be claimed, in ms.
        claiming: whether entries of other workers, or of a lost response, may be pending; they are read before new
            ones.
        own: whether entries may be pending for this worker itself.
        watch: the last observation.
        counted: the last figures with a count of unread entries.
        read_since: the number of entries read since `counted`.
        done: the newest acknowledged entry; empty if it is unknown.

    """

    name: str
    trimming: Trimming
    idle_ms: int
    claiming: bool = True
    own: bool = False
    watch: TrimWatch | None = None
    counted: StreamFigures | None = None
    read_since: int = 0
    done: str = ""


class RedisSource:
    """A consumer of a group of one or several streams.

    Args:
        address: the streams and the group, with the additional options `lease.seconds` (15) and `consumer` (a name).

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """

    def __init__(self, address: StreamAddress) -> None:
        self._address = address
        self._where = address.hosts[0]
        self._client = connect_redis(address)
        try:
            self._lease_seconds = float(address.options.get("lease.seconds", _LEASE_SECONDS))
        except ValueError:
            text = address.options["lease.seconds"]
            raise StreamError(
                "configuration", f"--source-option lease.seconds={text} is not a number"
            ) from None
        if not 0.2 <= self._lease_seconds <= 3600:
            raise StreamError("configuration", "--source-option lease.seconds must be from 0.2 to 3600")
        given = address.options.get("consumer") or socket.gethostname()
        self._consumer = f"{given}-{secrets.token_hex(4)}"
        self._leases = Leases(
            self._client, address.streams, address.group, self._consumer, self._lease_seconds
        )
        self._owner: PartitionOwner | None = None
        self._streams: dict[str, _OwnedStream] = {}
        self._lost: dict[str, int] = {}
        self._missing: StreamError | None = None
        self._beat_at = 0.0
        self._called_at = time.monotonic()
        self._renewer: threading.Thread | None = None
        self._closing = threading.Event()
        self._version = (6, 2)

    # ---- the group

    def open(self, owner: PartitionOwner) -> None:
        """Connect, and acquire leases; may be called again after a StreamError."""
        self._owner = owner
        with redis_errors(self._address, "connecting"):
            info = self._client.info("server")
        numbers = str(info.get("redis_version", "6.2")).split(".")
        self._version = (int(numbers[0]), int(numbers[1]))
        if self._version < (6, 2):
            found = info.get("redis_version")
            raise StreamError(
                "unsupported", f"Redis at {self._where} is {found}; 6.2 or newer is required (XAUTOCLAIM)"
            )
        self._maintain_leases(force=True)
        if self._renewer is None:
            self._renewer = threading.Thread(target=self._renew, name="hubspot-dest-lease", daemon=True)
            self._renewer.start()
        if self._missing is not None and not self._streams:
            raise self._missing

    def _renew(self) -> None:
        """Renew the leases while the worker plans and delivers, but not if it is stuck."""
        import redis

        while not self._closing.wait(self._lease_seconds / 5):
            if time.monotonic() - self._called_at > max(_STUCK_SECONDS, 4 * self._lease_seconds):
                continue
            for name in list(self._streams):
                try:
                    self._leases.renew(name)
                except (redis.RedisError, OSError, ValueError):
                    break  # the worker's own call reports the error

    def _maintain_leases(self, *, force: bool = False) -> None:
        """Renew the leases, release surplus ones and acquire free ones; periodically, or immediately with `force`."""
        now = self._called_at = time.monotonic()
        if not force and now < self._beat_at:
            return
        with redis_errors(self._address, "renewing the lease"):
            for name in list(self._streams):
                if not self._leases.renew(name) and not self._is_alone_with(name):
                    self._on_lease_lost(name)
            self._leases.announce()
            while len(self._streams) > self._leases.fair:
                self._give_back(list(self._streams)[-1])
            self._missing = None
            for name in self._address.streams:
                if len(self._streams) >= self._leases.fair:
                    break
                if name not in self._streams:
                    self._take(name)
        # A worker on standby checks more often, since the entries that it will take over have waited long enough.
        pause = self._lease_seconds / 5
        self._beat_at = now + (pause if self._streams else min(pause, 1.0))

    def _take(self, name: str) -> None:
        import redis

        if not self._leases.acquire(name):
            return
        try:
            self._create_group(name)
        except redis.ResponseError as error:
            self._leases.release(name)
            problem = redis_error(error, self._where, "making the group", name)
            if problem.kind != "no_topic":
                raise problem from None
            self._missing = problem
            return
        key = self._leases.state_key(name)
        known = {text_of(item): text_of(value) for item, value in self._client.hgetall(key).items()}
        self._client.hdel(key, "clean")
        gone = known.get("gone", "0")
        watch = Trimming(
            name,
            self._address.maxlen,
            known.get("next", ""),
            int(gone) if gone.isdigit() else 0,
            self._lost.get(name, 0),
        )
        # A worker that released the lease has nothing in progress; one that lost it may still wait for a response.
        idle = 0 if known.get("clean") else round(self._lease_seconds * 1000)
        self._streams[name] = _OwnedStream(name, watch, idle, done=known.get("done", ""))
        if self._owner is not None:
            self._owner.on_assigned({Partition(name): known.get("collector", "")})
            if warning := self._forgotten(name, known.get("done", "")):
                self._owner.on_warning(warning)

    def _create_group(self, name: str) -> bool:
        """Create the group of a stream, from the oldest entry on; return whether there was none."""
        import redis

        try:
            self._client.xgroup_create(name, self._address.group, id="0")
        except redis.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
            return False
        return True

    def _forgotten(self, name: str, done: str) -> str:
        """Return a warning about entries that were read but are neither acknowledged nor pending; empty for none."""
        group = self._address.group
        if not done or self._client.xpending(name, group)["pending"]:
            return ""
        last = figures(self._client, name, group, count=False).last_delivered
        if entry_id(last) <= entry_id(done):
            return ""
        count = len(self._client.xrange(name, f"({done}", last, count=_MOST_COUNTED))
        if not count:
            return ""
        most = "at least " if count == _MOST_COUNTED else ""
        return (
            f"{most}{amount(count, 'entry')} of {name} behind {done} {verb(count, 'are')} neither acknowledged nor "
            "pending: a consumer was removed with what it had in hand (XGROUP DELCONSUMER), or the group was moved; "
            f"XGROUP SETID {name} {group} {done} lets workers read on from there"
        )

    def _is_alone_with(self, name: str) -> bool:
        """Acquire the lease again if the stream is gone; return whether it is gone and the lease was free.

        The messages in hand exist nowhere else then, so they are not given up.
        """
        return not self._client.exists(name) and self._leases.acquire(name)

    def _on_lease_lost(self, name: str) -> None:
        if not self._client.exists(name):
            self._note_vanished(self._streams[name])
        self._lost[name] = self._streams.pop(name).trimming.lost
        if self._owner is not None:
            self._owner.on_lost([Partition(name)])

    def _give_back(self, name: str) -> None:
        if self._owner is not None:
            self._owner.on_revoked([Partition(name)])
        owned_stream = self._streams.pop(name, None)
        if owned_stream is not None:
            self._lost[name] = owned_stream.trimming.lost
        self._leases.release(name)

    # ---- messages

    def fetch(self, most: int, seconds: float) -> list[Message]:
        """Return up to `most` entries, pending ones before new ones; wait up to `seconds` for the first."""
        self._maintain_leases()
        if not self._streams:
            if self._missing is not None:
                time.sleep(min(seconds, 0.5))
                raise self._missing
            time.sleep(min(seconds, max(0.05, self._lease_seconds / 10)))
            return []
        import redis

        with redis_errors(self._address, "reading"):
            try:
                return self._next(most, seconds)
            except redis.ResponseError as error:
                if not names_missing(error):
                    raise
            raise self._recovered()

    def _next(self, most: int, seconds: float) -> list[Message]:
        found = self._claim(most)
        if found:
            return found
        ready = [stream for stream in self._streams.values() if not stream.claiming]
        if not ready:
            time.sleep(min(seconds, 0.1))
            return []
        for owned_stream in ready:
            self._observe(owned_stream, count=False)
        return self._read(ready, most, min(seconds, self._lease_seconds / 5))

    def _recovered(self) -> StreamError:
        """Recreate groups that were removed, and give up streams that were removed; return what happened."""
        said = []
        for name in list(self._streams):
            if not self._client.exists(name):
                self._on_lease_lost(name)
                self._leases.release(name)
                said.append(f"the stream {name} was removed")
            elif self._create_group(name):  # which entries were pending is unknown
                said.append(
                    f"the group {self._address.group} of {name} was removed; it begins again with the oldest entry, "
                    "and what HubSpot has already counts once"
                )
        sentence = f"Redis at {self._where}: {'; '.join(said) or 'a stream or its group was removed'}"
        return StreamError("no_topic", sentence, heals=True)

    def _note_vanished(self, owned_stream: _OwnedStream) -> TrimWatch:
        """Note that a stream is gone: deleted, or Redis began again without its data. Return what was lost with it."""
        trimming, watch = owned_stream.trimming, owned_stream.watch
        if watch is not None:
            trimming.lost += watch.unread
        gone = owned_stream.watch = _watch_of_gone(owned_stream.name, trimming.lost)
        self._client.delete(self._leases.state_key(owned_stream.name))
        return gone

    def _read(self, streams: list[_OwnedStream], most: int, seconds: float) -> list[Message]:
        names = {stream.name: ">" for stream in streams}
        try:
            answer = self._client.xreadgroup(
                self._address.group,
                self._consumer,
                names,
                count=max(1, most // len(streams)),
                block=max(1, round(seconds * 1000)),
            )
        except BaseException:
            # The response may have been lost; the entries are then pending for this worker.
            for stream in streams:
                stream.own = stream.claiming = True
            raise
        found = []
        for raw, entries in answer or ():
            name = text_of(raw)
            self._streams[name].read_since += len(entries)
            found += [message_of(name, entry, fields) for entry, fields in entries]
        return found

    def _claim(self, most: int) -> list[Message]:
        """Return pending entries of one of the streams, which a previous worker left, oldest first."""
        for stream in self._streams.values():
            if not stream.claiming:
                continue
            found = self._claim_own(stream, most) if stream.own else self._claim_others(stream, most)
            if found:
                return self._isolate_suspect(stream.name, found)
        return []

    def _claim_own(self, owned_stream: _OwnedStream, most: int) -> list[Message]:
        answer = self._client.xreadgroup(
            self._address.group, self._consumer, {owned_stream.name: "0"}, count=most
        )
        entries = answer[0][1] if answer else []
        found = self._existing(owned_stream, entries)
        if found:
            return found
        owned_stream.own = False
        return self._claim_others(owned_stream, most)

    def _claim_others(self, owned_stream: _OwnedStream, most: int) -> list[Message]:
        group = self._address.group
        found: list[Message] = []
        cursor = ""
        while cursor != "0-0" and len(found) < most:
            answer = self._client.xautoclaim(
                owned_stream.name,
                group,
                self._consumer,
                owned_stream.idle_ms,
                start_id=cursor or "0-0",
                count=min(most - len(found), 100),
            )
            cursor = text_of(answer[0])
            if len(answer) > 2 and answer[2]:
                owned_stream.trimming.lost_pending(len(answer[2]))
            found += self._existing(owned_stream, answer[1])
        if found:
            return found
        if not self._client.xpending(owned_stream.name, group)["pending"]:
            owned_stream.claiming = False
        return []

    def _existing(self, owned_stream: _OwnedStream, entries: Sequence[Any]) -> list[Message]:
        """Return the entries that still exist; those that were trimmed are lost, and counted."""
        found, gone = [], []
        for entry in entries:
            if entry is None or entry[0] is None:
                continue
            if entry[1]:
                found.append(message_of(owned_stream.name, entry[0], entry[1]))
            else:
                gone.append(entry[0])
        if gone:
            owned_stream.trimming.lost_pending(len(gone))
            self._client.xack(owned_stream.name, self._address.group, *gone)
        if self._version < (7, 0) and any(entry is None or entry[0] is None for entry in entries):
            self._drop_trimmed(owned_stream)
        return found

    def _drop_trimmed(self, owned_stream: _OwnedStream) -> None:
        """Find and drop claimed entries that were trimmed, which have no id in the response before Redis 7."""
        pending = self._client.xpending_range(
            owned_stream.name, self._address.group, "-", "+", 1000, consumername=self._consumer
        )
        for known in pending:
            entry = known["message_id"]
            if not self._client.xrange(owned_stream.name, entry, entry, count=1):
                owned_stream.trimming.lost_pending(1)
                self._client.xack(owned_stream.name, self._address.group, entry)

    def _isolate_suspect(self, name: str, found: list[Message]) -> list[Message]:
        """Return messages with their number of deliveries; one that was delivered very often is returned alone."""
        pending = self._client.xpending_range(
            name, self._address.group, found[0].position, found[-1].position, len(found)
        )
        counts = {text_of(item["message_id"]): int(item["times_delivered"]) for item in pending}
        known = [replace(message, deliveries=counts.get(message.position, 1)) for message in found]
        if known[0].deliveries > _ALONE_AFTER:
            self._streams[name].own = True  # the others are this worker's already
            return known[:1]
        often = [number for number, message in enumerate(known) if message.deliveries > _ALONE_AFTER]
        if often:
            self._streams[name].own = True
            return known[: often[0]]
        return known

    def keep_alive(self) -> None:
        """Renew the leases."""
        self._maintain_leases()

    def pause(self) -> None:
        """Do nothing: entries that are not fetched wait."""

    def resume(self) -> None:
        """Do nothing."""

    def commit(self, done: Sequence[Message], states: Mapping[Partition, str]) -> None:
        """Acknowledge entries, and store each stream's state in the same transaction."""
        entries: dict[str, list[str]] = {}
        for message in done:
            entries.setdefault(message.partition.stream, []).append(message.position)
        with redis_errors(self._address, "acknowledging"):
            pipe = self._client.pipeline(transaction=True)
            for name, ids in entries.items():
                pipe.xack(name, self._address.group, *ids)
                owned_stream = self._streams.get(name)
                if owned_stream is not None:
                    owned_stream.done = max(*ids, owned_stream.done or "0-0", key=entry_id)
                    note = {
                        "done": owned_stream.done,
                        "collector": states.get(Partition(name), ""),
                        "gone": str(owned_stream.trimming.gone),
                        "next": owned_stream.trimming.next_unread,
                    }
                    self._leases.note(pipe, name, note)
            pipe.execute()

    def post(self, letters: Sequence[Letter]) -> None:
        """Write letters to their streams."""
        with redis_errors(self._address, "writing dead letters"):
            pipe = self._client.pipeline(transaction=True)
            for letter in letters:
                stream = letter.message.partition.stream
                address = self._address
                target = address.waiting_of(stream) if letter.waiting else address.dead_of(stream)
                pipe.xadd(target, dict(letter_fields(letter, time.time())))
            pipe.execute()

    # ---- figures

    def _observe(self, owned_stream: _OwnedStream, *, count: bool) -> TrimWatch:
        now = figures(self._client, owned_stream.name, self._address.group, count=False)
        if count:
            known = owned_stream.counted
            unread: int | None = None
            if known is not None and known.unread is not None and known.first == now.first:
                # Nothing was trimmed since the last count, so the number follows from additions and reads.
                unread = known.unread + now.length - known.length - owned_stream.read_since
            if unread is None or unread < 0 or now.next_unread is None:
                now = owned_stream.counted = figures(
                    self._client, owned_stream.name, self._address.group, count=True
                )
                owned_stream.read_since = 0
            else:
                now = replace(now, unread=unread)
        owned_stream.watch = owned_stream.trimming.observe(now)
        return owned_stream.watch

    def _watched(self, owned_stream: _OwnedStream) -> TrimWatch:
        """Return how near a stream is to a loss, or what was lost with it."""
        import redis

        try:
            return self._observe(owned_stream, count=True)
        except redis.ResponseError as error:
            if not names_missing(error):
                raise
        return self._note_vanished(owned_stream)

    def lag(self) -> Lag:
        """Return the number of unread entries in this worker's streams, and how close the streams are to a loss."""
        with redis_errors(self._address, "asking for figures"):
            watches = tuple(self._watched(stream) for stream in self._streams.values())
        exact = all(watch.unread < _MOST_COUNTED for watch in watches) or self._version >= (7, 0)
        gone = tuple(
            _watch_of_gone(name, count)
            for name, count in self._lost.items()
            if count and name not in self._streams
        )
        return Lag(sum(watch.unread for watch in watches), exact, watches + gone)

    def share(self) -> float:
        """Return the fraction of the group's streams that this worker has."""
        return len(self._streams) / len(self._address.streams)

    @property
    def assigned(self) -> int:
        """The number of streams that this worker has."""
        return len(self._streams)

    def close(self) -> None:
        """Release the leases, and leave the group."""
        self._closing.set()
        if self._renewer is not None:
            self._renewer.join(2)
        with redis_errors(self._address, "leaving"):
            try:
                for name in list(self._streams):
                    self._give_back(name)
                self._leases.leave()
            finally:
                self._client.close()


def _watch_of_gone(stream: str, lost: int) -> TrimWatch:
    """Return the observation of a stream that this worker does not read any more."""
    return TrimWatch(stream, 0, 0, trimmed=True, lost=lost, exact=False)


def message_of(stream: str, entry: Any, fields: Mapping[bytes, bytes]) -> Message:
    """Convert an entry of a stream to a message."""
    position = text_of(entry)
    at, _, _ = position.partition("-")
    return Message(
        Partition(stream),
        position,
        fields.get(EVENT_FIELD),
        fields=tuple(fields.items()),
        at_ms=int(at) if at.isdigit() else None,
    )


def letter_fields(letter: Letter, now: float) -> list[tuple[bytes, bytes]]:
    """Return a letter as fields: those of the original, and the reason."""
    pairs = [(name.decode("utf-8", "replace"), value) for name, value in letter.message.fields]
    _, others = without_notes(pairs)
    if letter.message.value is not None:
        others = [(EVENT_FIELD.decode(), letter.message.value)] + [
            (name, value) for name, value in others if name != EVENT_FIELD.decode()
        ]
    return [(name.encode(), value) for name, value in (*others, *letter_notes(letter, now))]


def figures(client: Any, stream: str, group: str, *, count: bool) -> StreamFigures:
    """Return Redis' figures for a stream and a group.

    Args:
        client: the Redis client.
        stream: the stream.
        group: the group.
        count: whether to count the unread entries, too; beyond 1,000, the number is an estimate before Redis 7.

    """
    info = client.xinfo_stream(stream)
    groups = {text_of(item["name"]): item for item in client.xinfo_groups(stream)}
    own = groups.get(group)
    last = text_of(own["last-delivered-id"]) if own is not None else "0-0"
    first = info.get("first-entry")
    length = int(info["length"])
    following = client.xrange(stream, f"({last}", "+", count=1)
    unread: int | None = None
    if count:
        # The lag of Redis 7 includes entries that were trimmed unread, so a small lag is counted instead.
        lag = own.get("lag") if own is not None else None
        far = lag is not None and int(lag) >= _MOST_COUNTED
        unread = min(int(lag or 0), length) if far else _unread(client, stream, info, last)
    read = own.get("entries-read") if own is not None else None
    added = info.get("entries-added")
    return StreamFigures(
        length=length,
        first=text_of(first[0]) if first else None,
        last_delivered=last,
        unread=unread,
        added=int(added) if added is not None else None,
        read=int(read) if read is not None else None,
        next_unread=text_of(following[0][0]) if following else None,
    )


def _unread(client: Any, stream: str, info: Mapping[str, Any], last: str) -> int:
    """Count the entries after the group's last one, or those before it; estimate it by time for long streams."""
    length = int(info["length"])
    behind = int(client.eval(_COUNT_UNREAD, 1, stream, f"({last}", "+", _MOST_COUNTED))
    if behind < _MOST_COUNTED:
        return behind
    before = int(client.eval(_COUNT_UNREAD, 1, stream, "-", last, _MOST_COUNTED))
    if before < _MOST_COUNTED:
        return length - before
    begin, here, end = (
        int(text_of(item).partition("-")[0]) for item in (info["first-entry"][0], last, info["last-entry"][0])
    )
    part = (end - here) / (end - begin) if end > begin else 0.5
    return min(length - before, max(behind, round(length * part)))
