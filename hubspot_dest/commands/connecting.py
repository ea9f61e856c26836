"""Options that say how HubSpot is reached, over what the configuration says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import click

from hubspot_dest.saying import safe_text, stop

if TYPE_CHECKING:
    from hubspot_dest.config import Config

__all__ = ["connected", "connection_options", "is_real"]

_REAL: Final = ("hubapi.com", "hubspot.com")
F = TypeVar("F", bound=Callable[..., Any])


def connection_options(function: F) -> F:
    """Add --base-url, --api-version, --proxy, --ca-bundle and --timeout."""
    decorators = [
        click.option("--base-url", metavar="URL", help="Where HubSpot is; the real one by default."),
        click.option(
            "--api-version", metavar="VERSION", help="v3 (the default), 2025-09, 2026-03, 2026-09 …"
        ),
        click.option(
            "--proxy", metavar="URL", envvar="HUBSPOT_DEST_PROXY", help="http://[user:password@]host:port"
        ),
        click.option(
            "--ca-bundle", metavar="FILE", help="Certificates to trust instead of the system's, PEM."
        ),
        click.option(
            "--timeout",
            type=click.FloatRange(min=0.1),
            metavar="SECONDS",
            help="How long to wait for an answer.",
        ),
    ]
    for decorator in reversed(decorators):
        function = decorator(function)
    return function


def connected(
    config: Config,
    *,
    base_url: str | None,
    api_version: str | None,
    proxy: str | None,
    ca_bundle: str | None,
    timeout: float | None,
) -> Config:
    """Return the configuration with what the command line says instead; what cannot work ends the command."""
    from pydantic import SecretStr  # here, so that --help waits for nothing

    known = config.connection
    made = replace(
        known,
        base_url=base_url or known.base_url,
        api_version=api_version or known.api_version,
        proxy=SecretStr(proxy) if proxy else known.proxy,
        ca_bundle=ca_bundle or known.ca_bundle,
    )
    try:
        made.host, made.version, made.via  # noqa: B018 - each raises
        made.check_trust()
    except ValueError as error:
        stop(safe_text(error), "--base-url http://127.0.0.1:8080")
    timeout_ms = config.timeout_ms if timeout is None else int(timeout * 1000)
    return replace(config, connection=made, timeout_ms=timeout_ms)


def is_real(config: Config) -> bool:
    """Tell whether this is the real HubSpot."""
    host = (urlsplit(config.connection.base_url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in _REAL)
