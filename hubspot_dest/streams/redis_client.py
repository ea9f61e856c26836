"""The client of Redis, and its errors as sentences. The one place that imports it (`hubspot-dest[redis]`)."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from hubspot_dest.streams.address import StreamAddress
from hubspot_dest.streams.errors import StreamError

__all__ = ["connect_redis", "names_missing", "redis_error", "redis_errors", "text_of"]

_SECONDS: Final = 10.0
_WORKER_OPTIONS: Final = frozenset({"lease.seconds", "max.deliveries", "consumer"})
_PIPELINE: Final = re.compile(r"^Command # \d+ \(.*\) of pipeline caused error: ", re.DOTALL)
_FIXED: Final = frozenset({"host", "port", "db", "username", "decode_responses", "protocol", "ssl"})


def connect_redis(address: StreamAddress) -> Any:
    """Return a client; it connects with its first command.

    Raises:
        StreamError: the client library is missing, or refuses its options.

    """
    if importlib.util.find_spec("redis") is None:
        raise StreamError(
            "configuration",
            "Redis needs its client library, which is not installed",
            "pip install 'hubspot-dest[redis]'",
        )
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    host, _, port = address.hosts[0].rpartition(":")
    who = address.credentials
    options: dict[str, Any] = {}
    for name, value in address.options.items():
        if name in _WORKER_OPTIONS:
            continue
        if name in _FIXED:
            hint = "redis://host:port/database, rediss:// for TLS"
            raise StreamError("configuration", f"--source-option {name} belongs into the address", hint)
        options[name] = _value(value)
    if address.tls:
        options["ssl"] = True
    try:
        return redis.Redis(
            host=host.strip("[]"),
            port=int(port),
            db=address.database,
            username=who.username or None,
            password=who.password.get_secret_value() or None,
            protocol=2,
            # The worker tries again by itself: a read that is repeated unseen would leave entries behind.
            retry=Retry(NoBackoff(), 0),
            **{
                "socket_timeout": _SECONDS,
                "socket_connect_timeout": 5.0,
                "client_name": "hubspot-dest",
                **options,
            },
        )
    except (TypeError, ValueError, redis.RedisError) as error:
        raise StreamError(
            "configuration",
            f"the client of Redis refuses its options: {error}",
            "--source-option NAME=VALUE, as in redis.Redis",
        ) from None


def _value(text: str) -> Any:
    """Return an option's value as the client wants it: a number, true or false, or the text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


@contextmanager
def redis_errors(address: StreamAddress, what: str, stream: str = "") -> Iterator[None]:
    """Turn errors of Redis in the block into StreamErrors."""
    import redis

    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise redis_error(error, address.hosts[0], what, stream or ",".join(address.streams)) from None


def redis_error(error: Exception, where: str, what: str, stream: str) -> StreamError:
    """Return an error of Redis as one sentence.

    Args:
        error: what was raised.
        where: host and port.
        what: what was tried.
        stream: on what.

    """
    import redis

    said = _PIPELINE.sub("", str(error))  # a command may hold an event, and differs each time
    if isinstance(error, redis.exceptions.NoPermissionError) or said.startswith("NOPERM"):
        sentence = f"Redis at {where}: no rights for {what} ({stream}): {said}"
        return StreamError(
            "authorization", sentence, "ACL SETUSER: docs/workers.md lists the commands and keys"
        )
    if isinstance(error, redis.AuthenticationError) or said.startswith(("NOAUTH", "WRONGPASS")):
        sentence = f"Redis at {where} refuses the credentials: {said}"
        return StreamError("authentication", sentence, "REDIS_USERNAME and REDIS_PASSWORD in the environment")
    if "certificate" in said.lower() or "ssl" in said.lower():
        return StreamError(
            "authentication", f"Redis at {where}: TLS fails: {said}", "--source-option ssl_ca_certs=FILE"
        )
    if isinstance(error, redis.exceptions.BusyLoadingError):
        return StreamError("unreachable", f"Redis at {where} is loading its data", heals=True)
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError, OSError)):
        hint = "look at host and port; rediss:// where the server wants TLS"
        return StreamError("unreachable", f"Redis at {where} cannot be reached: {said}", hint, heals=True)
    if said.startswith("WRONGTYPE"):
        sentence = f"Redis at {where}: {stream} is a key, but not a stream"
        return StreamError("configuration", sentence, "stream=NAME, walkerOS' streamKey")
    if names_missing(error):
        sentence = f"Redis at {where} has no stream {stream}"
        hint = "walkerOS makes it with the first event; the worker continues as soon as it exists"
        return StreamError("no_topic", sentence, hint, heals=True)
    if "DB index is out of range" in said or "invalid DB index" in said:
        return StreamError("configuration", f"Redis at {where} has no such database: {said}")
    if "unknown command" in said.lower():
        sentence = f"Redis at {where} is too old for streams with takeover: {said}"
        return StreamError("unsupported", sentence, "Redis 6.2 or newer")
    # Out of memory, a replica, a failed save: an administrator changes that while the worker waits.
    return StreamError("unreachable", f"Redis at {where}: {what} ({stream}) failed: {said}", heals=True)


def names_missing(error: Exception) -> bool:
    """Return whether an error of Redis says that a stream, or its group, does not exist."""
    said = str(error)
    return said.startswith("NOGROUP") or "requires the key to exist" in said or "no such key" in said.lower()


def text_of(value: Any) -> str:
    """Return an answer of Redis as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
