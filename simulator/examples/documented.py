"""Read the documented examples from `examples.json` beside this module."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Final

import msgspec

from hubspot_dest.verdict.judge import Judge

__all__ = ["PORTAL", "Example", "Expectation", "documented_examples"]

PORTAL: Final = 12345678


class Expectation(msgspec.Struct, frozen=True):
    """The expected result of an example.

    Attributes:
        outcome: `sent`, `identified`, `skipped` or `ignored`; empty where outcome and warnings are not compared.
        calls: the SDK calls in the documented notation, in order.
        warnings: (level, message) of every log record, in order.

    """

    outcome: str
    calls: list[list[Any]]
    warnings: list[tuple[str, str]]


class Example(msgspec.Struct, frozen=True):
    """One documented example.

    Attributes:
        name: display name.
        key: walkerOS' name.
        shows: its purpose, in one sentence.
        event: the walkerOS event.
        settings: the destination's settings, without the token.
        account: the account's initial state: a seed with `contacts` and `definitions`.
        expect: the expected result.
        rule: the rule at `mapping[entity][action]`, or None.

    """

    name: str
    key: str
    shows: str
    event: dict[str, Any]
    settings: dict[str, Any]
    account: dict[str, Any]
    expect: Expectation
    rule: Any = None

    @property
    def collector(self) -> dict[str, Any]:
        """The collector's initial state: consent, user, globals, custom."""
        return {}

    @property
    def command(self) -> str:
        """The collector command whose data the event is; empty for the documented examples."""
        return ""

    @property
    def problems(self) -> tuple[str, ...]:
        """Why the example cannot be checked; always empty for the documented ones."""
        return ()

    def judge(self) -> Judge | None:
        """Return the judge of the event; None for the documented examples."""
        return None

    def config(self, token: str) -> dict[str, Any]:
        """Return the destination's configuration with this token."""
        config: dict[str, Any] = {"settings": {**self.settings, "accessToken": token}}
        if self.rule is not None:
            config["mapping"] = {self.event["entity"]: {self.event["action"]: self.rule}}
        return config


class _ExamplesFile(msgspec.Struct):
    about: str
    portal: int
    examples: list[Example]


@cache
def documented_examples() -> tuple[Example, ...]:
    """Return the eight examples in the order of the documentation."""
    data = resources.files("simulator.examples").joinpath("examples.json").read_bytes()
    return tuple(msgspec.json.decode(data, type=_ExamplesFile).examples)
