"""A configuration as the engine may use it: nothing of it reaches the real HubSpot."""

from __future__ import annotations

from dataclasses import replace

from pydantic import SecretStr

from hubspot_dest.config import Config
from simulator.hubspot import portal
from simulator.hubspot.service import DEFAULT_TOKEN

__all__ = ["portal_of", "tamed"]


def tamed(config: Config) -> Config:
    """Return the configuration with the fake HubSpot's token and no client of its own: nothing gets out."""
    return replace(config, token=SecretStr(DEFAULT_TOKEN), env_client=None)


def portal_of(config: Config) -> int:
    """Return the portal that the configuration's event names belong to."""
    return portal.portal_of(config.raw)
