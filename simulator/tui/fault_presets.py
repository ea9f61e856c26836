"""Faults and stories by name, as the terminal offers them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simulator.hubspot.faults.fault_board import Fault
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import parse_fault

__all__ = ["FAULT_PRESETS", "FaultPreset", "describe_fault", "faults_named"]


@dataclass(frozen=True, slots=True)
class FaultPreset:
    """A fault that can be chosen from a list.

    Attributes:
        name: its name.
        spec: the fault in the notation of `--fault`.
        effect: what it does, as a phrase.

    """

    name: str
    spec: str
    effect: str


FAULT_PRESETS = (
    FaultPreset("rate limit", "429:count=6,retry-after=1", "the next six calls answer 429"),
    FaultPreset("unavailable", "503:for=10s", "HubSpot is down for ten seconds"),
    FaultPreset("now and then", "500:every=3", "every third call answers 500"),
    FaultPreset("token revoked", "401", "everything answers 401 until cleared"),
    FaultPreset("slow", "latency:delay=800ms", "every call takes 0.8 s more"),
    FaultPreset(
        "lost answers", "lost:count=4", "stored, but the answer never arrives: a retry must not count twice"
    ),
    FaultPreset("cut before", "close-before:count=4", "the connection breaks before anything is stored"),
    FaultPreset("cut short", "truncated:count=4", "the answer ends in the middle"),
    FaultPreset("empty answer", "empty-200:count=4", "200 without a body"),
)


def faults_named(name: str) -> tuple[Fault, ...]:
    """Return the faults of a story or a preset by its name, or one fault from its text.

    Raises:
        FaultSyntaxError: the name is unknown and the text is not a fault.

    """
    story = STORIES.get(name)
    if story is not None:
        return story.faults
    spec = next((preset.spec for preset in FAULT_PRESETS if preset.name == name), None)
    return (parse_fault(name),) if spec is None else (replace(parse_fault(spec), name=name),)


def describe_fault(name: str) -> str:
    """Return what a story or a preset does."""
    if name in STORIES:
        return STORIES[name].tells
    return next(f"{preset.effect} ({preset.spec})" for preset in FAULT_PRESETS if preset.name == name)
