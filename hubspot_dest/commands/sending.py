"""What `hubspot-dest send` does."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from hubspot_dest.commands.connecting import connected, is_real
from hubspot_dest.commands.deadletters import write_dead_letters
from hubspot_dest.commands.delivering import Delivery, Plan
from hubspot_dest.commands.options import consent_states, open_config, use_colour
from hubspot_dest.commands.watching import WatchingOptions, watching
from hubspot_dest.config import Config
from hubspot_dest.delivery.outbox_file import OutboxError
from hubspot_dest.delivery.retry import RetryPolicy
from hubspot_dest.delivery.settings import OutboxSettings
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reading import IntakeError, Line, read_events
from hubspot_dest.intake.resuming import Resumption, same_file
from hubspot_dest.mapping.jsdates import date_ms
from hubspot_dest.report.text import Painter
from hubspot_dest.saying import ExitCode, safe_text, say, stop
from hubspot_dest.watching.watcher import Watcher

__all__ = ["send"]


@dataclass(frozen=True, slots=True)
class _Options:
    """What was asked for on the command line, beyond CONFIG and EVENTS."""

    outbox: Path | None
    durability: Any
    connections: int
    max_rps: float | None
    policy: RetryPolicy
    resume: bool
    dry_run: bool


def send(
    config: Path,
    events: str,
    consent: tuple[str, ...],
    parity: bool,
    as_json: bool,
    no_color: bool,
    yes: bool,
    outbox: Path | None,
    no_outbox: bool,
    durability: str,
    resume: bool,
    since: str | None,
    dry_run: bool,
    dead_letters: Path | None,
    portal_zone: str,
    max_rps: float | None,
    connections: int,
    stall: float,
    base_url: str | None,
    api_version: str | None,
    proxy: str | None,
    ca_bundle: str | None,
    timeout: float | None,
    **watched: Any,
) -> None:
    """Carry `send` out; the options are those of `commands/send.py`."""
    logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())
    logging.getLogger("hubspot_dest").propagate = False  # every issue is said with its event
    path = _outbox_path(events, outbox, without=no_outbox or dry_run, parity=parity)
    since_ms = _moment(since)
    loaded = connected(
        open_config(config),
        base_url=base_url,
        api_version=api_version,
        proxy=proxy,
        ca_bundle=ca_bundle,
        timeout=timeout,
    )
    if is_real(loaded) and not dry_run:
        _ask(loaded, events, yes=yes)
    options = _Options(
        path, durability, connections, max_rps, RetryPolicy(portal_zone=portal_zone), resume, dry_run
    )
    painter = Painter(colour=use_colour(refused=no_color))
    with watching(WatchingOptions(**watched), loaded) as watch:
        destination = _destination(
            watch.watcher, loaded, options, parity=parity, states=consent_states(consent)
        )
        watch.attach(destination)
        plan = _plan(destination, events, options)
        plan = replace(plan, since_ms=since_ms, stall=stall)
        delivery = Delivery(destination, plan, as_json=as_json, painter=painter)
        watch.watcher.line_of = delivery.line_of
        code = delivery.run()
        if dead_letters is not None:
            write_dead_letters(dead_letters, path, destination)
    raise SystemExit(int(code))


def _outbox_path(events: str, given: Path | None, *, without: bool, parity: bool) -> Path | None:
    if given is not None and (without or parity):
        stop("--outbox cannot go with --no-outbox, --dry-run or --parity: walkerOS has none", "leave one out")
    if without or parity:
        return None
    return given or Path("stdin.outbox.sqlite3" if events == "-" else f"{events}.outbox.sqlite3")


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    ms = date_ms(int(text) if text.isdigit() and len(text) > 4 else text)
    if ms is None:
        stop(f"--since {safe_text(text)!r} is no date", "--since 2026-11-01, or --since 2026-11-01T08:00:00Z")
    return ms


def _plan(destination: HubSpotDestination, events: str, options: _Options) -> Plan:
    """Say what lies in the outbox, and find where to begin."""
    outbox = destination.outbox
    if outbox is None:
        return Plan(events, dry=options.dry_run)
    if outbox.pending:
        say(f"{outbox.pending} events of an earlier run are in the outbox; they go out as well")
    if events == "-":
        return Plan(events, outbox=str(outbox.path))
    try:
        resumption = Resumption(events)
        noted = outbox.progress(resumption.name) if options.resume else None
        if noted is not None and not same_file(noted):
            say(f"{safe_text(events)} is not the file that was sent before: beginning at its first line")
            noted = None
    except OSError as error:
        destination.close(deadline=0.0)
        stop(f"{safe_text(events)} cannot be read: {error.strerror or error}")
    except OutboxError as error:
        stop(safe_text(error))
    if noted is None:
        return Plan(events, resumption=resumption, outbox=str(outbox.path))
    say(f"going on behind line {noted.line} of {safe_text(events)}")
    return Plan(events, (noted.line, noted.position), resumption, outbox=str(outbox.path))


class _DryClient:
    """Takes everything and sends nothing."""

    def send(self, occurrence: dict[str, Any]) -> None:
        """Take it."""

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        """Take them."""

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        """Take it."""

    def create_contact(self, properties: dict[str, str]) -> None:
        """Take it."""


def _destination(
    watcher: Watcher, config: Config, options: _Options, *, parity: bool, states: dict[str, bool]
) -> HubSpotDestination:
    outbox = None
    if options.outbox is not None:
        outbox = OutboxSettings(
            options.outbox,
            durability=options.durability,
            connections=options.connections,
            max_rps=options.max_rps,
            policy=options.policy,
        )
    try:
        destination = watcher.destination(
            config,
            parity=parity,
            consent=states,
            outbox=outbox,
            client=_DryClient() if options.dry_run else None,
        )
        destination.check_address()
    except OutboxError as error:
        stop(safe_text(error), "--outbox FILE in a place of its own, or --no-outbox")
    except ValueError as error:
        stop(safe_text(error), "--base-url http://127.0.0.1:8080")
    return destination


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
