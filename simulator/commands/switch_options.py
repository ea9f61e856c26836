"""The option `--switch NAME=VALUE`, shared by every command that starts a simulated HubSpot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from hubspot_dest.cli.console import stop
from hubspot_dest.report.safe_text import safe_text

__all__ = ["read_switches", "switch_option"]

F = TypeVar("F", bound=Callable[..., Any])


def switch_option(function: F) -> F:
    """Add --switch to a command, which receives it as `switches`."""
    option = click.option(
        "--switch",
        "switches",
        multiple=True,
        metavar="NAME=VALUE",
        help="Choose a behaviour where HubSpot's is unknown (docs/fidelity.md). May be repeated.",
    )
    return option(function)


def read_switches(given: tuple[str, ...]) -> dict[str, str]:
    """Parse switches into names and values; exit with code 2 if one is invalid."""
    from simulator.hubspot.state.behaviours import (  # here, so that --help stays fast
        BehaviourError,
        Behaviours,
        expanded,
    )

    wanted: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            stop(f"--switch {safe_text(text)!r} has no value", "--switch unknown_property=drop")
        wanted[name] = value.lower()
    try:
        wanted = expanded(wanted)
        Behaviours.from_mapping(wanted)
    except BehaviourError as error:
        stop(safe_text(error), "docs/fidelity.md lists them")
    return wanted
