"""The address of a stream: `kafka://host:9092/topic?group=g`, `redis://host:6379/0?stream=s&group=g`.

Credentials come only from the environment, since an address is visible in the process list.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from hubspot_dest.masking.secret import MaskedText, Secret
from hubspot_dest.streams.errors import StreamError

__all__ = ["Credentials", "StreamAddress", "is_stream_url", "read_address", "read_options"]

Engine = Literal["kafka", "redis"]

_SCHEMES: Final[Mapping[str, Engine]] = {"kafka": "kafka", "redis": "redis", "rediss": "redis"}
_PORTS: Final[Mapping[Engine, int]] = {"kafka": 9092, "redis": 6379}
_PARAMETERS: Final[Mapping[Engine, frozenset[str]]] = {
    "kafka": frozenset({"group", "dead", "waiting"}),
    "redis": frozenset({"group", "stream", "dead", "waiting", "maxlen"}),
}
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_SECRET_OPTION: Final = re.compile(r"password|secret|passphrase|(^|\.)key\.pem|oauth.*token", re.IGNORECASE)
_OPTION_NAME: Final = re.compile(r"[a-z][a-z_]*(?:\.[a-z_]+)*(?=[\s:]|$)")
_VARIABLES: Final[Mapping[Engine, tuple[str, str]]] = {
    "kafka": ("KAFKA_USERNAME", "KAFKA_PASSWORD"),
    "redis": ("REDIS_USERNAME", "REDIS_PASSWORD"),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The user name and password for the broker; both are empty without authentication."""

    username: str = ""
    password: Secret = field(default_factory=lambda: MaskedText(""))


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """The address of a stream.

    Attributes:
        engine: `kafka` or `redis`.
        hosts: the brokers as `host:port`; Kafka may have several.
        streams: the topic, or the streams.
        group: the consumer group.
        tls: whether TLS is used, by `rediss://` or Kafka's `security.protocol`.
        database: the number of the Redis database.
        dead: the topic or stream of dead letters; empty for the default of each stream (`dead_of`).
        waiting: the topic or stream of events that wait for consent; empty for the default (`waiting_of`).
        maxlen: the length at which the producer trims the stream; None if unknown.
        credentials: the credentials from the environment.
        options: options of the client library, from `--source-option`.

    """

    engine: Engine
    hosts: tuple[str, ...]
    streams: tuple[str, ...]
    group: str
    tls: bool = False
    database: int = 0
    dead: str = ""
    waiting: str = ""
    maxlen: int | None = None
    credentials: Credentials = field(default_factory=Credentials)
    options: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        scheme = "rediss" if self.tls and self.engine == "redis" else self.engine
        path = self.streams[0] if self.engine == "kafka" else str(self.database)
        query = f"group={self.group}"
        if self.engine == "redis":
            query = f"stream={','.join(self.streams)}&{query}"
        return f"{scheme}://{','.join(self.hosts)}/{path}?{query}"

    def dead_of(self, stream: str) -> str:
        """Return the topic or stream of a stream's dead letters: `<stream>.dead` unless the address has another."""
        return self.dead or f"{stream}.dead"

    def waiting_of(self, stream: str) -> str:
        """Return the topic or stream of the waiting events: `<stream>.waiting` unless the address has another."""
        return self.waiting or f"{stream}.waiting"


def is_stream_url(text: str) -> bool:
    """Return whether a text looks like the address of a stream."""
    return text.partition("://")[0].lower() in _SCHEMES and "://" in text


def read_options(pairs: Sequence[str]) -> dict[str, str]:
    """Parse `--source-option key=value` pairs.

    Raises:
        StreamError: an option is not a pair, or is a secret, which the process list would show.

    """
    options = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not name or not equals:
            raise _address_error(
                f"--source-option {_option_name(pair)} is not key=value", "--source-option fetch.min.bytes=1"
            )
        if _SECRET_OPTION.search(name):
            raise _address_error(
                f"--source-option {name} would show a secret in the process list",
                "set it in the environment: KAFKA_PASSWORD or REDIS_PASSWORD",
            )
        options[name] = value.strip()
    return options


def _option_name(pair: str) -> str:
    """Return what may be the name of an invalid option; the rest may be a secret and is masked."""
    name = _OPTION_NAME.match(pair)
    if name is None or not ("." in name[0] or "_" in name[0]):
        return "****"
    return repr(name[0]) if name.end() == len(pair) else f"{name[0]!r} ****"


def read_address(
    text: str,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    *,
    needs_group: bool = True,
) -> StreamAddress:
    """Parse the address of a stream.

    Args:
        text: the URL.
        options: `key=value` options of the client library.
        environment: the environment with the credentials; by default that of the process.
        needs_group: whether a group is required, as for a worker; a writer needs none.

    Raises:
        StreamError: the address is invalid (kind `configuration`).

    """
    known = read_options(options)
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise _address_error(f"the source is not an address: {error}", _example("kafka")) from None
    engine = _SCHEMES.get(parts.scheme.lower())
    if engine is None:
        begins = f"not {parts.scheme}://" if parts.scheme else "but has no scheme"
        sentence = f"the source must begin with kafka://, redis:// or rediss://, {begins}"
        raise _address_error(sentence, _example("kafka"))
    if "@" in parts.netloc:
        names = " and ".join(_VARIABLES[engine])
        raise _address_error(
            "the source contains credentials, which the process list would show", f"export {names}"
        )
    query = _query(parts, engine)
    group = query.get("group", "")
    if not group and needs_group:
        raise _address_error("the source has no group", _example(engine))
    for name in ("dead", "waiting"):
        if name in query and not query[name]:
            raise _address_error(f"{name}= is empty in the source", f"write {name}=NAME, or leave it out")
    for name, value in query.items():
        if not value.isprintable():  # librdkafka ends the process at a NUL, and no client shows the others
            raise _address_error(f"{name}={value!r} has a character that cannot be printed", _example(engine))
    parse = _kafka if engine == "kafka" else _redis
    address = parse(parts, query, group, _credentials(engine, environment), known)
    _require_distinct(address)
    return address


