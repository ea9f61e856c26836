"""What `hubspot-dest send` does."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import say, stop
from hubspot_dest.cli.dead_letters import write_dead_letters
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.cli.options import (
    ConnectionOptions,
    DeliveryOptions,
    WatchingOptions,
    connected,
    consent_states,
    is_real,
    open_account,
    open_config,
    use_colour,
)
from hubspot_dest.cli.runs.send_run import SendPlan, SendRun
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.delivery.dispatch.call_grouping import CallGrouping
from hubspot_dest.delivery.outbox.queue import Leftovers, leftovers_of, with_contacts
from hubspot_dest.delivery.outbox.schema import OutboxError
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.intake.reader import (
    IntakeError,
    Line,
    beside,
    canonical,
    read_events,
    reads_once,
    source_name,
)
from hubspot_dest.intake.resume_position import Resumption, difference
from hubspot_dest.mapping.jsdates import date_ms
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.missing_emails import MissingEmails

__all__ = ["send"]


def send(
    config: Path,
    events: str,
    consent: tuple[str, ...],
    parity: bool,
    walkeros: str,
    as_json: bool,
    no_color: bool,
    yes: bool,
    outbox: Path | None,
    no_outbox: bool,
    resume: bool,
    max_line_bytes: int,
    since: str | None,
    dry_run: bool,
    dead_letters: Path | None,
    stall: float,
    account: Path | None,
    hold_refused: bool,
    delivery: DeliveryOptions,
    reach: ConnectionOptions,
    watched: WatchingOptions,
) -> None:
    """Carry `send` out; the options are those of `commands/send.py`."""
    logging.getLogger("hubspot_dest").addHandler(logging.NullHandler())
    logging.getLogger("hubspot_dest").propagate = False  # every issue is reported with its event
    events = canonical(events)
    if resume and reads_once(events):
        stop(
            f"--resume needs a file: {safe_text(source_name(events))} can be read only once, from where it is",
            "leave out --resume: what an earlier run accepted is in the outbox and is sent in any case",
        )
    path = _outbox_path(events, outbox, without=no_outbox or dry_run, parity=parity)
    since_ms = _moment(since)
    loaded = connected(open_config(config), reach)
    if is_real(loaded) and not dry_run:
        _ask(loaded, events, max_line_bytes, yes=yes)
    painter = Painter(colour=use_colour(refused=no_color))
    judge = None
    if hold_refused or as_json or account is not None:
        known = UNKNOWN_ACCOUNT if account is None else open_account(account)
        judge = Judge(loaded.raw, source=loaded.source, account=known)
    with ExitStack() as stack:
        left = leftovers_of(path) if path is not None else Leftovers()
        grouping = None
        if dry_run and not (parity or no_outbox):
            grouping = CallGrouping(loaded.batch_size if loaded.batch else 1)
        emails = MissingEmails(loaded.raw)
        run = SendRun(left, as_json=as_json, painter=painter, lossy=parity, grouping=grouping, emails=emails)
        make: Callable[..., HubSpotDestination] = HubSpotDestination
        watch = None
        if watched.any:
            from hubspot_dest.cli.instrumentation import watching  # loads what observes a run

            watch = stack.enter_context(watching(watched, loaded))
            watch.watcher.line_of = run.line_of
            make = watch.watcher.destination
        destination = _destination(
            make,
            loaded,
            parity=parity,
            walkeros=walkeros,
            consent=consent_states(consent, loaded.raw),
            outbox=delivery.outbox(path),
            client=NullClient() if dry_run else None,
            listeners=[run.tell],
            judge=judge,
            hold_refused=hold_refused,
        )
        if watch is not None:
            watch.attach(destination)
        plan = _plan(destination, events, left, resume=resume, dry=dry_run)
        plan = replace(plan, since_ms=since_ms, stall=stall, max_line_bytes=max_line_bytes)
        code = run.run(destination, plan)
        if dead_letters is not None:
            write_dead_letters(dead_letters, path, destination)
    raise SystemExit(int(code))


def _outbox_path(events: str, given: Path | None, *, without: bool, parity: bool) -> Path | None:
    if given is not None and (without or parity):
        stop(
            "--outbox cannot be combined with --no-outbox, --dry-run or --parity: walkerOS has none",
            "leave one out",
        )
    if without or parity:
        return None
    return given or beside(events, ".outbox.sqlite3", "stdin")


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    ms = date_ms(int(text) if text.isdigit() and len(text) > 4 else text)
    if ms is None:
        stop(
            f"--since {safe_text(text)!r} is not a date",
            "--since 2026-11-01, or --since 2026-11-01T08:00:00Z",
        )
    return ms


def _plan(
    destination: HubSpotDestination, events: str, left: Leftovers, *, resume: bool, dry: bool
) -> SendPlan:
    """Report what is in the outbox, and find where to begin."""
    outbox = destination.outbox
    if outbox is None:
        return SendPlan(events, dry=dry)
    if left.events or left.contacts:
        are, go = verb(left.events, "are"), "it goes" if left.events == 1 else "they go"
        earlier = with_contacts(f"{amount(left.events, 'event')} of an earlier run", left.contacts)
        say(f"{earlier} {are} in the outbox; {go} out as well")
    if reads_once(events):
        return SendPlan(events, outbox=str(outbox.path))
    try:
        resumption = Resumption(events)
        noted = outbox.progress(resumption.name) if resume else None
        if noted is not None and (changed := difference(noted)):
            said = f"{safe_text(events)} is not the file that was sent before: beginning at its first line"
            say(f"{said}; {changed}")
            noted = None
    except OSError as error:
        destination.close(deadline=0.0)
        stop(f"{safe_text(events)} cannot be read: {error.strerror or error}")
    except OutboxError as error:
        stop(safe_text(error))
    if noted is None:
        return SendPlan(events, resumption=resumption, outbox=str(outbox.path))
    say(f"continuing after line {noted.line} of {safe_text(events)}")
    return SendPlan(events, (noted.line, noted.position), resumption, outbox=str(outbox.path))


def _destination(
    make: Callable[..., HubSpotDestination], config: Config, **options: Any
) -> HubSpotDestination:
    try:
        destination = make(config, **options)
        destination.check_address()
    except OutboxError as error:
        stop(safe_text(error), "--outbox FILE, with a file of its own, or --no-outbox")
    except ValueError as error:
        stop(safe_text(error), "--base-url http://127.0.0.1:8080")
    return destination


def _ask(config: Config, events: str, max_line_bytes: int, *, yes: bool) -> None:
    """Report how many events go to which portal, and ask to confirm it."""
    settings = config.raw.get("settings")
    prefix = settings.get("eventNamePrefix", "") if isinstance(settings, dict) else ""
    once = reads_once(events)  # counting would read it
    count = (
        f"the events of {safe_text(source_name(events))}"
        if once
        else amount(_count(events, max_line_bytes), "event")
    )
    say(f"about to send {count} to the real HubSpot, event name prefix {safe_text(prefix)}")
    if yes:
        return
    if not sys.stdin.isatty() or events == "-":
        stop("there is no terminal to confirm that", "--yes, or --base-url for a HubSpot on this machine")
    if not click.confirm("send them?", default=False, err=True):
        say("nothing was sent")
        raise SystemExit(int(ExitCode.USAGE_ERROR))


def _count(events: str, max_line_bytes: int) -> int:
    try:
        return sum(isinstance(read, Line) for read in read_events(events, max_line_bytes=max_line_bytes))
    except IntakeError as error:
        stop(safe_text(error))
