"""The command line of `hubspot-dest`: see what HubSpot will receive, and deliver it.

The commands are imported only when they run.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any

import click

from hubspot_dest._version import __version__
from hubspot_dest.cli.console import guarded
from hubspot_dest.report.safe_text import safe_text

__all__ = ["COMMANDS", "LazyGroup", "SIMULATOR_COMMANDS", "main"]


class LazyGroup(click.Group):
    """A group that imports `<package>.<name>` for its `command` only when that command runs.

    Args:
        package: the package that contains a module per command.
        summaries: command name to one line of help.
        before: called before a command is loaded; may end the program.
        elsewhere: the name of the other program and its commands, for a hint when one of them is typed here.

    """

    def __init__(
        self,
        *args: Any,
        package: str,
        summaries: Mapping[str, str],
        before: Callable[[], None] | None = None,
        elsewhere: tuple[str, Collection[str]] = ("", ()),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._summaries = dict(sorted(summaries.items()))
        self._before = before
        self._elsewhere = elsewhere

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; None if the name is unknown."""
        if name not in self._summaries:
            return None
        if self._before is not None:
            self._before()
        command: click.Command = importlib.import_module(f"{self._package}.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or raise a usage error that suggests similar names."""
        name = args[0]
        if name in self._summaries or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        program, others = self._elsewhere
        if name in others:
            hint = f" It is a command of {program}: {program} {name}"
        else:
            close = difflib.get_close_matches(name.lower(), self._summaries, n=3, cutoff=0.5)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(f"No such command {safe_text(name, limit=60)!r}.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the names of the commands and their summaries."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))


COMMANDS = MappingProxyType(
    {
        "account": "Save what the account has to a file: event definitions, contact properties, limits.",
        "diff": "Show which events gain, lose or change a call when a configuration changes, and why.",
        "definitions": "Show which event definitions and contact properties must exist, and create them.",
        "doctor": "Check whether HubSpot has what a configuration needs: token, portal, definitions, properties.",
        "explain": "Explain the code of a finding: what it means, how it is known, and what to do.",
        "init": "Write a first configuration, and events to try it with.",
        "follow": "Show what happened to one event, from its line to HubSpot's response, by its id.",
        "lint": "Report all mistakes in a configuration at once, each with its line; no event is needed.",
        "listen": "Accept events over HTTP, as a walkerOS collector server does, and deliver them.",
        "outbox": "Inspect an outbox: what is waiting, what was given up and why; retry or drop dead letters.",
        "preview": "Show what HubSpot would receive, event by event, without network access.",
        "report": "Write an HTML page for decision-makers: whether a configuration is ready to go live.",
        "scaffold": "Draft a configuration from the events that a site really sends.",
        "send": "Deliver events to HubSpot through the official client.",
        "work": "Deliver events from Kafka or Redis Streams, as a member of a worker group.",
        "verify": "Answer every question before going live: GO or NO-GO, and what blocks.",
    }
)


# Listed here, since hubspot_dest does not import the simulator; a test compares them with the simulator's own.
SIMULATOR_COMMANDS = tuple(
    "check compare conform generate import record replay run scrub serve tui".split()  # noqa: SIM905 - names
)


@click.command(
    cls=LazyGroup,
    package="hubspot_dest.cli.commands",
    summaries=COMMANDS,
    elsewhere=("hubspot-sim", SIMULATOR_COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="hubspot-dest")
def _group() -> None:
    """Send walkerOS events to HubSpot, and preview exactly what it will receive."""


def main() -> None:
    """Run `hubspot-dest`."""
    guarded(lambda: _group(prog_name="hubspot-dest", standalone_mode=False), "hubspot-dest")
