"""Send requests over kept connections of the standard library's `http.client`, for less than half of urllib3's price.

What it raises, and what it makes of an odd answer, is urllib3's: whoever stands around a pool cannot tell them apart.
Proxies are left to urllib3. Nothing is ever sent twice: whether a request may be repeated is decided elsewhere.

Connection classes are looked up in `http.client` whenever a connection is opened, and a kept connection is only used
while they are still the same: who patches them, as vcrpy does, sees all traffic from then on, and none afterwards.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import io
import os
import socket
import ssl
import weakref
from collections import deque
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    IncompleteRead,
    InvalidHeader,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.wait import wait_for_read

__all__ = ["FinalResponse", "KeepAlivePool"]

_MOST_KEPT: Final = 16
_MOST_INTERIM: Final = 100
_PORTS: Final = {"http": 80, "https": 443}
_GENUINE: Final = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}


class FinalResponse(http.client.HTTPResponse):
    """Skips interim answers: the standard library skips only 100, and returns 103 as the answer."""

    def _read_status(self) -> tuple[str, int, str]:
        for _ in range(_MOST_INTERIM):
            version, status, reason = super()._read_status()  # type: ignore[misc]
            if not 100 <= status <= 199 or status == http.HTTPStatus.SWITCHING_PROTOCOLS:
                return version, status, reason
            http.client.parse_headers(self.fp)
        msg = f"more than {_MOST_INTERIM} interim answers"
        raise http.client.HTTPException(msg)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer.

    Attributes:
        status: the status code.
        data: the body.
        headers: the headers; names are found in any case.

    """

    status: int
    data: bytes
    headers: Any


class KeepAlivePool:
    """Sends requests and gives their answers, as urllib3's PoolManager does. Safe to use from several threads.

    Args:
        ca_bundle: trust the certificates of this file instead of the system's.

    """

    def __init__(self, ca_bundle: str | None = None) -> None:
        self._ca_bundle = ca_bundle
        self._trust: ssl.SSLContext | None = None
        self._kept: dict[tuple[str, str, int], deque[Any]] = {}
        self._process = os.getpid()
        self._finalizer = weakref.finalize(self, _close_all, self._kept)

    def close(self) -> None:
        """Close the connections that wait; the next request opens one again."""
        _close_all(self._kept)

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None,
        headers: Any,
        timeout: Any,
        **options: Any,  # noqa: ARG002
    ) -> Any:
        """Send one request and return its answer, whatever its status. No redirect is followed.

        Args:
            method: `POST` …
            url: an absolute http or https address.
            body: the bytes to send; None for none.
            headers: name to value.
            timeout: urllib3's; the time to connect, and the time between two pieces of the answer.
            options: urllib3's, for whoever calls any pool alike.

        Raises:
            urllib3.exceptions.HTTPError: there is no answer.
            ValueError: a header holds a character that no header takes.

        """
        scheme, host, port, target = _parsed(url)
        where = (scheme, host, port)
        opened_as = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        connection = self._waiting(where, opened_as) or self._opened(where, opened_as, timeout)
        reusable = False
        try:
            if connection.sock is not None:
                connection.sock.settimeout(timeout.read_timeout)
            _send(connection, method, target, body, headers)
            answer = _answer(connection, self, url)
            reusable = connection.sock is not None and opened_as is _GENUINE[scheme]
        finally:
            if not reusable:
                connection.close()
        if reusable:
            self._keep(where, connection)
        return answer

    def _waiting(self, where: tuple[str, str, int], opened_as: type) -> Any:
        """Return a connection that waits for its next request and still stands, or None."""
        if self._process != os.getpid():
            # After a fork the parent's sockets are not ours to use; closing our copies leaves its own open.
            _close_all(self._kept)
            self._process = os.getpid()
        waiting = self._kept.get(where)
        while waiting:
            try:
                connection = waiting.pop()
            except IndexError:  # another thread was faster
                break
            if type(connection) is opened_as and _stands(connection):
                return connection
            connection.close()
        return None

    def _opened(self, where: tuple[str, str, int], opened_as: Any, timeout: Any) -> Any:
        scheme, host, port = where
        more = {"context": self._context()} if scheme == "https" else {}
        connection = opened_as(host, port, timeout=timeout.connect_timeout, **more)
        # A debug level of the standard library would print every header, the token among them.
        connection.set_debuglevel(0)
        if opened_as is not _GENUINE[scheme]:
            return connection  # whoever replaced the class decides when to connect, and whether at all
        connection.response_class = FinalResponse
        try:
            connection.connect()
        except Exception as error:
            greeting = connection.sock is not None  # only TLS can still fail then
            connection.close()
            raise _no_connection(error, connection, self, timeout, greeting=greeting) from error
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context(cafile=self._ca_bundle)
            self._trust.set_alpn_protocols(["http/1.1"])
        return self._trust

    def _keep(self, where: tuple[str, str, int], connection: Any) -> None:
        waiting = self._kept.setdefault(where, deque())
        if len(waiting) < _MOST_KEPT:
            waiting.append(connection)
        else:
            connection.close()


