"""Synthetic walkerOS events from simulated people and their journeys; the same seed gives the same bytes."""

from .stream import Crowd, events

__all__ = ["Crowd", "events"]
