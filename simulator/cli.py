"""`hubspot-sim`: the simulator's command line. Only `record --live` contacts the real HubSpot."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType

import click

from hubspot_dest._version import __version__
from hubspot_dest.cli.console import guarded, stop
from hubspot_dest.cli.main import COMMANDS as SENDER_COMMANDS
from hubspot_dest.cli.main import LazyGroup

__all__ = ["COMMANDS", "main"]

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "check": "Run the eight documented examples against a simulated HubSpot.",
        "compare": "Compare the simulated HubSpot's responses with recorded ones.",
        "conform": "Compare the sender with recorded behaviour of walkerOS.",
        "generate": "Generate synthetic walkerOS events of people and their visits.",
        "import": "Convert a HAR file or a vcrpy cassette to a cassette.",
        "record": "Record a configuration's requests in a cassette, without people and secrets.",
        "replay": "Compare the requests of the current configuration with a recording, offline.",
        "run": "Send events through a configuration and report the outcomes.",
        "scrub": "Remove people and secrets from cassettes, or check for leftovers.",
        "serve": "Run a simulated HubSpot until Ctrl-C.",
        "tui": "Watch events live in the terminal.",
    }
)
_NEEDED = ("starlette", "uvicorn", "msgspec")


def _need_packages() -> None:
    missing = [package for package in _NEEDED if importlib.util.find_spec(package) is None]
    if missing:
        names = ", ".join(missing)
        message = f"hubspot-sim needs the simulator's packages; missing here: {names}"
        stop(message, "pip install 'hubspot-dest[simulator]'")


@click.command(
    cls=LazyGroup,
    package="simulator.commands",
    summaries=COMMANDS,
    before=_need_packages,
    elsewhere=("hubspot-dest", SENDER_COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="hubspot-sim")
def _group() -> None:
    """Try walkerOS with a simulated HubSpot on this machine. Only `record --live` contacts the real HubSpot."""


def main() -> None:
    """Run `hubspot-sim`."""
    guarded(lambda: _group(prog_name="hubspot-sim", standalone_mode=False), "hubspot-sim")
