"""Synthetic walkerOS events from simulated people and their journeys; the same seed gives the same bytes."""

from .calendar_time import CalendarError
from .stream import Crowd, events

__all__ = ["CalendarError", "Crowd", "events"]
