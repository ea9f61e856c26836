"""Write events to a stream, from which workers read them, for `listen --sink`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, Protocol

from hubspot_dest.delivery.client.client import encode
from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.events.collector import Collector, InvalidEventError, sentence_of
from hubspot_dest.mapping.jsvalues import JsTypeError
from hubspot_dest.outcome import Outcome, outcome_of
from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError

__all__ = ["EventPublisher", "StreamFront", "open_publisher", "person_key"]

_TOGETHER: Final = 500
_AGAIN_SECONDS: Final = 1.0
_DEFAULT_KEYS: Final = ("user.email", "user.id", "user.device", "user.session")


class EventPublisher(Protocol):
    """A writer of events to a stream, for use in one thread; every method raises StreamError if the broker fails."""

    def publish_events(self, events: Sequence[tuple[str, bytes]]) -> None:
        """Write (key, JSON) events; they are durable when this returns."""

    def probe(self) -> None:
        """Check that the broker answers."""

    def close(self) -> None:
        """Release all resources."""


class _KafkaEvents:
    def __init__(self, address: StreamAddress, seconds: float) -> None:
        from hubspot_dest.streams.kafka_publisher import KafkaPublisher

        self._topic = address.streams[0]
        self._publisher = KafkaPublisher(address, seconds)

    def publish_events(self, events: Sequence[tuple[str, bytes]]) -> None:
        from hubspot_dest.streams.kafka_publisher import Record

        header = (("content-type", b"application/json"),)
        self._publisher.publish(
            [Record(self._topic, value, key.encode() or None, header) for key, value in events]
        )

    def probe(self) -> None:
        self._publisher.probe()

    def close(self) -> None:
        self._publisher.close()


class _RedisEvents:
    """Distributes events over several streams by person, so that a person's events are all in one stream."""

    def __init__(self, address: StreamAddress) -> None:
        from hubspot_dest.streams.redis_client import connect_redis

        self._address = address
        self._client = connect_redis(address)

    def publish_events(self, events: Sequence[tuple[str, bytes]]) -> None:
        from zlib import crc32

        from hubspot_dest.streams.redis_client import redis_errors

        streams = self._address.streams
        trimmed: dict[str, Any] = {}
        if self._address.maxlen is not None:
            trimmed = {"maxlen": self._address.maxlen, "approximate": True}
        with redis_errors(self._address, "writing"):
            pipe = self._client.pipeline(transaction=True)
            for key, value in events:
                pipe.xadd(streams[crc32(key.encode()) % len(streams)], {"event": value}, **trimmed)
            pipe.execute()

    def probe(self) -> None:
        from hubspot_dest.streams.redis_client import redis_errors

        with redis_errors(self._address, "asking"):
            self._client.ping()

    def close(self) -> None:
        self._client.close()


def open_publisher(address: StreamAddress, seconds: float = 6.0) -> EventPublisher:
    """Open a publisher for an address.

    Args:
        address: a topic, or streams.
        seconds: how long to wait for Kafka.

    Raises:
        StreamError: the client library is missing, or rejects its options.

    """
    return _KafkaEvents(address, seconds) if address.engine == "kafka" else _RedisEvents(address)


def person_key(event: dict[str, Any], path: str | None) -> str:
    """Return the key that identifies the person of an event, which preserves the order of the person's events.

    Args:
        event: a complete event.
        path: the path of the key; None for the first of user.email, user.id, user.device and user.session.

    """
    for key in _DEFAULT_KEYS if path is None else (path,):
        value: Any = event
        for step in key.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, str) and value:
            return value.strip().lower() if "@" in value else value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""


