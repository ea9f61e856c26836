"""`hubspot-sim generate`: synthetic walkerOS events as JSON Lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, NoReturn

import click
from click.core import ParameterSource

from hubspot_dest.amounts import amount, plural
from hubspot_dest.cli.console import progress, say, stop
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import FileCommand, OutputFile, RealRange
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.storage.whole_file import whole_file

__all__ = ["command"]

_CHUNK = 500
_TOO_LATE = "--start is too close to the first or last year of the calendar (1 to 9999) for these events"
_START_HINT = "--start 2026-03-01"


@click.command("generate", cls=FileCommand)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option(
    "--events", "count", default=1000, show_default=True, type=click.IntRange(0), help="Number of events."
)
@click.option(
    "--locale",
    default="en_US",
    show_default=True,
    help="Locale of names and cities, such as de_DE, fr_FR or ja_JP.",
)
@click.option(
    "--odd",
    default=0.0,
    show_default=True,
    type=RealRange(0, 1),
    help="Share of events with realistic flaws: nulls, odd names, Unicode, events of walkerOS 3 and so on.",
)
@click.option("--start", metavar="DATE", help="Time of the first events; 2026-01-05T08:00:00Z by default.")
@click.option("-o", "--output", type=OutputFile(), help="Write to FILE instead of standard output.")
@click.option(
    "--cover",
    type=click.Path(path_type=Path),
    metavar="CONFIG",
    help="Generate events that reach every rule and path of this configuration, and report unreachable ones.",
)
@click.option("--parity", is_flag=True, help="With --cover: cover the behaviour of walkerOS 4.4 itself.")
@click.option(
    "--seconds",
    default=60.0,
    show_default=True,
    type=RealRange(0, min_open=True),
    help="Time limit of --cover, after which the partial result is written.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="With --cover: write the result to stdout as one JSON object."
)
def command(
    seed: int,
    count: int,
    locale: str,
    odd: float,
    start: str | None,
    output: Path | None,
    cover: Path | None,
    parity: bool,
    seconds: float,
    as_json: bool,
) -> None:
    """Generate events of synthetic people: shop visitors, leads, and users with an account.

    People are anonymous until they log in, have several devices, and grant, refuse or withdraw consent. With --cover,
    a small set of events is generated that reaches everything in a configuration. Exit 0 if everything reachable is
    reached, 1 if something is not reached without a proof that it cannot be, or if time ran out (--seconds).
    """
    if cover is not None:
        _cover(cover, seed, output, parity=parity, seconds=seconds, as_json=as_json)
    if as_json:
        stop("--json goes with --cover: events are JSON Lines already")
    for name in ("parity", "seconds"):
        if click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE:
            stop(f"--{name} requires --cover: invented events need no configuration", "leave it out")
    from simulator.synthesis import CalendarError, events

    try:
        stream = events(seed, locale=locale, odd=odd, start=_moment(start))
    except CalendarError:
        stop(_TOO_LATE, _START_HINT)
    except AttributeError:
        stop(f"Faker has no locale {safe_text(locale)!r}", "--locale de_DE")
    try:
        if output is None:
            _write(stream, count, sys.stdout.buffer)
        else:
            with whole_file(output) as file:
                _write(stream, count, file)
            say(f"{amount(count, 'event')} written to {safe_text(output)}")
    except CalendarError:
        stop(_TOO_LATE, _START_HINT)
    except KeyboardInterrupt:
        part = f"only a part of the {count:,} {plural(count, 'event')}"
        status = f"what was written is {part}"
        if output is not None:
            status = f"{part} was made, and nothing was written to {safe_text(output)}"
        say(f"interrupted: {status}")
        raise SystemExit(int(ExitCode.INTERRUPTED)) from None
    except BrokenPipeError:  # the reader has closed the pipe
        raise SystemExit(int(ExitCode.OK)) from None
    except OSError as error:
        nothing = "" if output is None else "; nothing was written to it"
        stop(f"{safe_text(output or 'the output')} cannot be written: {error.strerror}{nothing}")
    raise SystemExit(int(ExitCode.OK))


def _cover(
    config: Path, seed: int, output: Path | None, *, parity: bool, seconds: float, as_json: bool
) -> NoReturn:
    context = click.get_current_context()
    for name, option in (
        ("count", "--events"),
        ("locale", "--locale"),
        ("odd", "--odd"),
        ("start", "--start"),
    ):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            stop(
                f"{option} has no effect with --cover, which makes as many events as it needs", "leave it out"
            )
    from simulator.commands.runs.cover import write_cover

    write_cover(config, seed, output, parity=parity, seconds=seconds, as_json=as_json)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--start {safe_text(text)!r} is not a date", "--start 2026-03-01, or 2026-03-01T09:00:00Z")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write(stream: Iterator[dict[str, Any]], count: int, file: IO[bytes]) -> None:
    import orjson

    for done in range(0, count, _CHUNK):
        chunk = islice(stream, min(_CHUNK, count - done))
        file.write(b"".join([orjson.dumps(event) + b"\n" for event in chunk]))
        if count > 20 * _CHUNK and not file.isatty():
            progress(f"{done:,} of {count:,} {plural(count, 'event')}")
    file.flush()
