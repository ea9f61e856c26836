"""Survey a stream without consuming it: its size, the lag of the group, and a sample of its messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError
from hubspot_dest.streams.source import Message, Partition

__all__ = ["Survey", "survey_of"]

_SECONDS: Final = 8.0


@dataclass(frozen=True, slots=True)
class Survey:
    """The content of a stream.

    Attributes:
        stored: the number of messages in the stream.
        lag: the number of messages that the group has not committed.
        partitions: the number of partitions, or of streams.
        first_ms: the time when the oldest message was written, in ms since 1970; None if there is none.
        last_ms: the time when the newest message was written, in ms since 1970; None if there is none.
        sample: a sample of the messages, from every partition.

    """

    stored: int
    lag: int
    partitions: int
    first_ms: int | None
    last_ms: int | None
    sample: Sequence[Message] = ()

    @property
    def seconds(self) -> float:
        """From the oldest message to the newest; 0 without two of them."""
        if self.first_ms is None or self.last_ms is None or self.stored < 2:
            return 0.0
        return max(0.0, (self.last_ms - self.first_ms) / 1000)

    @property
    def per_second(self) -> float | None:
        """Messages per second, averaged over all stored messages; None if it cannot be computed."""
        return self.stored / self.seconds if self.seconds >= 1 else None


def survey_of(address: StreamAddress, *, sample: int = 100) -> Survey:
    """Survey a stream.

    Args:
        address: the stream and the group.
        sample: the number of messages to sample.

    Raises:
        StreamError: the broker does not answer, or the topic or stream does not exist.

    """
    return _kafka(address, sample) if address.engine == "kafka" else _redis(address, sample)


def _kafka(address: StreamAddress, sample: int) -> Survey:
    from hubspot_dest.streams.kafka_client import (
        client_options,
        consumer_only,
        kafka_module,
        quiet_logger,
        raised,
    )
    from hubspot_dest.streams.kafka_errors import kafka_error

    module = kafka_module()
    topic, where = address.streams[0], ",".join(address.hosts)
    failures: list[Any] = []
    options = consumer_only(client_options(address)) | {
        "group.id": address.group,
        "enable.auto.commit": False,
        "error_cb": failures.append,
    }
    consumer = None
    try:
        consumer = module.Consumer(options, logger=quiet_logger())
        consumer.poll(0)
        found = consumer.list_topics(topic, timeout=_SECONDS).topics[topic]
        if found.error is not None:
            raise kafka_error(found.error, where, "reading", topic)
        places = [module.TopicPartition(topic, number) for number in sorted(found.partitions)]
        ends = {place.partition: consumer.get_watermark_offsets(place, timeout=_SECONDS) for place in places}
        lag = 0
        for item in consumer.committed(places, timeout=_SECONDS):
            low, high = ends[item.partition]
            lag += high - max(low, item.offset) if item.offset >= 0 else high - low
        firsts = _read_kafka(
            module, consumer, topic, {end: low for end, (low, high) in ends.items() if low < high}, 1
        )
        share = max(1, sample // max(1, len(ends)))
        lasts = {end: max(low, high - share) for end, (low, high) in ends.items() if low < high}
        newest = _read_kafka(module, consumer, topic, lasts, share)
        moments = [message.at_ms for message in (*firsts, *newest) if message.at_ms is not None]
    except module.KafkaException as error:
        if failures:
            raise kafka_error(failures[-1], where, "reading", topic) from None
        raise raised(error, address, "reading", topic) from None
    finally:
        if consumer is not None:
            consumer.close()
    return Survey(
        sum(high - low for low, high in ends.values()),
        lag,
        len(ends),
        min(moments, default=None),
        max(moments, default=None),
        newest if sample else (),
    )


def _read_kafka(module: Any, consumer: Any, topic: str, begins: dict[int, int], most: int) -> list[Message]:
    """Return up to `most` messages of each partition, from its offset in `begins`."""
    import time

    if not begins:
        return []
    consumer.assign([module.TopicPartition(topic, number, offset) for number, offset in begins.items()])
    left = dict.fromkeys(begins, most)
    found: list[Message] = []
    until = time.monotonic() + _SECONDS
    quiet_since = time.monotonic()
    while any(left.values()) and time.monotonic() < until:
        raw = consumer.poll(0.2)
        if raw is None:
            if found and time.monotonic() - quiet_since > 0.5:
                break  # some partitions have fewer messages
            continue
        quiet_since = time.monotonic()
        if raw.error() is None and left.get(raw.partition(), 0):
            left[raw.partition()] -= 1
            kind, at = raw.timestamp()
            headers = tuple((name, value or b"") for name, value in raw.headers() or ())
            found.append(
                Message(
                    Partition(topic, raw.partition()),
                    str(raw.offset()),
                    raw.value(),
                    raw.key(),
                    headers,
                    at_ms=at if kind else None,
                )
            )
    return found


def _redis(address: StreamAddress, sample: int) -> Survey:
    from hubspot_dest.streams.redis_client import connect_redis, redis_errors, text_of
    from hubspot_dest.streams.redis_source import figures, message_of

    client = connect_redis(address)
    stored = lag = 0
    moments: list[int] = []
    seen: list[Message] = []
    missing: StreamError | None = None
    try:
        for stream in address.streams:
            with redis_errors(address, "reading", stream):
                if not client.exists(stream):
                    missing = StreamError(
                        "no_topic",
                        f"Redis at {address.hosts[0]} has no stream {stream}",
                        "walkerOS creates it with the first event",
                        heals=True,
                    )
                    continue
                known = figures(client, stream, address.group, count=True)
                info = client.xinfo_stream(stream)
                newest = client.xrevrange(stream, count=sample) if sample else []
            stored += known.length
            lag += known.unread or 0
            for end in ("first-entry", "last-entry"):
                if info.get(end):
                    moments.append(int(text_of(info[end][0]).partition("-")[0]))
            seen += [message_of(stream, entry, fields) for entry, fields in reversed(newest)]
    finally:
        client.close()
    if missing is not None and not stored:
        raise missing
    return Survey(
        stored,
        lag,
        len(address.streams),
        min(moments, default=None),
        max(moments, default=None),
        seen,
    )
