"""The fake HubSpot: its rules, its state, its wire."""

from .fake import FakeHubSpot

__all__ = ["FakeHubSpot"]
