"""`hubspot-sim run`: the terminal's engine without a screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hubspot_dest.cli.options import (
    PARITY_HELP,
    WALKEROS_HELP,
    FileCommand,
    OutputFile,
    account_option,
    walkeros_option,
)
from hubspot_dest.cli.standard_input import refuse_unread_input
from simulator.commands.source_options import source_options
from simulator.commands.switch_options import switch_option
from simulator.commands.worker_options import worker_options
from simulator.hubspot.faults.stories import STORIES

__all__ = ["command"]


@click.command("run", cls=FileCommand)
@click.argument("config", type=click.Path(path_type=Path), metavar="[CONFIG]", required=False)
@click.option(
    "--events",
    type=click.IntRange(1),
    help="Number of events; by default 1000 synthetic ones, or all of a source.",
)
@source_options
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=int,
    help="Seed of the random numbers; the same seed produces the same events.",
)
@click.option("--parity", is_flag=True, help=PARITY_HELP)
@walkeros_option(WALKEROS_HELP)
@click.option("--strict", is_flag=True, help="Refuse undefined event and property names, as HubSpot does.")
@account_option
@switch_option
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="SPEC",
    help="A fault, such as 429:path=/crm/*,every=3; see docs/simulator.md. May be repeated.",
)
@click.option("--story", type=click.Choice(sorted(STORIES)), help="A named group of faults.")
@click.option(
    "--expect",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Expected counts, or the saved --json output of another run; exit 1 if they differ.",
)
@click.option(
    "--no-outbox",
    is_flag=True,
    help="Send directly, without an outbox: nothing is retried, as with --parity.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["unexplained", "any", "never"]),
    default="unexplained",
    show_default=True,
    help="Which failed events end the run with exit code 1: those that no fault, story or --odd of this run "
    "caused; any; or none.",
)
@click.option(
    "--report",
    type=OutputFile(),
    metavar="FILE",
    help="Write an HTML report: outcomes, findings of the checks, samples, coverage, events.",
)
@worker_options("Deliver synthetic events with N real workers on a local broker, and kill one of them.")
@click.option("--json", "as_json", is_flag=True, help="Write the result as one JSON object.")
@click.option("--no-color", is_flag=True, help="Disable colours, as NO_COLOR does.")
def command(**options: Any) -> None:
    """Send events through CONFIG to a simulated HubSpot and report the outcomes.

    EVENTS is a file, a named pipe, or - for standard input; without it and without --listen, events are synthetic.
    Ctrl-C ends a source that does not end, and the run is still summed up. Without CONFIG, the shop of the
    demonstration is used.
    Exit 1 if --expect is not met, if events failed (--fail-on), if the sender's numbers and HubSpot's differ, or if the
    source failed; 2 if it could not run. Waiting takes no time: an outage of half a minute is over at once.
    """
    workers, via = options.pop("workers"), options.pop("via")
    if workers is not None:
        if options["from_"] or options["listen"] is not None or options["expect"] or options["parity"]:
            raise click.UsageError(
                "--workers makes its own events: leave out EVENTS, --listen, --expect and --parity"
            )
        from simulator.engine.story import story_path
        from simulator.workers.show_run import run_workers

        config, count, seed = options["config"] or story_path(), options["events"] or 3000, options["seed"]
        code = run_workers(
            config, via=via, workers=workers, events=count, seed=seed, as_json=options["as_json"]
        )
        raise SystemExit(int(code))
    refuse_unread_input("" if options["listen"] is not None else options["from_"], "hubspot-sim run CONFIG -")
    from simulator.commands.runs.run import run  # here, so that --help stays fast

    run(**options)
