"""The step examples of a destination: an event and its expected calls (walkerOS 4.4, sections 6.5 and 8)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.events.shape import command_problems, event_problems
from hubspot_dest.mapping.jsvalues import UNDEFINED, date_ms, kind_of

__all__ = ["StepExample", "example_config", "example_moment", "step_examples", "unknown_calls"]

_COMMANDS: Final = ("config", "consent", "user", "run")
_CALLS: Final = (
    "events.send.basicApi.send",
    "events.send.batchApi.send",
    "crm.contacts.basicApi.update",
    "crm.contacts.basicApi.create",
)
_OUT_FORM: Final = "`out` must be a list of calls, [[name, argument, …]], or false or [] if nothing is sent"


@dataclass(frozen=True, slots=True)
class StepExample:
    """One example of a destination's entry.

    Attributes:
        name: the key of the example.
        title: two to five words; the name if there is no title.
        description: a sentence, or empty.
        given: the event, or the data of a command.
        command: `consent`, `user`, `run` or `config` if `given` is the data of a command; else empty.
        rule: replaces `mapping[entity][action]` for this example, or `UNDEFINED`.
        settings: override the destination's settings.
        calls: the expected client calls, in order; None if the example has no `out`.
        problems: why the example cannot be checked, one sentence each; empty for a valid example.

    """

    name: str
    title: str
    description: str
    given: Any = field(repr=False)
    command: str = ""
    rule: Any = UNDEFINED
    settings: dict[str, Any] = field(default_factory=dict)
    calls: list[list[Any]] | None = None
    problems: tuple[str, ...] = ()


def step_examples(entry: Any) -> list[StepExample]:
    """Return every example of a destination's entry in a flow; invalid examples have `problems`.

    Args:
        entry: `{config, examples: {name: {title?, description?, in, mapping?, out?, command?, settings?}}}`.

    """
    examples = entry.get("examples") if isinstance(entry, dict) else None
    if examples is None:
        return []
    if not isinstance(examples, dict):
        return [_invalid("examples", "`examples` must be an object, {name: {in: event, out: [[call, …]]}}")]
    return [_example(str(name), body) for name, body in examples.items()]


def example_config(raw: dict[str, Any], example: StepExample) -> dict[str, Any]:
    """Return a destination's configuration with the rule and the settings that the example overrides."""
    config = {**raw}
    if example.settings:
        config["settings"] = {**(raw.get("settings") or {}), **example.settings}
    if example.rule is not UNDEFINED and example.rule is not None:
        event = example.given if isinstance(example.given, dict) else {}
        entity, _, action = str(event.get("name", "")).partition(" ")
        entity, action = event.get("entity") or entity, event.get("action") or action
        mapping = dict(raw.get("mapping") or {})
        mapping[entity] = {**(mapping.get(entity) or {}), action: example.rule}
        config["mapping"] = mapping
    return config


def unknown_calls(example: StepExample) -> list[str]:
    """Return a sentence for each call in an example's `out` that no HubSpot destination makes."""
    names = dict.fromkeys(str(call[0]) for call in example.calls or () if call and call[0] not in _CALLS)
    sentences = []
    for name in names:
        near = difflib.get_close_matches(name, _CALLS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its calls are: {', '.join(_CALLS)}"
        sentences.append(f"`out`: a HubSpot destination never calls {name!r}; {hint}")
    return sentences


def example_moment(example: StepExample) -> int | None:
    """Return the first `occurredAt` of an example's `out`, in ms since 1970, for an event without a timestamp.

    None if the event has a timestamp, or its `out` has no `occurredAt`.
    """
    if example.command or (isinstance(example.given, dict) and "timestamp" in example.given):
        return None
    moments = (
        date_ms(argument.get("occurredAt", UNDEFINED))
        for call in example.calls or ()
        for argument in call[1:]
        if isinstance(argument, dict)
    )
    return next((moment for moment in moments if moment is not None), None)


def _invalid(name: str, problem: str) -> StepExample:
    return StepExample(name, name, "", None, problems=(problem,))


def _example(name: str, body: Any) -> StepExample:
    if not isinstance(body, dict):
        return _invalid(name, "an example must be an object, {in: event, out: [[call, …]]}")
    command, settings = body.get("command"), body.get("settings")
    problems = [*_command_problems(body), *_input_problems(body), *_out_problems(body)]
    if settings is not None and not isinstance(settings, dict):
        problems.append("`settings` must be an object")
    return StepExample(
        name,
        str(body.get("title") or name),
        str(body.get("description") or ""),
        body.get("in"),
        command if isinstance(command, str) and command in _COMMANDS else "",
        body.get("mapping", UNDEFINED),
        settings if isinstance(settings, dict) else {},
        _calls(body.get("out", UNDEFINED)),
        tuple(problems),
    )


def _command_problems(body: dict[str, Any]) -> list[str]:
    command = body.get("command")
    if command is None or (isinstance(command, str) and command in _COMMANDS):
        return []
    near = difflib.get_close_matches(str(command), _COMMANDS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known commands: {', '.join(_COMMANDS)}"
    return [f"unknown command {command!r}{hint}"]


def _input_problems(body: dict[str, Any]) -> list[str]:
    if "in" not in body:
        return ["the example has no `in`, so there is no event to check"]
    if body.get("command") is None:
        return [f"`in`: {problem}" for problem in event_problems(body["in"])]
    return [f"`in`: {problem}" for problem in command_problems(str(body["command"]), body["in"])]


def _out_problems(body: dict[str, Any]) -> list[str]:
    out = body.get("out", UNDEFINED)
    if out is UNDEFINED or out is False:
        return []
    if not isinstance(out, list):
        return [f"{_OUT_FORM}; this one is {kind_of(out)}"]
    calls = [out] if out and isinstance(out[0], str) else out
    return [
        f"{_OUT_FORM}; out[{index}] is {'a list without a name' if isinstance(call, list) else kind_of(call)}"
        for index, call in enumerate(calls)
        if not (isinstance(call, list) and call and isinstance(call[0], str))
    ]


def _calls(out: Any) -> list[list[Any]] | None:
    """Return the expected calls; up to version 3, a single call was not wrapped in a list (section 9)."""
    if out is False:
        return []
    if not isinstance(out, list):
        return None
    calls = (
        [out] if out and isinstance(out[0], str) else [effect for effect in out if isinstance(effect, list)]
    )
    return [[_callable_name(call[0]), *call[1:]] if call else call for call in calls]


def _callable_name(name: Any) -> Any:
    """Return a call's name without the prefix `client.` of walkerOS 4.7."""
    return name.removeprefix("client.") if isinstance(name, str) else name
