"""The command line of `hubspot-dest`: see what HubSpot will receive, and deliver it."""

from __future__ import annotations

from types import MappingProxyType

import click

from hubspot_dest._version import __version__
from hubspot_dest.cli.console import guarded
from hubspot_dest.cli.lazy_group import LazyGroup

__all__ = ["COMMANDS", "SIMULATOR_COMMANDS", "main"]

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
        "preview": "Show what HubSpot would receive, event by event, without any network.",
        "report": "Write an HTML page for decision-makers: whether a configuration is ready to go live.",
        "scaffold": "Draft a configuration from the events that a site really sends.",
        "send": "Deliver events to HubSpot through the official client.",
        "work": "Deliver events from Kafka or Redis Streams, as one of a group of workers.",
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
