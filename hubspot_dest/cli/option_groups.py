"""Options that go together: several commands have them, and get each group as one value. Nothing heavy is loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from hubspot_dest.cli.options import time_zone
from hubspot_dest.cli.param_types import RealRange

if TYPE_CHECKING:
    from hubspot_dest.delivery.contact_cache import SharedContactCache
    from hubspot_dest.delivery.outbox.schema import Durability
    from hubspot_dest.delivery.settings import OutboxSettings, StreamSettings

__all__ = [
    "DeliveryOptions",
    "ConnectionOptions",
    "StreamDeliveryOptions",
    "WatchingOptions",
    "connection_options",
    "delivery_options",
    "stream_delivery_options",
    "watching_options",
]

F = TypeVar("F", bound=Callable[..., Any])


def _grouped(function: F, name: str, kind: type[Any], options: Sequence[Callable[[Any], Any]]) -> F:
    """Add options to a command, which gets them as one `kind` under `name`."""
    members = [one.name for one in fields(kind)]

    @wraps(function)
    def command(**given: Any) -> Any:
        group = kind(**{member: given.pop(member) for member in members})
        return function(**given, **{name: group})

    for option in reversed(options):
        command = option(command)
    return cast("F", command)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How HubSpot is reached, where the command line says so."""

    base_url: str | None
    api_version: str | None
    proxy: str | None
    ca_bundle: str | None
    timeout: float | None


def connection_options(function: F) -> F:
    """Add --base-url, --api-version, --proxy, --ca-bundle and --timeout; the command gets `reach`."""
    options = [
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
            type=RealRange(min=0.1),
            metavar="SECONDS",
            help="How long to wait for an answer.",
        ),
    ]
    return _grouped(function, "reach", ConnectionOptions, options)


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """How what is in an outbox is delivered."""

    durability: Durability
    connections: int
    portal_zone: str
    max_rps: float | None

    def outbox(self, path: Path | None) -> OutboxSettings | None:
        """Return the outbox as a destination takes it; None for none."""
        if path is None:
            return None
        from hubspot_dest.delivery.dispatch.retry import RetryPolicy
        from hubspot_dest.delivery.settings import OutboxSettings

        return OutboxSettings(
            path,
            durability=self.durability,
            connections=self.connections,
            max_rps=self.max_rps,
            policy=RetryPolicy(portal_zone=self.portal_zone),
        )


def _pace() -> list[Callable[[Any], Any]]:
    return [
        click.option(
            "--connections",
            type=click.IntRange(1, 64),
            default=4,
            show_default=True,
            help="Requests at once.",
        ),
        click.option(
            "--portal-zone",
            metavar="ZONE",
            default="UTC",
            callback=time_zone,
            help="Whose midnight ends the daily limit.",
        ),
        click.option("--max-rps", type=RealRange(min=0.01), metavar="N", help="Requests a second at most."),
    ]


@dataclass(frozen=True, slots=True)
class StreamDeliveryOptions:
    """How a worker delivers what a stream keeps."""

    connections: int
    portal_zone: str
    max_rps: float | None

    def settings(self, contacts: SharedContactCache | None) -> StreamSettings:
        """Return the settings as a destination takes them."""
        from hubspot_dest.delivery.dispatch.retry import RetryPolicy
        from hubspot_dest.delivery.settings import StreamSettings

        return StreamSettings(
            connections=self.connections,
            max_rps=self.max_rps,
            policy=RetryPolicy(portal_zone=self.portal_zone),
            contacts=contacts,
        )


def stream_delivery_options(function: F) -> F:
    """Add --connections, --portal-zone and --max-rps; the command gets `delivery`."""
    return _grouped(function, "delivery", StreamDeliveryOptions, _pace())


def delivery_options(function: F) -> F:
    """Add --durability, --connections, --portal-zone and --max-rps; the command gets `delivery`."""
    options = [
        click.option(
            "--durability",
            type=click.Choice(["full", "normal"]),
            default="full",
            show_default=True,
            help="What the outbox survives: power loss, or the death of this process.",
        ),
        *_pace(),
    ]
    return _grouped(function, "delivery", DeliveryOptions, options)


@dataclass(frozen=True, slots=True)
class WatchingOptions:
    """What is written down while events go out."""

    trail: Path | None
    metrics: str | None
    otel: bool
    shows_progress: bool


def watching_options(function: F) -> F:
    """Add --trail, --metrics, --otel and --progress; the command gets `watched`."""
    options = [
        click.option(
            "--trail",
            type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
            metavar="FILE",
            help="Write what becomes of every event to FILE, as JSON Lines; - for stderr. See `follow`.",
        ),
        click.option(
            "--metrics",
            metavar="[HOST:]PORT",
            help="Answer Prometheus at /metrics on this port; 0 takes a free one.",
        ),
        click.option(
            "--otel", is_flag=True, help="Counts and timings to OpenTelemetry, as its environment says."
        ),
        click.option(
            "--progress", "shows_progress", is_flag=True, help="Say every ten seconds how far it is."
        ),
    ]
    return _grouped(function, "watched", WatchingOptions, options)
