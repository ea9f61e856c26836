"""The implementation of `hubspot-sim tui`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from hubspot_dest.amounts import amount
from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import open_account, open_config
from hubspot_dest.config.loading import TOKEN_VARIABLE
from hubspot_dest.report.safe_text import safe_text
from simulator.commands.runs.drain import drain
from simulator.commands.source_options import SourceOptions, chosen
from simulator.commands.switch_options import read_switches
from simulator.commands.terminal_check import need_terminal
from simulator.engine.engine import Engine
from simulator.engine.story import story_path
from simulator.hubspot.service import DEFAULT_TOKEN

if TYPE_CHECKING:
    from simulator.tui.tour import Tour

__all__ = ["show"]


def show(
    config: Path | None,
    seed: int | None,
    rate: float,
    tour_file: Path | None,
    no_tour: bool,
    capacity: int,
    parity: bool,
    walkeros: str,
    no_outbox: bool,
    strict: bool,
    account: Path | None,
    switches: tuple[str, ...],
    theme: str,
    web: bool,
    check: bool,
    port: int,
    **source: Any,
) -> None:
    """Run `tui`; the options are those of `commands/tui.py`."""
    if web and source["from_"] == "-":
        stop(
            "--web cannot read standard input: every browser page runs its own process",
            "a file as EVENTS, or --listen PORT",
        )
    if not web and not check:
        need_terminal(source["from_"])
    # The simulator needs no token and must not read the user's.
    os.environ[TOKEN_VARIABLE] = DEFAULT_TOKEN
    loaded = open_config(config or story_path())
    schema = None if account is None else open_account(account)
    chosen_switches = read_switches(switches)
    made_up = source["from_"] is None and source["listen"] is None
    tour = _tour(tour_file, shipped=config is None and not no_tour and made_up)
    if check:
        tour_summary = (
            f"{safe_text(tour_file)}: {amount(len(tour.steps), 'step')}, " if tour_file and tour else ""
        )
        say(f"{tour_summary}{safe_text(config.name) if config else 'the shop'}: can be shown")
        return
    if web:
        from simulator.tui.web import serve

        # Report errors here once instead of in every page.
        if made_up or (source["from_"] and not Path(source["from_"]).is_fifo()):
            chosen(SourceOptions(**source)).close()
        serve([text for text in sys.argv[1:] if text != "--web"], port)
        return
    from simulator.engine.source import ROOM
    from simulator.tui.app import SimulatorApp
    from simulator.tui.config_watch import ConfigWatch
    from simulator.tui.shutdown import Ended, run_app, tell

    number = seed if seed is not None else tour.seed if tour is not None else 1
    origin = chosen(SourceOptions(**source), ROOM)
    if (
        origin.own_pace
        and click.get_current_context().get_parameter_source("rate") == ParameterSource.DEFAULT
    ):
        rate = 0.0
    engine = Engine(
        loaded,
        source=origin.source,
        seed=number,
        rate=rate,
        capacity=capacity,
        parity=parity,
        walkeros=walkeros,
        outbox=not no_outbox,
        schema=schema,
        strict=strict,
        switches=chosen_switches,
        remembered=capacity,
    )
    app = SimulatorApp(
        engine,
        title=config.name if config is not None else "the shop",
        watch=ConfigWatch(config) if config is not None else None,
        tour=tour,
        first_theme=theme,
        origin=origin.name,
        once=origin.once,
        begin=lambda: engine.start().resume(),
    )
    ended = Ended(ExitCode.USAGE_ERROR)
    try:
        ended = run_app(app)
    finally:
        unseen = 0
        if origin.once:
            unseen = drain(engine, origin) if engine.started else origin.waiting()
        origin.close()
        closing = replace(engine.close(), unseen=unseen)
        if app.start_error is None:
            tell(closing, ended, app.folder)
    if app.start_error is not None:
        stop(f"the HubSpot on this machine does not start: {safe_text(app.start_error)}")
    if (closing.left or closing.unseen) and ended.code is ExitCode.OK:
        raise SystemExit(int(ExitCode.CHECK_FAILED))
    raise SystemExit(int(ended.code))


def _tour(file: Path | None, *, shipped: bool) -> Tour | None:
    """Return the tour to play, or exit with code 2 if it cannot be played."""
    from simulator.tui.tour import TourError, default_tour, read_tour

    try:
        return read_tour(file) if file is not None else default_tour() if shipped else None
    except TourError as error:
        stop(safe_text(error))
