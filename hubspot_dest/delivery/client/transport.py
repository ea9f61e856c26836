"""One HTTP request and its answer: redirects, interim answers, kept connections, and the reason if there is no answer.

HTTP is read as servers and proxies on the internet send it (RFC 9110, sections 15.2 and 15.4): any number of interim
answers (100, 102, 103) may come before the answer, and a server may move a path with 307 or 308.

Requests go over kept connections of the standard library's `http.client`, at less than half of urllib3's cost; only
proxies are left to urllib3. What `KeepAlivePool` raises, and what it makes of an odd answer, is the same as urllib3's.
No request is sent twice: whether it may be repeated is decided by the dispatcher.

Connection classes are looked up in `http.client` for every new connection, and a kept connection is used again only
while they are unchanged. A tool that patches them, such as vcrpy, sees all traffic while it is active, and none later.
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
from urllib.parse import urljoin, urlsplit

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

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.masking import mask_token

__all__ = ["FinalResponse", "KeepAlivePool", "exchange", "prepare"]

_SAME_REQUEST: Final = (307, 308)  # the method and the body stay as they are (RFC 9110, section 15.4)
_MOST_REDIRECTS: Final = 3
_PORTS: Final = {"http": 80, "https": 443}
_MOST_KEPT: Final = 16
_MOST_INTERIM: Final = 100
_GENUINE: Final = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
_NO_TLS: Final = ("wrong version number", "record layer failure", "unknown protocol", "eof occurred")


def exchange(
    pool: Any, method: str, url: str, data: bytes | None, headers: Any, timeout: Any, token: str
) -> Any:
    """Send one request and return the answer, whatever its status.

    A redirect is followed only where it keeps the method and stays at the same scheme, host and port: elsewhere the
    token would reach an address that is not in the configuration.

    Raises:
        DeliveryError: there is no answer.

    """
    answer = _request(pool, method, url, data, headers, timeout, token)
    for _ in range(_MOST_REDIRECTS):
        target = _target(answer, url)
        keeps = answer.status in _SAME_REQUEST or (method == "GET" and answer.status in (301, 302))
        if target is None or not keeps or _origin(target) != _origin(url):
            break
        url = target
        answer = _request(pool, method, url, data, headers, timeout, token)
    return answer


def _target(answer: Any, url: str) -> str | None:
    location = answer.headers.get("Location")
    if not location:
        return None
    try:
        target = urljoin(url, str(location))
        _origin(target)
    except ValueError:
        return None
    return target


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _request(
    pool: Any, method: str, url: str, data: bytes | None, headers: Any, timeout: Any, token: str
) -> Any:
    connect, read = timeout
    try:
        return pool.request(
            method,
            url,
            body=data,
            headers=headers,
            timeout=_timeout(connect, read),
            redirect=False,
        )
    except urllib3.exceptions.NewConnectionError as error:  # a kind of timeout to urllib3, refused or not
        raise DeliveryError("unreachable", mask_token(_reason(error, url), token)) from None
    except urllib3.exceptions.TimeoutError as error:
        connecting = isinstance(error, urllib3.exceptions.ConnectTimeoutError)
        waited = connect if connecting else read
        where = urlsplit(url).netloc
        raise DeliveryError(
            "unreachable" if connecting else "timeout", f"no answer from {where} within {waited:g} s"
        ) from None
    except urllib3.exceptions.ProxyError as error:
        raise DeliveryError("unreachable", _proxy_reason(pool, error)) from None
    except urllib3.exceptions.HTTPError as error:
        raise DeliveryError("unreachable", mask_token(_reason(error, url), token)) from None
    except ValueError:  # from the standard library's check of header values; its text quotes the token
        message = "a header cannot be sent: the access token holds a character that no HTTP header can hold"
        raise DeliveryError("unauthorized", message) from None


@lru_cache(maxsize=16)
def _timeout(connect: float, read: float) -> Any:
    return urllib3.Timeout(connect=connect, read=read)


def prepare(pool_manager: Any) -> None:
    """Make a pool read interim answers, and print no headers.

    The standard library's `debuglevel` would print every header, the token among them.
    """

    class Connection(urllib3.connection.HTTPConnection):
        debuglevel = 0
        response_class = FinalResponse

    class SecureConnection(urllib3.connection.HTTPSConnection):
        debuglevel = 0
        response_class = FinalResponse

    class Pool(urllib3.HTTPConnectionPool):
        ConnectionCls = Connection

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    pool_manager.pool_classes_by_scheme = {"http": Pool, "https": SecurePool}


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
        """Close idle connections; the next request opens a new one."""
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
            timeout: urllib3's `Timeout`: to connect, and between two reads of the answer.
            options: other options of urllib3; ignored.

        Raises:
            urllib3.exceptions.HTTPError: there is no answer.
            ValueError: a header holds a character that no header may hold.

        """
        scheme, host, port, target = _parsed(url)
        where = (scheme, host, port)
        opened_as = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        connection = self._idle(where, opened_as) or self._opened(where, opened_as, timeout)
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

    def _idle(self, where: tuple[str, str, int], opened_as: type) -> Any:
        """Return an idle connection that can be used, or None."""
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
            if type(connection) is opened_as and _is_usable(connection):
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
            return connection  # the class that replaced it decides when to connect, if at all
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


