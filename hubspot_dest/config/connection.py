"""The connection to HubSpot: base URL, API version, proxy and trusted certificates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit

from hubspot_dest.masking.secret import MaskedText, Secret

__all__ = ["API_VERSIONS", "DEFAULT_BASE_URL", "ApiVersion", "Connection", "Proxy"]

DEFAULT_BASE_URL: Final = "https://api.hubapi.com"

# The event paths of each version. HubSpot moved the dated paths between /events/custom/… and /events/… during 2026
# (wire facts, 1.1 and 2.1); these paths are those of HubSpot's own API descriptions.
API_VERSIONS: Final = {
    "v3": "/events/v3",
    "2025-09": "/events/custom/2025-09",
    "2026-03": "/events/2026-03",
    "2026-09": "/events/custom/2026-09",
}
_DATE: Final = r"\d{4}-(?:0[1-9]|1[0-2])"
_WRITTEN_OUT: Final = re.compile(rf"/?events/(?:custom/)?({_DATE})")
_OBJECTS: Final = re.compile(r"/crm/v3/(objects|properties)(?=/)")


@dataclass(frozen=True, slots=True)
class ApiVersion:
    """A version of HubSpot's API, as paths.

    Attributes:
        name: as configured: `v3`, `2026-03`, `events/2026-09` …
        events: the path prefix of `/send` and `/event-definitions`.
        date: `YYYY-MM` in the paths of contacts and properties; empty for v3.

    """

    name: str
    events: str
    date: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a version: `v3`, a date of `API_VERSIONS`, or a path `events/[custom/]YYYY-MM`.

        Raises:
            ValueError: unknown version; the message lists the known ones.

        """
        known = API_VERSIONS.get(text)
        if known is not None:
            return cls(text, known, "" if text == "v3" else text)
        match = _WRITTEN_OUT.fullmatch(text)
        if match is None:
            msg = (
                f"API version {text!r} is unknown; use {', '.join(API_VERSIONS)}, "
                "or a path such as events/2026-09 or events/custom/2026-09"
            )
            raise ValueError(msg)
        return cls(text, f"/{text.lstrip('/')}", match[1])

    def path(self, v3: str) -> str:
        """Return this version's path for a v3 path; bodies are the same in all versions (wire facts, 1.1 and 3)."""
        if not self.date:
            return v3
        if v3.startswith("/events/v3/events"):
            return v3.replace("/events/v3/events", f"/events/event-occurrences/{self.date}", 1)
        if v3.startswith("/events/v3/"):
            return self.events + v3.removeprefix("/events/v3")
        return _OBJECTS.sub(rf"/crm/\1/{self.date}", v3, count=1)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy; its password is masked in repr and messages.

    Attributes:
        url: the address, without user and password.
        login: `user:password`, or None.

    """

    url: str
    login: Secret | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `http://[user:password@]host:port`.

        Raises:
            ValueError: not an http(s) address; the text is not quoted, since it may contain a password.

        """
        parts = _split(text)
        if parts is None:
            msg = "the proxy must be an address of the form http://host:port or https://host:port"
            raise ValueError(msg)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        port = f":{parts.port}" if parts.port is not None else ""
        login = None
        if parts.username is not None:
            login = MaskedText(f"{unquote(parts.username)}:{unquote(parts.password or '')}")
        return cls(f"{parts.scheme}://{host}{port}", login)


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection settings.

    Attributes:
        base_url: HubSpot's base URL; a trailing slash is removed.
        api_version: see `ApiVersion.parse`.
        proxy: `http://[user:password@]host:port`, or None. The environment's HTTPS_PROXY is ignored, as by the
            official client.
        ca_bundle: a PEM file of CA certificates that replaces the system's, or None.

    """

    base_url: str = DEFAULT_BASE_URL
    api_version: str = "v3"
    proxy: Secret | None = None
    ca_bundle: str | None = None

    @classmethod
    def of_settings(cls, settings: dict[str, Any]) -> Self:
        """Read the connection from a destination's settings; a value that is not text counts as absent."""
        given = {key: settings.get(key) for key in ("baseUrl", "apiVersion", "proxy", "caBundle")}
        texts = {key: value for key, value in given.items() if isinstance(value, str) and value}
        return cls(
            base_url=texts.get("baseUrl", DEFAULT_BASE_URL),
            api_version=texts.get("apiVersion", "v3"),
            proxy=MaskedText(texts["proxy"]) if "proxy" in texts else None,
            ca_bundle=texts.get("caBundle"),
        )

    @property
    def version(self) -> ApiVersion:
        """The API version.

        Raises:
            ValueError: unknown version.
        """
        return ApiVersion.parse(self.api_version)

    @property
    def host(self) -> str:
        """The base URL without a trailing slash.

        Raises:
            ValueError: not an http(s) address, or one with a user, a query or a fragment.

        """
        parts = _split(self.base_url)
        if parts is not None and parts.username is not None:
            msg = "the base URL must not contain a user or password; HubSpot authenticates with a token"
            raise ValueError(msg)
        if parts is not None and (parts.query or parts.fragment):
            part = "a query" if parts.query else "a fragment"
            url = _without_secrets(self.base_url)
            msg = f"base URL {url!r} is not an http:// or https:// address alone: {part} is not allowed"
            raise ValueError(msg)
        if parts is None:
            msg = f"base URL {_without_secrets(self.base_url)!r} is not an http:// or https:// address"
            raise ValueError(msg)
        return self.base_url.rstrip("/")

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine's: that of a fake HubSpot, not the real one."""
        parts = _split(self.base_url)
        host = "" if parts is None else parts.hostname.lower()
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def via(self) -> Proxy | None:
        """The parsed proxy, or None.

        Raises:
            ValueError: not an http(s) address.
        """
        return None if self.proxy is None else Proxy.parse(self.proxy.get_secret_value())

    def check_trust(self) -> None:
        """Check the CA bundle.

        Raises:
            ValueError: the file cannot be read or contains no certificate.

        """
        if self.ca_bundle is None:
            return
        import ssl

        path = Path(self.ca_bundle)
        try:
            ssl.create_default_context(cafile=path)
        except ssl.SSLError:
            msg = f"CA bundle {self.ca_bundle!r} contains no certificate in PEM format"
            raise ValueError(msg) from None
        except OSError as error:
            msg = f"CA bundle {self.ca_bundle!r} cannot be read: {error.strerror or error}"
            raise ValueError(msg) from None


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError for a port that is not a number
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _without_secrets(url: str) -> str:
    """Return an invalid address for a message, with its login, query and fragment masked."""
    masked = re.sub(r"[?#].*", lambda match: match[0][0] + "****", url, flags=re.DOTALL)
    before, at, host = masked.rpartition("@")
    if not at:
        return masked
    scheme, slashes, _ = before.partition("://")
    return f"{scheme}://****@{host}" if slashes else f"****@{host}"
