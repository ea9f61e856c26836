"""`hubspot-sim`: the simulator's command line. Nothing called sim sends anything to HubSpot."""

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
        "check": "Run the eight documented examples against a HubSpot on this machine.",
        "compare": "Compare the responses of the HubSpot on this machine with recorded ones.",
        "conform": "Compare the sender with recordings of walkerOS' own behaviour.",
        "generate": "Generate synthetic walkerOS events: people who go through journeys.",
        "import": "Convert a HAR file or a vcrpy cassette that was recorded elsewhere into a cassette.",
        "record": "Record what a configuration sends to HubSpot in a cassette, without personal data and secrets.",
        "replay": "Compare today's configuration and sender with recorded traffic, without any network.",
        "run": "Send events through a configuration to a HubSpot on this machine, and report the outcomes.",
        "scrub": "Remove personal data and secrets from cassettes, or check that none is left.",
        "serve": "Run a HubSpot on this machine until Ctrl-C.",
        "tui": "Show live in the terminal what a configuration makes of events.",
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
    """Try walkerOS with HubSpot on this machine: nothing here sends anything to HubSpot."""


def main() -> None:
    """Run `hubspot-sim`."""
    guarded(lambda: _group(prog_name="hubspot-sim", standalone_mode=False), "hubspot-sim")
