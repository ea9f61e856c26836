"""One HTTP request over urllib3: interim answers, redirects, and the reason if there is no answer.

HTTP is read as servers and proxies on the internet send it (RFC 9110, sections 15.2 and 15.4): any number of interim
answers (100, 102, 103) may come before the answer, and a server may move a path with 307 or 308.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from hubspot_dest.delivery.client.errors import DeliveryError
from hubspot_dest.masking import mask_token

__all__ = ["exchange", "prepare"]

_SAME_REQUEST: Final = (307, 308)  # the method and the body stay as they are (RFC 9110, section 15.4)
_MOST_REDIRECTS: Final = 3
_NO_TLS: Final = ("wrong version number", "record layer failure", "unknown protocol", "eof occurred")
_PORTS: Final = {"http": 80, "https": 443}


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
    import urllib3

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
    import urllib3

    return urllib3.Timeout(connect=connect, read=read)


def _reason(error: Exception, url: str) -> str:
    """Return why there was no answer, in a sentence without the names of libraries."""
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
        f"the connection to {where} broke: {type(next(filter(_is_error, reversed(causes)), inner)).__name__}"
    )


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


def prepare(pool_manager: Any) -> None:
    """Make a pool read interim answers, and print no headers.

    The standard library's `debuglevel` would print every header, the token among them.
    """
    import urllib3

    from hubspot_dest.delivery.client.keep_alive import FinalResponse

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
