"""`hubspot-sim`: the simulator's command line. Only `record --live` contacts the real HubSpot."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType

import click

from hubspot_dest._version import __version__
from hubspot_dest.cli.console import guarded, stop
from hubspot_dest.cli.lazy_group import LazyGroup
from hubspot_dest.cli.main import COMMANDS as SENDER_COMMANDS

__all__ = ["COMMANDS", "main"]

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "check": "Run the eight documented examples against a HubSpot on this machine.",
        "compare": "Compare the answers of the HubSpot on this machine with recorded ones.",
        "conform": "Compare the sender with files of walkerOS' recorded behaviour.",
        "generate": "Make synthetic walkerOS events: people who live through journeys.",
        "import": "Make a cassette of a HAR file or a vcrpy cassette that was recorded elsewhere.",
        "record": "Record what a configuration sends to HubSpot in a cassette, without people and secrets.",
        "replay": "Compare today's configuration and sender with recorded traffic, without network.",
        "run": "Send synthetic events through a configuration, and report what became of them.",
        "scrub": "Take people and secrets out of cassettes, or check that none is left.",
        "serve": "Run a HubSpot on this machine until Ctrl-C.",
        "tui": "Show live in the terminal what happens to events.",
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
