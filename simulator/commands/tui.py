"""`hubspot-sim tui`: watch events live in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import PARITY_HELP, WALKEROS_HELP, RealRange, account_option, walkeros_option
from simulator.commands.source_options import source_options
from simulator.commands.switch_options import switch_option
from simulator.commands.worker_options import worker_options

__all__ = ["command"]


@click.command("tui")
@click.argument("config", type=click.Path(path_type=Path), metavar="[CONFIG]", required=False)
@click.option("--seed", type=int, help="Seed of the random numbers; the same seed produces the same events.")
@click.option(
    "--rate", type=RealRange(0), default=4.0, show_default=True, help="Events per second; 0 for no limit."
)
@source_options
@click.option("--tour", "tour_file", type=click.Path(path_type=Path), metavar="FILE", help="Play this tour.")
@click.option("--no-tour", is_flag=True, help="Start without a tour.")
@click.option(
    "--keep",
    "capacity",
    type=click.IntRange(100, 1_000_000),
    default=100_000,
    show_default=True,
    help="Number of rows to keep.",
)
@click.option("--parity", is_flag=True, help=PARITY_HELP)
@walkeros_option(WALKEROS_HELP)
@click.option("--strict", is_flag=True, help="Refuse undefined event and property names, as HubSpot does.")
@account_option
@switch_option
@click.option(
    "--no-outbox",
    is_flag=True,
    help="Send directly, without an outbox: nothing is retried, as with --parity.",
)
@click.option(
    "--theme",
    type=click.Choice(["harbour", "paper", "contrast"]),
    default="harbour",
    help="The colours: harbour is dark, paper is light, contrast has high contrast.",
)
@click.option(
    "--check", is_flag=True, help="Only check that CONFIG and the tour can be shown; needs no terminal."
)
@click.option("--web", is_flag=True, help="Show the app in a browser instead, on this machine only.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port for --web.",
)
@worker_options("Show N real workers on a local broker; keys kill and start them.")
def command(**options: Any) -> None:
    """Watch live how events pass through CONFIG to a simulated HubSpot.

    EVENTS is a file, a named pipe, or - for standard input; without it the events are synthetic. Without CONFIG a shop
    and a guided tour are shown. Saving CONFIG plans the last thousand events again. Events from
    --listen, --speed or a pipe keep their own pace unless --rate is given.
    """
    workers, via = options.pop("workers"), options.pop("via")
    if workers is not None:
        from simulator.commands.terminal_check import need_terminal
        from simulator.engine.story import story_path
        from simulator.workers.show_run import open_group

        need_terminal(options["from_"])
        config = options["config"] or story_path()
        rate = options["rate"]
        group = open_group(
            config, via=via, workers=workers, events=1_000_000, seed=options["seed"] or 1, rate=rate
        )
        from simulator.workers.workers_app import WorkersApp

        with group:
            WorkersApp(group).run()
        return
    from simulator.commands.runs.tui import show  # here, so that --help stays fast

    show(**options)
