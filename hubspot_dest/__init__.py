"""Send walkerOS events to HubSpot, and see exactly what HubSpot will receive before you go live.

from hubspot_dest import HubSpotDestination

with HubSpotDestination(config) as destination:
    outcome = destination.push({"name": "order complete", "data": {"total": 99.5}})
    print(outcome.kind, outcome.calls)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubspot_dest._version import __version__

if TYPE_CHECKING:
    from hubspot_dest.aio import AsyncHubSpotDestination
    from hubspot_dest.config.connection import Connection
    from hubspot_dest.config.model import Config, ConfigError
    from hubspot_dest.config.validation import Problem
    from hubspot_dest.delivery.client.client import Client, HubSpotClient
    from hubspot_dest.delivery.client.errors import DeliveryError
    from hubspot_dest.delivery.dispatch.retry import RetryPolicy
    from hubspot_dest.delivery.outbox.schema import OutboxError
    from hubspot_dest.delivery.settings import OutboxSettings
    from hubspot_dest.destination import HubSpotDestination
    from hubspot_dest.mapping.evaluation import Issue, Trace
    from hubspot_dest.outcome import Outcome
    from hubspot_dest.planning.plan import ContactUpsert, Plan
    from hubspot_dest.planning.planner import Planner

__all__ = [
    "__version__",
    "AsyncHubSpotDestination",
    "Client",
    "Config",
    "ConfigError",
    "Connection",
    "ContactUpsert",
    "DeliveryError",
    "HubSpotClient",
    "HubSpotDestination",
    "Issue",
    "Outcome",
    "OutboxError",
    "OutboxSettings",
    "Plan",
    "Planner",
    "Problem",
    "RetryPolicy",
    "Trace",
]

_HOMES = {
    "AsyncHubSpotDestination": "aio",
    "Client": "delivery.client.client",
    "Config": "config.model",
    "ConfigError": "config.model",
    "Connection": "config.connection",
    "ContactUpsert": "planning.plan",
    "DeliveryError": "delivery.client.errors",
    "HubSpotClient": "delivery.client.client",
    "HubSpotDestination": "destination",
    "Issue": "mapping.evaluation",
    "OutboxError": "delivery.outbox.schema",
    "OutboxSettings": "delivery.settings",
    "Outcome": "outcome",
    "Plan": "planning.plan",
    "Planner": "planning.planner",
    "Problem": "config.validation",
    "RetryPolicy": "delivery.dispatch.retry",
    "Trace": "mapping.evaluation",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: `--help` must not wait for pydantic."""
    if name not in _HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
