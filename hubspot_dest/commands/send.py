"""`hubspot-dest send CONFIG EVENTS`: deliver to HubSpot, or to anything that is shaped like it."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import click

from hubspot_dest.commands.options import consent_states, open_config, shared_options, use_colour
from hubspot_dest.commands.tally import Tally
from hubspot_dest.config import Config
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reading import BadLine, IntakeError, Line, read_events
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.plainjson import as_json, outcome_record
from hubspot_dest.report.text import Painter, outcome_lines
from hubspot_dest.saying import ExitCode, print_data, progress, safe_text, say, stop

__all__ = ["command"]

_REAL = ("hubapi.com", "hubspot.com")


@click.command("send")
@shared_options
@click.argument("events", metavar="EVENTS")
@click.option(
    "--base-url", metavar="URL", help="Where HubSpot is; the configuration's, or the real one by default."
)
@click.option("--yes", is_flag=True, help="Do not ask before sending to the real HubSpot.")
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), metavar="SECONDS", help="How long to wait for an answer."
)
def command(
    config: Path,
    events: str,
    consent: tuple[str, ...],
    parity: bool,
    as_json: bool,
    no_color: bool,
    base_url: str | None,
    yes: bool,
    timeout: float | None,
) -> None:
    """Deliver EVENTS with CONFIG through the official client.

    EVENTS is a file of JSON Lines, a JSON array, one object, or - for standard input. The token comes from the
    environment as HUBSPOT_ACCESS_TOKEN, or from the configuration. Exit 0: everything went out. 1: something did not,
    or a line was no event. 2: it could not run. 130 or 143: interrupted; what waited was flushed and the rest is named.
    """
    logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())
    logging.getLogger("hubspot_dest").propagate = False  # every issue is said with its event
    loaded = open_config(config)
    base_url = base_url or loaded.connection.base_url
    if _is_real(base_url):
        _ask(loaded, events, yes=yes)
    destination = _destination(
        loaded, base_url, parity=parity, states=consent_states(consent), timeout=timeout
    )
    painter = Painter(colour=use_colour(refused=no_color))
    raise SystemExit(int(_Delivery(destination, as_json=as_json, painter=painter).deliver(events)))


def _destination(
    config: Config, base_url: str, *, parity: bool, states: dict[str, bool], timeout: float | None
) -> HubSpotDestination:
    from dataclasses import replace

    if timeout is not None:
        config = replace(config, timeout_ms=int(timeout * 1000))
    try:
        destination = HubSpotDestination(config, base_url=base_url, parity=parity, consent=states)
        destination.check_address()
    except ValueError as error:
        stop(safe_text(error), "--base-url http://127.0.0.1:8080")
    return destination


def _is_real(base_url: str) -> bool:
    host = (urlsplit(base_url).hostname or "").lower()
    return any(host == name or host.endswith(f".{name}") for name in _REAL)


def _ask(config: Config, events: str, *, yes: bool) -> None:
    """Say to which portal and how many events are about to go, and make sure that somebody wants that."""
    settings = config.raw.get("settings")
    prefix = settings.get("eventNamePrefix", "") if isinstance(settings, dict) else ""
    count = "the events of standard input" if events == "-" else f"{_count(events)} events"
    say(f"about to send {count} to the real HubSpot, event name prefix {safe_text(prefix)}")
    if yes:
        return
    if not sys.stdin.isatty() or events == "-":
        stop("nobody is there to confirm that", "--yes, or --base-url for a HubSpot on this machine")
    if not click.confirm("send them?", default=False, err=True):
        say("nothing was sent")
        raise SystemExit(int(ExitCode.NOT_RUN))


def _count(events: str) -> int:
    try:
        return sum(isinstance(read, Line) for read in read_events(events))
    except IntakeError as error:
        stop(safe_text(error))


class _Interrupted(Exception):  # noqa: N818 - a signal, not an error
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Delivery:
    """One run: push, flush, report, whatever happens."""

    def __init__(self, destination: HubSpotDestination, *, as_json: bool, painter: Painter) -> None:
        self._destination = destination
        self._as_json = as_json
        self._painter = painter
        self._tally = Tally()
        self._lines: dict[str, int] = {}
        self._reading = False
        self._stopped: int | None = None
        self._delivered = 0

    def deliver(self, source: str) -> ExitCode:
        """Push everything the source has; the first signal stops reading and flushes, the second ends at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            self._reading = True
            for read in read_events(source):
                self._reading = False
                self._take(read, source)
                if self._stopped is not None:
                    break
                self._reading = True
        except _Interrupted:
            pass
        except IntakeError as error:
            say(f"error: {safe_text(error)}")
            if self._tally.events == 0:
                return ExitCode.NOT_RUN
            self._tally.wrong += 1
        finally:
            self._reading = False
        for outcome in self._destination.close():
            self._tell(outcome)
        return self._finish(source)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        if self._stopped is not None:
            self._say_rest()
            raise SystemExit(128 + number)
        self._stopped = number
        say("interrupted: flushing what waits; once more ends at once")
        if self._reading:
            raise _Interrupted(number)

    def _take(self, read: Line | BadLine, source: str) -> None:
        if isinstance(read, BadLine):
            self._tally.bad_line(read, source)
            return
        self._tally.events += 1
        outcome = self._destination.push(read.event)
        self._lines[outcome.event_id] = read.number
        for one in [*outcome.also, outcome]:
            self._tell(one)
        if outcome.kind != "denied":
            self._lines.pop(outcome.event_id, None)
        if self._tally.events % 500 == 0:
            progress(f"{self._tally.events} events")

    def _tell(self, outcome: Outcome) -> None:
        self._tally.count(outcome)
        self._delivered += len(outcome.events) if outcome.kind == "flushed" else int(outcome.kind == "sent")
        line = self._lines.get(outcome.event_id)
        if self._as_json:
            print_data(as_json(outcome_record(outcome, line)))
        elif not outcome.ok:
            for text in outcome_lines(outcome, f"line {line}" if line is not None else "", self._painter):
                say(text)

    def _finish(self, source: str) -> ExitCode:
        if self._as_json:
            rest = {"waiting": self._destination.waiting, "unsent": self._destination.queued}
            print_data(as_json(self._tally.record(delivered=self._delivered, **rest)))
        say(self._tally.sentence())
        self._say_rest()
        if self._stopped is not None:
            return ExitCode.INTERRUPTED if self._stopped == signal.SIGINT else ExitCode.TERMINATED
        if self._tally.events == 0:
            say(f"error: {safe_text(source)} holds no usable event")
            return ExitCode.NOT_RUN
        left = self._destination.queued
        return ExitCode.WANTING if self._tally.bad_lines or self._tally.wrong or left else ExitCode.OK

    def _say_rest(self) -> None:
        failed = self._tally.kinds["failed"]
        parts = [f"{self._delivered} events went out", f"{failed} failed"]
        if self._destination.queued:
            parts.append(f"{self._destination.queued} were not taken and are lost with this process")
        if self._destination.waiting:
            parts.append(f"{self._destination.waiting} still waited for consent")
        say("; ".join(parts))