def _close_all(kept: dict[tuple[str, str, int], deque[Any]]) -> None:
    for waiting in list(kept.values()):
        while waiting:
            with contextlib.suppress(IndexError):  # another thread was faster
                waiting.pop().close()


def _stands(connection: Any) -> bool:
    """Return whether a connection that waits can be used: not if it has unexpected bytes or was closed."""
    return connection.sock is not None and not wait_for_read(connection.sock, timeout=0.0)


@lru_cache(maxsize=64)
def _parsed(url: str) -> tuple[str, str, int, str]:
    parts = urllib3.util.parse_url(url)
    if not parts.host or parts.scheme not in _PORTS:
        raise LocationValueError(f"no http(s) address: {url}")
    host = parts.host.strip("[]")
    return parts.scheme, host, parts.port or _PORTS[parts.scheme], parts.request_uri


def _contradict(lengths: list[str]) -> bool:
    if len(lengths) == 1 and "," not in lengths[0]:
        return False
    try:
        return len({int(length) for length in ",".join(lengths).split(",")}) > 1
    except ValueError:
        return False  # no length at all: the answer ends with the connection


def _no_connection(
    error: Exception, connection: Any, pool: Any, timeout: Any, *, greeting: bool
) -> Exception:
    """Return urllib3's name for why a connection could not be opened."""
    if isinstance(error, socket.gaierror):
        return NameResolutionError(connection.host, connection, error)
    if isinstance(error, TimeoutError):
        if greeting:
            return ReadTimeoutError(pool, None, f"Read timed out. (read timeout={timeout.connect_timeout})")
        what = f"Connection to {connection.host} timed out. (connect timeout={timeout.connect_timeout})"
        return ConnectTimeoutError(connection, what)
    if isinstance(error, (ssl.SSLError, ssl.CertificateError)):
        return SSLError(error)
    if isinstance(error, OSError):
        if greeting:
            return ProtocolError("Connection aborted.", error)
        return NewConnectionError(connection, f"Failed to establish a new connection: {error}")
    return error


def _send(connection: Any, method: str, target: str, body: bytes | None, headers: Any) -> None:
    """Send head and body in one piece: two would be two packets, and two calls of the operating system."""
    pieces: list[bytes] = []
    genuine = type(connection) in _GENUINE.values()
    if genuine:
        connection.send = pieces.append
    try:
        try:
            connection.request(method, target, body=body, headers=headers)
        finally:
            if genuine:
                del connection.send
        if genuine:
            connection.send(b"".join(pieces))
    except BrokenPipeError:
        pass  # the server may have answered before it had read all; its answer is there to be read
    except (OSError, http.client.HTTPException) as error:
        if getattr(error, "errno", None) not in (errno.ECONNRESET, errno.EPROTOTYPE):
            raise ProtocolError("Connection aborted.", error) from error


def _answer(connection: Any, pool: Any, url: str) -> Any:
    try:
        response = connection.getresponse()
    except TimeoutError as error:
        raise ReadTimeoutError(pool, url, "Read timed out.") from error
    except ssl.SSLError as error:
        raise SSLError(error) from error
    except (OSError, http.client.HTTPException) as error:
        raise ProtocolError("Connection aborted.", error) from error
    try:
        data = response.read()
    except TimeoutError as error:
        raise ReadTimeoutError(pool, url, "Read timed out.") from error
    except http.client.IncompleteRead as error:
        partial = IncompleteRead(len(error.partial), error.expected or 0)
        raise ProtocolError(f"Connection broken: {partial!r}", partial) from error
    except ssl.SSLError as error:
        raise SSLError(error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ProtocolError(f"Connection broken: {error!r}", error) from error
    finally:
        response.close()
    lengths = response.headers.get_all("Content-Length")
    if lengths is not None and _contradict(lengths) and not getattr(response, "chunked", False):
        # Two lengths are two answers in one, to whoever believes the other one.
        connection.close()
        raise InvalidHeader(f"Content-Length contained multiple unmatching values ({', '.join(lengths)})")
    if response.headers.get("Content-Encoding"):
        # Not requested, but possible; urllib3 decodes every encoding.
        headers = urllib3.HTTPHeaderDict(response.headers.items())
        return urllib3.HTTPResponse(io.BytesIO(data), headers, response.status)
    return HttpAnswer(response.status, data, response.headers)
