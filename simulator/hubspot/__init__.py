"""The fake HubSpot: its rules, its state, its wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fake import FakeHubSpot

__all__ = ["FakeHubSpot"]


def __getattr__(name: str) -> Any:
    """Load the server when it is asked for: uvicorn costs 0.15 s, and `--help` needs none of it."""
    if name != "FakeHubSpot":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from .fake import FakeHubSpot

    return FakeHubSpot
