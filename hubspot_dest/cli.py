"""`hubspot-dest`: see what HubSpot will receive, and deliver it."""

from __future__ import annotations

import importlib

import click

from hubspot_dest._version import __version__
from hubspot_dest.saying import guarded

__all__ = ["main"]

# Name, one line of help. The module of the same name is loaded when the command runs, not before.
_COMMANDS = {
    "preview": "Show what HubSpot would receive, event by event, without any network.",
    "send": "Deliver events to HubSpot through the official client.",
}


class _Commands(click.Group):
    """Lists the commands without loading any: `--help` waits for nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"hubspot_dest.commands.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hubspot-dest")
def _group() -> None:
    """Send walkerOS events to HubSpot, and see exactly what it will receive first."""


def main() -> None:
    """Run `hubspot-dest`."""
    guarded(lambda: _group(standalone_mode=True), "hubspot-dest")