def _kafka(
    parts: SplitResult, query: dict[str, str], group: str, credentials: Credentials, options: dict[str, str]
) -> StreamAddress:
    topic = unquote(parts.path.strip("/"))
    if not topic:
        raise _address_error("the source has no topic", _example("kafka"))
    for name in (topic, query.get("dead"), query.get("waiting")):
        if name is not None and (not _TOPIC.fullmatch(name) or name in (".", "..")):
            raise _address_error(
                f"{name!r} is not a valid topic name: up to 249 letters, digits, '.', '_' and '-'",
                _example("kafka"),
            )
    address = StreamAddress(
        "kafka",
        _hosts(parts, "kafka"),
        (topic,),
        group,
        tls="SSL" in options.get("security.protocol", "").upper(),
        dead=query.get("dead", ""),
        waiting=query.get("waiting", ""),
        credentials=credentials,
        options=options,
    )
    for name, letters in (("dead", address.dead_of(topic)), ("waiting", address.waiting_of(topic))):
        if not _TOPIC.fullmatch(letters):
            raise _address_error(
                f"{letters!r} is too long for the name of a topic, which has at most 249 characters",
                f"{name}=NAME",
            )
    return address


def _redis(
    parts: SplitResult, query: dict[str, str], group: str, credentials: Credentials, options: dict[str, str]
) -> StreamAddress:
    database = parts.path.strip("/") or "0"
    if not database.isdigit() or not database.isascii():
        raise _address_error(f"{database!r} is not the number of a Redis database", _example("redis"))
    streams = tuple(dict.fromkeys(name for name in query.get("stream", "").split(",") if name))
    if not streams:
        raise _address_error("the source has no stream", _example("redis"))
    hosts = _hosts(parts, "redis")
    if len(hosts) > 1:
        raise _address_error(
            "the source has several hosts, but a worker reads from one Redis", _example("redis")
        )
    maxlen = query.get("maxlen")
    if maxlen is not None and not (maxlen.isdigit() and maxlen.isascii() and int(maxlen)):
        raise _address_error(
            f"maxlen={maxlen} is not a number of entries",
            "use the maxLen of walkerOS, for example maxlen=50000",
        )
    return StreamAddress(
        "redis",
        hosts,
        streams,
        group,
        tls=parts.scheme.lower() == "rediss",
        database=int(database),
        dead=query.get("dead", ""),
        waiting=query.get("waiting", ""),
        maxlen=None if maxlen is None else int(maxlen),
        credentials=credentials,
        options=options,
    )


def _hosts(parts: SplitResult, engine: Engine) -> tuple[str, ...]:
    found = []
    for part in parts.netloc.split(","):
        host, colon, port = part.rpartition(":")
        if part.startswith("[") and part.endswith("]"):
            host, colon, port = part, "", ""
        elif not colon:
            host, port = part, ""
        is_name = host.startswith("[") or not re.search(r"[\s:]", host)
        if not host or not is_name or (colon and not (port.isdigit() and 0 < int(port) < 65_536)):
            raise _address_error(f"{part!r} is not a host:port", _example(engine))
        found.append(f"{host}:{port or _PORTS[engine]}")
    return tuple(found)


def _query(parts: SplitResult, engine: Engine) -> dict[str, str]:
    if parts.fragment:
        raise _address_error(
            "the source has a fragment (#…), which has no meaning", "write %23 for # in a name"
        )
    query: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name not in _PARAMETERS[engine]:
            known = ", ".join(sorted(_PARAMETERS[engine]))
            hint = f"parameters are {known}; pass options of the client library with --source-option {name}=…"
            raise _address_error(f"{name} is not a parameter of {engine}://", hint)
        if name in query:
            raise _address_error(
                f"{name} occurs twice in the source", "write stream=a,b,c for several streams"
            )
        query[name] = value.strip()
    return query


def _credentials(engine: Engine, environment: Mapping[str, str] | None) -> Credentials:
    known = os.environ if environment is None else environment
    user, password = _VARIABLES[engine]
    # Mounted secrets usually end with a line break, which is not part of them.
    return Credentials(known.get(user, "").strip(), MaskedText(known.get(password, "").strip()))


def _require_distinct(address: StreamAddress) -> None:
    """Raise StreamError if dead letters or waiting events would be read again, or would be in the same stream."""
    for stream in address.streams:
        places = (stream, address.dead_of(stream), address.waiting_of(stream))
        if len(set(places)) < len(places) or set(places[1:]) & set(address.streams):
            raise _address_error(
                "events, dead letters and waiting events need three different names",
                f"leave out dead= and waiting= to use {stream}.dead and {stream}.waiting",
            )


def _address_error(sentence: str, hint: str) -> StreamError:
    return StreamError("configuration", sentence, hint)


def _example(engine: Engine) -> str:
    if engine == "kafka":
        return "kafka://localhost:9092/walkeros?group=hubspot"
    return "redis://localhost:6379/0?stream=walkeros:events&group=hubspot"
