"""Synthetic walkerOS events: people who live through journeys; the same seed gives the same bytes."""

from .stream import Crowd, events

__all__ = ["Crowd", "events"]
