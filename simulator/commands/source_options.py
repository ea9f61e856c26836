"""The options for the event source, shared by `run` and `tui`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.options import RealRange, line_limit_option
from hubspot_dest.intake.reader import canonical, reads_once
from hubspot_dest.report.safe_text import safe_text

if TYPE_CHECKING:
    from simulator.engine.source import Source
    from simulator.synthesis import Crowd

__all__ = ["Chosen", "SourceOptions", "chosen", "keyboard_from_terminal", "source_options"]

_LOCALE: Final = "en_US"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """The parsed options; each field has the option's name."""

    from_: str | None
    speed: float | None
    listen: int | None
    locale: str
    odd: float
    max_line_bytes: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """An open source and its properties.

    Attributes:
        source: creates the stream.
        endless: whether it may never end and may be idle.
        own_pace: whether the source determines the time of each event.
        synthetic: whether the events are synthetic.
        once: whether it cannot be read again when the stream restarts.
        name: display name of the source; empty for synthetic events.
        paced: whether events are replayed by their timestamps.
        close: stops accepting events; call it at the end.
        waiting: returns the number of accepted events that were not read yet.

    """

    source: Source
    endless: bool = False
    own_pace: bool = False
    synthetic: bool = False
    once: bool = False
    name: str = ""
    paced: bool = False
    close: Callable[[], None] = lambda: None
    waiting: Callable[[], int] = lambda: 0


def source_options(command: F) -> F:
    """Add EVENTS and the source options to a command, which receives `from_`, `speed` and so on."""

    @wraps(command)
    def with_source(**given: Any) -> Any:
        positional, option = given.pop("source"), given.pop("from_")
        positional = positional if positional is None else canonical(positional)
        if positional is not None and option is not None and positional != option:
            stop("EVENTS and --from name two sources", "--from is another way to give EVENTS: leave one out")
        return command(**given, from_=positional if positional is not None else option)

    options = (
        click.argument("source", type=click.Path(allow_dash=True), required=False, metavar="[EVENTS]"),
        click.option(
            "--from",
            "from_",
            type=click.Path(allow_dash=True),
            metavar="FILE",
            callback=lambda _context, _parameter, name: name if name is None else canonical(name),
            help="Same as EVENTS.",
        ),
        click.option(
            "--speed",
            type=RealRange(0, min_open=True),
            metavar="TIMES",
            help="Replay EVENTS by their timestamps: 1 for the original speed, 10 for ten times as fast.",
        ),
        click.option(
            "--listen",
            type=click.IntRange(0, 65_535),
            metavar="PORT",
            help="Receive events over HTTP on this local port, as a walkerOS collector server does; 0 for a free port.",
        ),
        click.option(
            "--locale",
            default=_LOCALE,
            show_default=True,
            help="Locale of the synthetic people's names, such as de_DE.",
        ),
        click.option(
            "--odd",
            default=0.0,
            show_default=True,
            type=RealRange(0, 1),
            help="Share of synthetic events with realistic flaws: nulls, odd names, Unicode.",
        ),
    )
    decorated: Any = line_limit_option(with_source)
    for option in reversed(options):
        decorated = option(decorated)
    return cast("F", decorated)


def chosen(options: SourceOptions, crowd: Crowd | None = None) -> Chosen:
    """Open the selected source; print the URL on standard error if it listens.

    `crowd` produces the synthetic events. Exits with code 2 if options exclude each other or the source cannot be
    opened.
    """
    if options.from_ is not None and options.listen is not None:
        stop("EVENTS (--from) and --listen exclude each other", "a stream has one source")
    if options.speed is not None and options.from_ is None:
        stop("--speed requires EVENTS (--from): only recorded events have timestamps to replay")
    if (options.from_ or options.listen) is not None and (options.locale != _LOCALE or options.odd):
        stop(
            "--locale and --odd require synthetic events", "leave them out, or leave out EVENTS and --listen"
        )
    if options.listen is not None:
        return _listening(options.listen)
    if options.from_ is not None:
        return _read(options.from_, options.speed, options.max_line_bytes)
    return _made_up(options.locale, options.odd, crowd)


def _made_up(locale: str, odd: float, crowd: Crowd | None) -> Chosen:
    from simulator.synthesis import Crowd, events

    if locale != _LOCALE:
        try:
            events(1, locale=locale)  # draws from Faker at once, so that an unknown locale fails here
        except AttributeError:
            stop(f"Faker has no locale {safe_text(locale)!r}", "--locale de_DE")
    return Chosen(partial(events, locale=locale, odd=odd, crowd=crowd or Crowd()), synthetic=True)


def _read(name: str, speed: float | None, max_line_bytes: int) -> Chosen:
    from simulator.engine.sources.file_source import FileSource
    from simulator.engine.sources.pipe_source import PipeSource

    path = Path(name)
    paced = speed is not None
    try:
        if reads_once(name):
            display_name = "standard input" if name == "-" else path.name
            pipe = PipeSource(name, speed, max_line_bytes=max_line_bytes)
            return Chosen(
                pipe, endless=True, own_pace=True, once=True, name=display_name, paced=paced, close=pipe.close,
                waiting=lambda: pipe.waiting,
            )  # fmt: skip
        return Chosen(
            FileSource(path, speed, max_line_bytes=max_line_bytes),
            endless=paced,
            own_pace=paced,
            name=path.name,
        )
    except OSError as error:
        stop(f"{safe_text(name)} cannot be read: {error.strerror or error}")


def _listening(port: int) -> Chosen:
    from simulator.engine.sources.http_source import ListeningSource

    try:
        source = ListeningSource(port).start()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        stop(f"cannot listen on port {port}: {safe_text(reason)}", "--listen 0 chooses a free port")
    say(f"send events to {source.url}")
    return Chosen(
        source, endless=True, own_pace=True, once=True, name=source.url, close=source.close,
        waiting=lambda: source.waiting,
    )  # fmt: skip


def keyboard_from_terminal() -> None:
    """Keep standard input as the source and read keys from the terminal, as `less` and `fzf` do.

    The piped input stays readable as `sys.stdin`; file descriptor 0, from which Textual reads keys, becomes the
    terminal. Exits with code 2 if there is no terminal.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        hint = "mkfifo events; tui CONFIG events, and write into it; or a file as EVENTS"
        stop("standard input is the source, and there is no terminal for the keyboard", hint)
    sys.stdin = os.fdopen(os.dup(0))
    os.dup2(terminal, 0)
    os.close(terminal)
