"""Find the portal that a configuration is written for."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["DOCUMENTED_PORTAL", "portal_of"]

DOCUMENTED_PORTAL: Final = 12345678
_PREFIX: Final = re.compile(r"pe([0-9]{1,15})_")


def portal_of(config: dict[str, Any]) -> int:
    """Return the portal that the configuration's `settings.eventNamePrefix` belongs to.

    Without a portal in the prefix, return `DOCUMENTED_PORTAL`, which the documentation uses in its examples. HubSpot
    refuses event names of another portal (wire facts, section 1.4), so the simulator must use the configuration's.
    """
    settings = config.get("settings")
    prefix = settings.get("eventNamePrefix") if isinstance(settings, dict) else None
    match = _PREFIX.match(prefix) if isinstance(prefix, str) else None
    return int(match[1]) if match else DOCUMENTED_PORTAL
