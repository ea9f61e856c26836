"""What the command line says of how HubSpot is reached, over what the configuration says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hubspot_dest.cli.console import stop
from hubspot_dest.report.safe_text import safe_text

if TYPE_CHECKING:
    from hubspot_dest.cli.option_groups import ConnectionOptions
    from hubspot_dest.config.model import Config

__all__ = ["connected", "is_real"]

_REAL: Final = ("hubapi.com", "hubspot.com")


def connected(config: Config, reach: ConnectionOptions) -> Config:
    """Return the configuration with what the command line says instead; what cannot work ends the command."""
    from pydantic import SecretStr  # here, so that --help waits for nothing

    known = config.connection
    made = replace(
        known,
        base_url=reach.base_url or known.base_url,
        api_version=reach.api_version or known.api_version,
        proxy=SecretStr(reach.proxy) if reach.proxy else known.proxy,
        ca_bundle=reach.ca_bundle or known.ca_bundle,
    )
    try:
        made.host, made.version, made.via  # noqa: B018 - each raises
        made.check_trust()
    except ValueError as error:
        stop(safe_text(error), "--base-url http://127.0.0.1:8080")
    timeout_ms = config.timeout_ms if reach.timeout is None else int(reach.timeout * 1000)
    return replace(config, connection=made, timeout_ms=timeout_ms)


def is_real(config: Config) -> bool:
    """Tell whether this is the real HubSpot."""
    host = (urlsplit(config.connection.base_url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in _REAL)