def _is_usable(connection: Any) -> bool:
    """Return whether an idle connection can be used: it is open, and has received nothing unexpected."""
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
        return False  # no valid length: the answer ends with the connection


def _no_connection(
    error: Exception, connection: Any, pool: Any, timeout: Any, *, greeting: bool
) -> Exception:
    """Return urllib3's exception for a connection that could not be opened."""
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
    """Send head and body in one piece: two would be two packets and two system calls."""
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
        pass  # the server may have answered before it had read the whole request: read that answer
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
        # Proxies that use the other length would read a second answer in this one.
        connection.close()
        raise InvalidHeader(f"Content-Length contained multiple unmatching values ({', '.join(lengths)})")
    if response.headers.get("Content-Encoding"):
        # Not asked for, but possible; urllib3 decodes every encoding.
        headers = urllib3.HTTPHeaderDict(response.headers.items())
        return urllib3.HTTPResponse(io.BytesIO(data), headers, response.status)
    return HttpAnswer(response.status, data, response.headers)


def _reason(error: Exception, url: str) -> str:
    """Return why there was no answer, in a sentence that names no library."""
    inner = getattr(error, "reason", None) or error
    text = str(inner)
    lower = text.lower()
    where = urlsplit(url).netloc
    if "refused" in lower:
        return f"nothing listens at {where} (connection refused)"
    if type(inner).__name__ == "NameResolutionError" or "resolve" in lower or "name or service" in lower:
        return f"the name {urlsplit(url).hostname} cannot be resolved"
    if "unreachable" in lower or "no route" in lower:
        return f"there is no network route to {where}"
    if type(inner).__name__ in ("SSLError", "CertificateError") or "certificate" in lower:
        return f"TLS with {where} failed: {_tls_reason(text)}"
    causes = [inner, *getattr(inner, "args", ())]
    if any(type(cause).__name__ == "RemoteDisconnected" for cause in causes):
        return f"{where} closed the connection without an answer"
    return (
        f"the connection to {where} broke: {_break_reason(next(filter(_is_error, reversed(causes)), inner))}"
    )


def _break_reason(cause: Any) -> str:
    """Return how a connection broke, in words rather than as the name of a class."""
    words = {
        ConnectionResetError: "it was reset by the other side",
        ConnectionAbortedError: "it was aborted",
        BrokenPipeError: "it was closed while the request was sent",
        TimeoutError: "it took too long",
        http.client.IncompleteRead: "the response ended too early",
        IncompleteRead: "the response ended too early",
        http.client.BadStatusLine: "the response is not HTTP",
        http.client.LineTooLong: "a line of the response is too long",
        InvalidHeader: "a header of the response is invalid",
        http.client.HTTPException: "the response is not valid HTTP",
        ValueError: "the response is not valid HTTP",
    }
    known = next((text for kind, text in words.items() if isinstance(cause, kind)), None)
    system = cause.strerror if isinstance(cause, OSError) else None
    return known or system or str(cause) or "for an unknown reason"


def _is_error(cause: Any) -> bool:
    return isinstance(cause, BaseException)


def _tls_reason(text: str) -> str:
    said = text.rsplit("] ", 1)[-1].rstrip(")'\" ,").partition(" (_ssl")[0]
    lower = text.lower()
    if any(tl in lower for tl in _NO_TLS):
        return f"{said}; the server does not seem to speak HTTPS: should the address begin with http://?"
    if "certificate verify failed" in lower or "mismatch" in lower:
        return f"{said}; is it the right server? --ca-bundle FILE (caBundle) trusts other certificates"
    return said


def _proxy_reason(pool: Any, error: Any) -> str:
    """Return why a proxy refused the connection: `Tunnel connection failed: 407 Proxy Authentication Required`."""
    where = pool.proxy.netloc
    inner = error.original_error
    text = str(inner)
    if "refused" in text.lower():
        return f"no proxy listens at {where} (connection refused)"
    if "resolve" in text.lower() or "name or service" in text.lower():
        return f"the name of the proxy {where} cannot be resolved"
    said = text.removeprefix("Tunnel connection failed: ")
    return f"the proxy {where} refused the connection: {said if said != text else type(inner).__name__}"
