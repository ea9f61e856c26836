"""A simulated HubSpot: its rules, its state and its HTTP server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fake import FakeHubSpot

__all__ = ["FakeHubSpot"]


def __getattr__(name: str) -> Any:
    """Import the server on first use: uvicorn takes 0.15 s to import, and `--help` does not need it."""
    if name != "FakeHubSpot":
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    from .fake import FakeHubSpot

    return FakeHubSpot