class StreamFront:
    """Write the collector endpoint's events to a stream; requests are answered when their events are durable.

    One thread writes in the order of the pushes; events that arrive meanwhile are written together.

    Args:
        collector: completes events, and rejects invalid ones.
        publisher: writes the events.
        key: the path that identifies a person; None for the default paths.
        limit: the maximum number of waiting events.

    Attributes:
        written: the number of events in the stream.
        failed: the number of events that were rejected or not written.
        trouble: why the broker does not accept events; empty if it does.

    """

    def __init__(
        self, collector: Collector, publisher: EventPublisher, key: str | None = None, limit: int = 10_000
    ) -> None:
        self.limit = limit
        self.written = 0
        self.failed = 0
        self.trouble = ""
        self._collector = collector
        self._publisher = publisher
        self._key = key
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hubspot-dest-publish")
        self._jobs: deque[tuple[list[Any], Future[list[Outcome]]]] = deque()
        self._lock = threading.Lock()
        self._busy = False
        self._pending = 0
        self._failure: StreamError | None = None
        self._failed_at = 0.0

    @property
    def pending(self) -> int:
        """The number of events that were pushed but not answered yet."""
        return self._pending

    async def push_many(self, events: Iterable[Any], /) -> list[Outcome]:
        """Write events; return one outcome per event."""
        several = list(events)
        if not several:
            return []
        done: Future[list[Outcome]] = Future()
        with self._lock:
            self._jobs.append((several, done))
            self._pending += len(several)
            idle, self._busy = not self._busy, True
        if idle:
            self._thread.submit(self._work)
        return await asyncio.wrap_future(done)

    def probe(self) -> str:
        """Check whether the broker accepts events again; return why not, or empty text."""
        done: Future[str] = self._thread.submit(self._probe)
        return done.result()

    def _probe(self) -> str:
        try:
            self._publisher.probe()
        except StreamError as error:
            self.trouble = error.sentence
        else:
            self._failure, self.trouble = None, ""
        return self.trouble

    def close(self) -> None:
        """Write all pushed events, and release all resources."""
        self._thread.shutdown(wait=True)
        self._publisher.close()

    # ---- the thread

    def _work(self) -> None:
        while jobs := self._next():
            events = [event for several, _ in jobs for event in several]
            try:
                outcomes = iter(self._write(events))
                results = [[next(outcomes) for _ in several] for several, _ in jobs]
            except BaseException as error:  # every error is passed on to the waiting thread
                for _, done in jobs:
                    done.set_exception(error)
                continue
            finally:
                with self._lock:
                    self._pending -= len(events)
            for (_, done), result in zip(jobs, results, strict=True):
                done.set_result(result)

    def _next(self) -> list[tuple[list[Any], Future[list[Outcome]]]]:
        taken: list[tuple[list[Any], Future[list[Outcome]]]] = []
        count = 0
        with self._lock:
            while self._jobs and count < _TOGETHER:
                several, done = self._jobs.popleft()
                if done.set_running_or_notify_cancel():
                    taken.append((several, done))
                    count += len(several)
                else:
                    self._pending -= len(several)
            self._busy = bool(taken)
        return taken

    def _write(self, events: Sequence[Any]) -> list[Outcome]:
        outcomes: list[Outcome | None] = []
        ready: list[tuple[str, bytes]] = []
        waiting: list[tuple[int, dict[str, Any]]] = []
        for raw in events:
            taken = self._complete(raw)
            if isinstance(taken, Outcome):
                outcomes.append(taken)
                continue
            event, content = taken
            waiting.append((len(outcomes), event))
            outcomes.append(None)
            ready.append((person_key(event, self._key), content))
        error = self._publish(ready)
        for number, event in waiting:
            if error is None:
                outcomes[number] = outcome_of("queued", "stream", "safe in the stream", event)
            else:
                outcomes[number] = outcome_of(
                    "failed",
                    "stream",
                    error.sentence,
                    event,
                    error=DeliveryError("unreachable", error.sentence),
                )
        complete = [outcome for outcome in outcomes if outcome is not None]
        self.failed += sum(outcome.kind == "failed" for outcome in complete)
        self.written += sum(outcome.kind == "queued" for outcome in complete)
        return complete

    def _complete(self, raw: Any) -> tuple[dict[str, Any], bytes] | Outcome:
        known = raw if isinstance(raw, dict) else {}
        try:
            event = self._collector.complete(raw)
            return event, encode(event)
        except InvalidEventError as error:
            return outcome_of("failed", "invalid_event", str(error), known)
        except (JsTypeError, RecursionError) as error:
            return outcome_of("failed", "push_error", sentence_of(error), known)
        except DeliveryError as error:
            return outcome_of("failed", "impossible", error.describe(), known, error=error)

    def _publish(self, ready: Sequence[tuple[str, bytes]]) -> StreamError | None:
        if not ready:
            return None
        if self._failure is not None and time.monotonic() - self._failed_at < _AGAIN_SECONDS:
            return self._failure  # senders should not wait for a broker that is unavailable
        try:
            self._publisher.publish_events(ready)
        except StreamError as error:
            self._failure, self._failed_at, self.trouble = error, time.monotonic(), error.sentence
        else:
            self._failure, self.trouble = None, ""
        return self._failure
