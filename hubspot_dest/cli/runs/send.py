"""What `hubspot-dest send` does: read, push, deliver, report, whatever happens."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import click

from hubspot_dest.account.schema import UNKNOWN_ACCOUNT
from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.command_hint import with_real_names
from hubspot_dest.cli.console import print_data, progress, say, stop
from hubspot_dest.cli.counters import EventBalance, RunCounters
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
from hubspot_dest.cli.run_deadline import SIGNAL_SECONDS, RunDeadline
from hubspot_dest.config.model import Config
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.delivery.dispatch.call_grouping import CallGrouping
from hubspot_dest.delivery.outbox.queue import Leftovers, Progress, leftovers_of, with_contacts
from hubspot_dest.delivery.outbox.schema import OutboxError
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.events.collector import has_id, new_event_id
from hubspot_dest.intake.byte_stream import DEFAULT_MAX_LINE_BYTES
from hubspot_dest.intake.reader import (
    ACCEPTED_TOGETHER,
    BadLine,
    EventSource,
    IntakeError,
    Line,
    Resumption,
    beside,
    canonical,
    difference,
    read_events,
    reads_once,
    source_name,
)
from hubspot_dest.mapping.jsvalues import UNDEFINED, date_ms
from hubspot_dest.outcome import Outcome, person_of
from hubspot_dest.report.fixes import fix_for
from hubspot_dest.report.json_report import as_json, outcome_record
from hubspot_dest.report.reason_table import ReasonTable
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter, outcome_lines
from hubspot_dest.verdict.judge import Judge
from hubspot_dest.verdict.missing_emails import MissingEmails

__all__ = ["SendPlan", "SendRun", "send"]

_ORIGINS: Final = 100_000  # how many events in flight keep their line for messages
_HAND_OVER_SECONDS: Final = 0.4
_SHOWN_EVENTS: Final = 10  # of each reason; further ones are in the table
_SHOWN_BAD_LINES: Final = 20
_STATES: Final = {
    "delivery_paused",
    "delivery_resumed",
    "retry",
    "bisected",
}  # of the delivery, not of an event


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
    verbose: bool,
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
        run = SendRun(
            left,
            as_json=as_json,
            painter=painter,
            lossy=parity,
            grouping=grouping,
            emails=emails,
            verbose=verbose,
        )
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
        destination.close(deadline=0.0, keep_outcomes=False)
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


@dataclass(frozen=True, slots=True)
class SendPlan:
    """What a run is to do.

    Attributes:
        source: a path, or `-`.
        after: line and item after which to begin.
        resumption: notes how far the source was read; None where nothing is noted.
        since_ms: older events are left out.
        outbox: the outbox's name for people; empty without one.
        stall: stop waiting when nothing was delivered for this many seconds.
        dry: nothing is sent.
        max_line_bytes: a longer line is a bad line.

    """

    source: str
    after: tuple[int, int] = (0, -1)
    resumption: Resumption | None = None
    since_ms: float | None = None
    outbox: str = ""
    stall: float = 60.0
    dry: bool = False
    max_line_bytes: int = DEFAULT_MAX_LINE_BYTES


class _Interrupted(Exception):  # noqa: N818 - a signal, not an error
    pass


_Origin = tuple[int, str, str]
"""Line, name and person of an event that is on its way. A plain tuple: the garbage collector leaves those alone."""


@dataclass(slots=True)
class _DeliveryState:
    """What was reported about the delivery as a whole: every new kind of failure once, and the last reason."""

    last: str = ""
    fix: str = ""
    said: set[tuple[Any, ...]] = field(default_factory=set)
    said_until: bool = False

    def is_new(self, outcome: Outcome) -> bool:
        """Note a failure; tell whether it is the first of its kind."""
        error = outcome.error
        if error is None:
            return False
        self.last = error.describe()
        kind = (error.kind, error.status, error.category, error.policy_name, error.message[:40])
        if kind in self.said or len(self.said) > ACCEPTED_TOGETHER:
            return False
        self.said.add(kind)
        return True


class SendRun:
    """Pushes all events of a source, and reports their outcomes.

    Its `tell` is a listener of the destination.

    Args:
        leftovers: what the outbox held before it was opened.
        lossy: batches that fail are lost, as in walkerOS.
        grouping: of a run that sends nothing: puts together what the outbox would send together; `tell` then waits
            until what is accepted together is complete.
        emails: says at the end where no event gave an e-mail.
        verbose: show every event that is not sent, instead of the first few of each reason.

    """

    def __init__(
        self,
        leftovers: Leftovers,
        *,
        as_json: bool,
        painter: Painter,
        lossy: bool = False,
        grouping: CallGrouping | None = None,
        emails: MissingEmails | None = None,
        verbose: bool = False,
    ) -> None:
        self._grouping = grouping
        self._gathered: list[Outcome] = []
        self._as_json = as_json
        self._painter = painter
        self._counters = RunCounters(emails, shown_bad_lines=None if verbose else _SHOWN_BAD_LINES)
        self._balance = EventBalance(
            pending=leftovers.events,
            contact_only=leftovers.contact_only,
            waiting=leftovers.waiting,
            lossy=lossy,
        )
        self._reasons = ReasonTable()
        self._delivery = _DeliveryState()
        self._origins: dict[str, _Origin] = {}
        # Of the chunk in hand: an event may be delivered before its acceptance is reported.
        self._being_accepted: dict[str, _Origin] = {}
        self._delivered_early: set[str] = set()
        self._reading = False
        self._newest: Line | BadLine | None = None  # of the chunk in hand
        self._older = 0
        self._verbose = verbose
        self._shown: Counter[str] = Counter()
        self._outbox_failed = False
        self._input_failed = False
        self._output_failed: int | None = None
        self._telling = threading.RLock()  # with an outbox, delivering threads report as well
        # Held from the moment when events are counted as read until all their outcomes are reported.
        self._handing_over = threading.Lock()
        self._takes_more = True  # until the last words are to be said
        self._ending = threading.Lock()
        self._ended = False
        self._deadline = RunDeadline(self._on_first_signal, self._last_words)
        self._plan = SendPlan("-")
        self._destination: HubSpotDestination | None = None

    def line_of(self, event_id: str) -> int | None:
        """Return the line of an event that is on its way, or None."""
        origin = self._origins.get(event_id) or self._being_accepted.get(event_id)
        return None if origin is None else origin[0]

    def run(self, destination: HubSpotDestination, plan: SendPlan) -> ExitCode:
        """Deliver; the first signal stops reading and flushes, the second ends at once."""
        self._destination, self._plan = destination, plan
        self._deadline.start()
        try:
            if destination.waiting:
                with self._handing_over:
                    destination.release_waiting()  # this run's consent may be what they wait for
            self._read(destination)
        except _Interrupted:
            pass
        except IntakeError as error:
            say(f"error: {safe_text(error)}")
            if not (self._balance.came_in or self._counters.bad_lines or self._balance.earlier):
                destination.close(deadline=0.0, keep_outcomes=False)
                return ExitCode.USAGE_ERROR
            self._input_failed = True
        self._end(destination)
        return self._finish(destination)

    def _read(self, destination: HubSpotDestination) -> None:
        """Accept what the source holds, in chunks that are made durable together."""
        resumption = self._plan.resumption
        source = EventSource(
            self._plan.source,
            self._plan.after,
            max_line_bytes=self._plan.max_line_bytes,
            observer=None if resumption is None else resumption.digest,
        )
        size = ACCEPTED_TOGETHER if self._plan.outbox or self._grouping is not None else 1
        reading = iter(source)
        while not self._stops and (first := self._next(reading)) is not None:
            with self._handing_over:
                if not self._takes_more:
                    return
                self._hand_over(destination, self._chunk(first, reading, source, size))
            if self._balance.came_in % ACCEPTED_TOGETHER == 0:
                progress(amount(self._balance.came_in, "event"))

    @property
    def _stops(self) -> bool:
        """Whether no more is to be read."""
        return self._deadline.number is not None or self._outbox_failed or self._output_failed is not None

    def _next(self, reading: Iterator[Line | BadLine]) -> Line | BadLine | None:
        """Return what is read next; a signal ends the wait for it."""
        self._reading = True
        try:
            return next(reading, None)
        finally:
            self._reading = False

    def _chunk(
        self, first: Line | BadLine, reading: Iterator[Line | BadLine], source: EventSource, size: int
    ) -> Iterator[Any]:
        """Yield the events of the lines that are available without waiting, at most `size`; count what is read."""
        self._newest = None
        read: Line | BadLine | None = first
        while read is not None:
            if isinstance(read, Line):
                self._newest = read
                if self._wanted(read):
                    self._balance.came_in += 1
                    self._counters.events += 1
                    yield read.event
            else:
                self._note_bad_line(read)
            size -= 1
            read = self._next(reading) if size and source.line_available else None

    def _on_first_signal(self, number: int) -> None:
        if self._destination is not None:
            self._destination.end_within(self._deadline.delivery_seconds)
        name = signal.Signals(number).name
        say(
            f"interrupted ({name}): no more is read; what waits is sent for at most {SIGNAL_SECONDS:g} s; "
            "a second signal ends at once"
        )
        if self._reading:
            raise _Interrupted

    # ---- a chunk of lines

    def _hand_over(self, destination: HubSpotDestination, events: Iterator[Any]) -> None:
        """Accept a chunk of events and report their outcomes; the closing lines wait for it."""
        try:
            destination.push_many(events, progress=self._progress, keep_events=False)
        finally:  # also where reading ends with an error
            self._tell_grouped()
            with self._telling:
                self._balance.accepted()
                self._being_accepted.clear()
                self._delivered_early.clear()

    def _progress(self) -> Progress | None:
        """Return the note that everything up to the newest line was accepted."""
        resumption, newest = self._plan.resumption, self._newest
        return None if resumption is None or newest is None else resumption.at(newest)

    def _note_bad_line(self, bad: BadLine) -> None:
        self._counters.bad_line(bad, self._plan.source)
        self._reasons.add_reason("bad line", "no_event", bad.message, bad.hint, line=bad.number)
        if not bad.unfinished:  # an unfinished last line may be complete when the run is resumed
            self._newest = bad

    def _wanted(self, read: Line) -> bool:
        since, event = self._plan.since_ms, read.event
        if since is not None:
            when = date_ms(event.get("timestamp", UNDEFINED))
            if when is not None and when < since:
                self._older += 1
                return False
        if not has_id(event):
            event["id"] = new_event_id()  # as the collector does; here so that messages can name its line
        name = event.get("name")
        # Interned, since thousands of events on their way share a few names.
        self._being_accepted[event["id"]] = (read.number, sys.intern(name) if type(name) is str else "", "")
        return True

    # ---- what became of them

    def tell(self, outcome: Outcome) -> None:
        """Count an outcome and report it; called by the thread that made it."""
        if self._grouping is None:
            self._tell(outcome)
        else:
            self._gathered.append(outcome)

    def _tell_grouped(self, *, last: bool = False) -> None:
        """Tell what was gathered in a run that sends nothing, with the calls that the outbox would make of it."""
        if self._grouping is not None:
            gathered, self._gathered = self._gathered, []
            for outcome in self._grouping.group(gathered, last=last):
                self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        with self._telling:
            self._counters.count(outcome)
            self._balance.count(outcome)
            origin = self._origin(outcome)
            if outcome.reason == "outbox" and outcome.kind == "failed":
                outcome_is_new = not self._outbox_failed
                self._outbox_failed = True
            else:
                outcome_is_new = True
            if outcome.reason in _STATES:
                self._say_state(outcome)
            else:
                self._note(outcome, origin)
                if not self._as_json and outcome_is_new:
                    self._say_outcome(outcome, origin)
            if self._as_json and self._output_failed is None:
                read = origin or self._being_accepted.get(outcome.event_id)
                line = None if read is None else read[0]
                self._print(as_json(outcome_record(outcome, line)))

    def _origin(self, outcome: Outcome) -> _Origin | None:
        """Return where an outcome's event came from; keep it for later outcomes."""
        event_id = outcome.event_id
        read = self._being_accepted.get(event_id)
        origin = None if read is None else (read[0], read[1] or outcome.name, person_of(outcome))
        if outcome.delivery:
            if outcome.kind not in ("sent", "flushed", "failed"):
                return None
            if outcome.reason == "contact_failed":
                return self._origins.get(event_id)  # its event is still on its way
            if self._being_accepted:
                self._delivered_early.update(outcome.events or (event_id,))
        elif origin is not None and outcome.kind in ("queued", "identified", "denied"):
            if len(self._origins) < _ORIGINS and event_id not in self._delivered_early:
                self._origins[event_id] = origin
            return origin
        done = [self._origins.pop(text, None) for text in (event_id, *outcome.events)]
        return done[0] or origin

    def _note(self, outcome: Outcome, origin: _Origin | None) -> None:
        """Add what was not sent to the table of reasons."""
        refused = outcome.kind == "failed" or outcome.error is not None
        if not refused and outcome.kind not in ("skipped", "denied"):
            return
        if outcome.kind == "failed" and outcome.events:
            self._reasons.add(outcome, count=len(outcome.events))
            return
        line, name, person = origin if origin is not None else (None, outcome.name, person_of(outcome))
        self._reasons.add(outcome, line, name, person)

    def _say_outcome(self, outcome: Outcome, origin: _Origin | None) -> None:
        if outcome.ok and outcome.kind != "skipped":
            return
        if not self._is_shown(outcome):
            return
        if origin is not None:
            name, person = origin[1] or outcome.name, outcome.person or origin[2]
            outcome = replace(outcome, name=name, person=person)
        where = f"line {origin[0]}" if origin is not None else ""
        for text in outcome_lines(outcome, where, self._painter):
            say(text)

    def _is_shown(self, outcome: Outcome) -> bool:
        """Tell whether an event that is not sent is shown whole, or only counted like the others of its reason."""
        if self._verbose:
            return True
        reason = f"{outcome.kind}: {outcome.reason}"
        self._shown[reason] += 1
        if self._shown[reason] == _SHOWN_EVENTS + 1:
            say(
                f"further events with '{safe_text(reason)}' are counted in the table at the end; --verbose shows each"
            )
        return self._shown[reason] <= _SHOWN_EVENTS

    def _say_state(self, outcome: Outcome) -> None:
        """Report every new kind of failure once, before the next attempt."""
        if outcome.reason == "delivery_resumed":
            say("HubSpot accepts requests again: delivery continues")
        elif outcome.reason != "bisected" and self._delivery.is_new(outcome) and outcome.error is not None:
            self._delivery.fix = with_real_names(fix_for(outcome))
            what = "delivery pauses" if outcome.reason == "delivery_paused" else "not delivered yet"
            by_hand = outcome.error.kind in ("unauthorized", "refused")
            then = self._delivery.fix if by_hand else "it is tried again"
            if not self._delivery.said_until:
                self._delivery.said_until = True
                then += self._until()
            say(f"warning: {what}: {safe_text(outcome.error.describe(), limit=300)}; {then}")

    def _until(self) -> str:
        """Return until when a run with an outbox tries again, and what becomes of the rest then."""
        outbox, stall = self._plan.outbox, self._plan.stall
        if not outbox:
            return ""
        return (
            f"; after the last event, until nothing was delivered for {stall:g} s (--wait): "
            f"what is left then is safe in the outbox {safe_text(outbox)}"
        )

    def _print(self, text: str) -> None:
        """Write a line of data; a failure must not end the delivering thread."""
        try:
            print_data(text)
        except SystemExit as end:
            self._output_failed = end.code if isinstance(end.code, int) else int(ExitCode.USAGE_ERROR)

    # ---- the end

    def _end(self, destination: HubSpotDestination) -> None:
        if not self._plan.outbox:
            destination.close()  # its listeners get every outcome
            self._tell_grouped(last=True)
        elif self._deadline.number is not None:
            destination.close(deadline=self._deadline.delivery_seconds, keep_outcomes=False)
        else:
            destination.close(stall=self._plan.stall, keep_outcomes=False)

    def _finish(self, destination: HubSpotDestination) -> ExitCode:
        self._say_end_once(destination)
        if self._output_failed is not None:
            raise SystemExit(self._output_failed)
        number = self._deadline.number
        if number is not None:
            return ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED
        balance = self._balance
        nothing = balance.came_in + self._older + balance.earlier == 0
        if nothing and self._plan.after == (0, -1):
            say(f"error: {safe_text(source_name(self._plan.source))} has no usable event")
            return ExitCode.USAGE_ERROR
        wrong = balance.failed or balance.contacts_refused or self._counters.bad_lines or self._input_failed
        left = destination.queued or balance.pending or destination.unrecorded
        return ExitCode.CHECK_FAILED if wrong or left else ExitCode.OK

    def _last_words(self) -> None:
        """Say what is left, from the thread that ends the process.

        What is just being handed over is waited for, so that it is counted as what it became; nothing more is handed
        over after that.
        """
        if self._destination is not None:
            self._takes_more = False
            self._handing_over.acquire(timeout=_HAND_OVER_SECONDS)  # for good: the process ends
            self._say_end_once(self._destination)

    def _say_end_once(self, destination: HubSpotDestination) -> None:
        """Say the closing lines; a second thread that would say them waits until they are said."""
        with self._ending:
            if not self._ended:
                self._ended = True
                # A delivering thread may hang while it writes: then the lines are written all the same.
                whole = self._telling.acquire(timeout=_HAND_OVER_SECONDS)
                try:
                    self._say_end(destination)
                finally:
                    if whole:
                        self._telling.release()

    def _say_end(self, destination: HubSpotDestination) -> None:
        balance, waiting = self._balance, destination.waiting
        bad = self._counters.bad_lines
        if balance.pending and self._delivery.last:
            self._reasons.add_reason(
                "safe" if self._plan.outbox else "lost",
                "not_delivered",
                self._delivery.last,
                self._delivery.fix,
                count=balance.pending,
            )
        if self._as_json and self._output_failed is None:
            record = self._counters.record(
                delivered=balance.sent,
                waiting=waiting,
                unsent=max(0, balance.pending),
                balance=balance.record(waiting=waiting, bad_lines=bad),
                contacts={
                    "written": balance.contacts_written,
                    "refused": balance.contacts_refused,
                    "waiting": balance.pending_contacts(destination.queued) if self._plan.outbox else 0,
                },
                reasons=self._reasons.records(),
                lastFailure=self._delivery.last or None,
                unrecorded=destination.unrecorded,
            )
            record["outcomes"] = {kind: count for kind, count in balance.kinds(waiting).items() if count}
            self._print(as_json(record))
        if not self._as_json and (table := self._reasons.lines()):
            say("")
            for line in table:
                say(with_real_names(line))
            say("")
        for sentence in () if self._counters.emails is None else self._counters.emails.sentences():
            say(f"warning: {safe_text(sentence)}")
        say(f"{balance.sentence(waiting)}{self._counters.tail()}")
        if self._older:
            say(f"{amount(self._older, 'older event')} {verb(self._older, 'were')} left out")
        say(self._rest(destination, waiting))

    def _go_on(self) -> str:
        """Return how to go on; repeating the command alone would accept the lines of a file a second time."""
        if self._plan.resumption is not None:
            return "send again with --resume to go on"
        return "the next send with this outbox goes on"

    def _rest(self, destination: HubSpotDestination, waiting: int) -> str:
        balance, outbox = self._balance, safe_text(self._plan.outbox)
        went = "would be sent; nothing was sent" if self._plan.dry else "went out"
        parts = [f"{amount(balance.sent, 'event')} {went}", f"{balance.failed} failed"]
        if balance.contacts_only:
            parts.append(f"{balance.contacts_only} only wrote a contact")
        if balance.contacts_refused:
            refused = balance.contacts_refused
            parts.append(f"{amount(refused, 'contact')} {verb(refused, 'were')} refused")
        pending = max(0, balance.pending)
        contacts = balance.pending_contacts(destination.queued) if outbox else 0
        also = f" with {amount(contacts, 'contact')}" if contacts else ""
        gone = _trouble(destination)
        if gone and (pending or contacts or waiting):
            parts.append(f"{pending}{also} {gone}")
        elif outbox and (pending or contacts):
            are = verb(pending, "are")
            parts.append(f"{pending} {are} safe in the outbox {outbox}{also}; {self._go_on()}")
        elif pending:
            were, are = verb(pending, "were"), verb(pending, "are")
            parts.append(f"{pending} {were} not taken and {are} lost with this process")
        if unfinished := balance.kinds(waiting)["under way"]:
            what = (
                "being accepted: what is in the outbox is sent by the next run"
                if outbox
                else "under way: HubSpot may have taken them"
            )
            parts.append(f"{unfinished} {verb(unfinished, 'were')} {what}")
        if waiting:
            safe = ", safe in the outbox" if outbox and not gone else ""
            parts.append(f"{waiting} still {verb(waiting, 'wait')} for consent{safe}")
        if unrecorded := destination.unrecorded:
            were = verb(unrecorded, "were")
            parts.append(
                f"{unrecorded} {were} delivered, which could not be recorded in the outbox {outbox}: "
                "make room on the disk; what is sent again is counted once by HubSpot"
            )
        if self._delivery.last and pending:
            parts.append(f"last failure: {safe_text(self._delivery.last, limit=300)}")
        return "; ".join(parts)


def _trouble(destination: HubSpotDestination) -> str:
    """Return what becomes of undelivered events whose outbox file was removed or replaced; empty if it is in place."""
    outbox = destination.outbox
    if outbox is None:
        return ""
    gone = safe_text(outbox.trouble())
    if outbox.rescued is not None:
        return f"are safe in a copy: deliver them with --outbox {safe_text(outbox.rescued)}; {gone}".rstrip(
            "; "
        )
    return f"are lost: {gone}" if gone else ""
