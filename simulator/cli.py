"""`hubspot-sim`: everything that stands on this machine. Nothing called sim sends anything to HubSpot."""

from __future__ import annotations

import importlib
import importlib.util

import click

from hubspot_dest._version import __version__
from hubspot_dest.saying import guarded, stop

__all__ = ["main"]

# Name, one line of help. The module of the same name is loaded when the command runs, not before.
_COMMANDS = {
    "check": "Run the eight documented examples against a HubSpot on this machine.",
    "conform": "Hold the sender against files of walkerOS' own behaviour.",
    "serve": "Be HubSpot on this machine until Ctrl-C.",
}
_NEEDED = ("starlette", "uvicorn", "msgspec")


class _Commands(click.Group):
    """Lists the commands without loading any."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if name not in _COMMANDS:
            return None
        missing = [package for package in _NEEDED if importlib.util.find_spec(package) is None]
        if missing:
            stop(
                f"hubspot-sim needs the simulator's packages; missing here: {', '.join(missing)}",
                "pip install 'hubspot-dest[simulator]'",
            )
        command: click.Command = importlib.import_module(f"simulator.commands.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hubspot-sim")
def _group() -> None:
    """Try walkerOS with HubSpot on this machine: nothing here sends anything to HubSpot."""


def main() -> None:
    """Run `hubspot-sim`."""
    guarded(lambda: _group(standalone_mode=True), "hubspot-sim")
