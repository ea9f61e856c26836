"""The Redis client, and explanations of its errors; only this module imports the library (`hubspot-dest[redis]`)."""

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
    """Return a client, which connects with its first command.

    Raises:
        StreamError: the client library is missing, or rejects its options.

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
            raise StreamError("configuration", f"--source-option {name} must be part of the address", hint)
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
            # The worker retries itself: a read that the client repeats would leave entries pending.
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
            f"the Redis client rejects its options: {error}",
            "use --source-option NAME=VALUE with the parameters of redis.Redis",
        ) from None


def _value(text: str) -> Any:
    """Convert an option's value for the client: to a number, true or false, or else leave it unchanged."""
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
    """Convert errors of Redis in the block to StreamErrors."""
    import redis

    try:
        yield
    except (redis.RedisError, OSError) as error:
        raise redis_error(error, address.hosts[0], what, stream or ",".join(address.streams)) from None


def redis_error(error: Exception, where: str, what: str, stream: str) -> StreamError:
    """Convert an error of Redis to a StreamError.

    Args:
        error: the error.
        where: the host and port.
        what: the operation.
        stream: the stream of the operation.

    """
    import redis

    said = _PIPELINE.sub("", str(error))  # a command may hold an event, and differs each time
    if isinstance(error, redis.exceptions.NoPermissionError) or said.startswith("NOPERM"):
        sentence = f"Redis at {where}: no permissions for {what} ({stream}): {said}"
        return StreamError(
            "authorization", sentence, "use ACL SETUSER; docs/workers.md lists the commands and keys"
        )
    if isinstance(error, redis.AuthenticationError) or said.startswith(("NOAUTH", "WRONGPASS")):
        sentence = f"Redis at {where} rejects the credentials: {said}"
        return StreamError(
            "authentication", sentence, "set REDIS_USERNAME and REDIS_PASSWORD in the environment"
        )
    if "certificate" in said.lower() or "ssl" in said.lower():
        return StreamError(
            "authentication", f"Redis at {where}: TLS failed: {said}", "use --source-option ssl_ca_certs=FILE"
        )
    if isinstance(error, redis.exceptions.BusyLoadingError):
        return StreamError("unreachable", f"Redis at {where} is loading its data", heals=True)
    if isinstance(error, (redis.ConnectionError, redis.TimeoutError, OSError)):
        hint = "check host and port; use rediss:// if the server requires TLS"
        return StreamError("unreachable", f"Redis at {where} cannot be reached: {said}", hint, heals=True)
    if said.startswith("WRONGTYPE"):
        sentence = f"Redis at {where}: the key {stream} is not a stream"
        return StreamError("configuration", sentence, "set stream= to walkerOS' streamKey")
    if names_missing(error):
        sentence = f"Redis at {where} has no stream {stream}"
        hint = "walkerOS creates it with the first event; the worker continues once it exists"
        return StreamError("no_topic", sentence, hint, heals=True)
    if "DB index is out of range" in said or "invalid DB index" in said:
        return StreamError("configuration", f"Redis at {where} has no such database: {said}")
    if "unknown command" in said.lower():
        sentence = f"Redis at {where} is too old for taking over entries: {said}"
        return StreamError("unsupported", sentence, "use Redis 6.2 or newer")
    # Out of memory, a replica, a failed save: the worker waits until an administrator resolves it.
    return StreamError("unreachable", f"Redis at {where}: {what} ({stream}) failed: {said}", heals=True)


def names_missing(error: Exception) -> bool:
    """Return whether an error of Redis says that a stream, or its group, does not exist."""
    said = str(error)
    return said.startswith("NOGROUP") or "requires the key to exist" in said or "no such key" in said.lower()


def text_of(value: Any) -> str:
    """Return a response of Redis as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
