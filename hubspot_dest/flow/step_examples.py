"""The step examples of a destination: an event, and the calls it must lead to (walkerOS 4.4, sections 6.5 and 8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.mapping.jsvalues import UNDEFINED

__all__ = ["StepExample", "step_examples"]

_COMMANDS: Final = ("config", "consent", "user", "run")


@dataclass(frozen=True, slots=True)
class StepExample:
    """One example of a destination's entry.

    Attributes:
        name: its key.
        title: two to five words, or its name.
        description: a sentence, or empty.
        given: the event, or the data of a command.
        command: `consent`, `user`, `run` or `config`, if `given` belongs to a command; else empty.
        rule: stands at `mapping[entity][action]` for this example, or `UNDEFINED`.
        settings: lie over the destination's own settings.
        calls: what must be called at the client, in order; None where the example does not say.

    """

    name: str
    title: str
    description: str
    given: Any = field(repr=False)
    command: str = ""
    rule: Any = UNDEFINED
    settings: dict[str, Any] = field(default_factory=dict)
    calls: list[list[Any]] | None = None


def step_examples(entry: Any) -> list[StepExample]:
    """Return the examples of a destination's entry in a flow; what is none is left out.

    Args:
        entry: `{config, examples: {name: {title?, description?, in, mapping?, out?, command?, settings?}}}`.

    """
    found = entry.get("examples") if isinstance(entry, dict) else None
    if not isinstance(found, dict):
        return []
    return [_example(str(name), one) for name, one in found.items() if isinstance(one, dict) and "in" in one]


def _example(name: str, one: dict[str, Any]) -> StepExample:
    command, settings = one.get("command"), one.get("settings")
    return StepExample(
        name,
        str(one.get("title") or name),
        str(one.get("description") or ""),
        one["in"],
        command if command in _COMMANDS else "",
        one.get("mapping", UNDEFINED),
        settings if isinstance(settings, dict) else {},
        _calls(one.get("out", UNDEFINED)),
    )


def _calls(out: Any) -> list[list[Any]] | None:
    """Return a list of effects; up to version 3 a single one stood alone (section 9)."""
    if not isinstance(out, list):
        return None
    if out and isinstance(out[0], str):
        return [out]
    return [effect for effect in out if isinstance(effect, list)]
