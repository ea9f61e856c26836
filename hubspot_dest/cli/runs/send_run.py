"""One run of `send`: read, push, deliver, report, whatever happens."""

from __future__ import annotations

import signal
import threading
from dataclasses import dataclass
from types import FrameType
from typing import Any

from hubspot_dest.cli.console import print_data, progress, say
from hubspot_dest.cli.counters import RunCounters
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.events.event import has_id, new_event_id
from hubspot_dest.intake.byte_stream import DEFAULT_MAX_LINE_BYTES
from hubspot_dest.intake.reader import BadLine, EventSource, IntakeError, Line, source_name
from hubspot_dest.intake.resume_position import Resumption
from hubspot_dest.mapping.jsdates import date_ms
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.outcome import Outcome
from hubspot_dest.report.json_report import as_json, outcome_record
from hubspot_dest.report.safe_text import safe_text
from hubspot_dest.report.text_report import Painter, outcome_lines

__all__ = ["SendRun", "Plan"]

_CHUNK = 1000
_LINES = 100_000  # how many events can be told with their line while they are on their way
_SIGNAL_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is to do.

    Attributes:
        source: a path, or `-`.
        after: line and item behind which to begin.
        resumption: notes how far the source was read; None where nothing is noted.
        since_ms: older events are left out.
        outbox: the outbox's name for people; empty without one.
        stall: give up when nothing got through for so many seconds.
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


class SendRun:
    """Pushes everything that a source has, and says what became of it."""

    def __init__(
        self, destination: HubSpotDestination, plan: Plan, *, as_json: bool, painter: Painter
    ) -> None:
        self._destination = destination
        self._plan = plan
        self._as_json = as_json
        self._painter = painter
        self._tally = RunCounters()
        self._lines: dict[str, int] = {}
        self._reading = False
        self._stopped: int | None = None
        self._delivered = 0
        self._older = 0
        self._refused = False
        self._telling = threading.RLock()  # with an outbox, the threads that deliver tell as well
        self._left_before = destination.queued
        destination.listeners.append(self._tell)

    def line_of(self, event_id: str) -> int | None:
        """Return the line of an event that is on its way, or None."""
        return self._lines.get(event_id)

    def run(self) -> ExitCode:
        """Deliver; the first signal stops reading and flushes, the second ends at once."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        chunk: list[Line | BadLine] = []
        try:
            if self._destination.waiting:
                self._destination.release_waiting()  # an earlier run had not the consent that this one begins with
            self._read(chunk)
        except _Interrupted:
            pass
        except IntakeError as error:
            say(f"error: {safe_text(error)}")
            if self._tally.events + len(chunk) == 0:
                self._destination.close(deadline=0.0)
                return ExitCode.USAGE_ERROR
            self._tally.wrong += 1
        finally:
            self._reading = False
        self._take(chunk)
        self._end()
        return self._finish()

    def _read(self, chunk: list[Line | BadLine]) -> None:
        resumption = self._plan.resumption
        source = EventSource(
            self._plan.source,
            self._plan.after,
            max_line_bytes=self._plan.max_line_bytes,
            observer=None if resumption is None else resumption.digest,
        )
        size = _CHUNK if self._plan.outbox else 1
        self._reading = True
        for read in source:
            self._reading = False
            chunk.append(read)
            if len(chunk) >= size or not source.at_hand:
                self._take(chunk)
                chunk.clear()
            if self._stopped is not None or self._refused:
                return
            self._reading = True

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a handler's signature
        if self._stopped is not None:
            self._destination.hurry()
            self._say_rest()
            raise SystemExit(128 + number)
        self._stopped = number
        say("interrupted: flushing what waits; once more ends at once")
        if self._reading:
            raise _Interrupted

    # ---- a few lines

    def _take(self, chunk: list[Line | BadLine]) -> None:
        if not chunk:
            return
        for bad in chunk:
            if isinstance(bad, BadLine):
                self._tally.bad_line(bad, self._plan.source)
        events = [read.event for read in chunk if isinstance(read, Line) and self._wanted(read)]
        self._tally.events += len(events)
        # What the file broke off in is not taken: it may be whole when the run is resumed.
        taken = [read for read in chunk if not (isinstance(read, BadLine) and read.unfinished)]
        resumption = self._plan.resumption
        note = resumption.at(taken[-1]) if resumption is not None and taken else None
        self._destination.push_many(events, progress=note)
        if self._tally.events % _CHUNK == 0:
            progress(f"{self._tally.events} events")

    def _wanted(self, read: Line) -> bool:
        since, event = self._plan.since_ms, read.event
        if since is not None:
            when = date_ms(event.get("timestamp", UNDEFINED))
            if when is not None and when < since:
                self._older += 1
                return False
        if not has_id(event):
            event["id"] = new_event_id()  # as the collector would: here so that its line can be told
        if len(self._lines) < _LINES:
            self._lines[event["id"]] = read.number
        return True

    def _tell(self, outcome: Outcome) -> None:
        with self._telling:
            self._tally.count(outcome)
            self._delivered += (
                len(outcome.events) if outcome.kind == "flushed" else int(outcome.kind == "sent")
            )
            line = self._lines.get(outcome.event_id)
            if outcome.kind not in ("denied", "queued", "identified"):
                for event_id in (outcome.event_id, *outcome.events):
                    self._lines.pop(event_id, None)
            if self._as_json:
                print_data(as_json(outcome_record(outcome, line)))
            elif not outcome.ok:
                where = f"line {line}" if line is not None else ""
                for text in outcome_lines(outcome, where, self._painter):
                    say(text)
            self._refused = self._refused or (outcome.reason == "outbox" and outcome.kind == "failed")

    # ---- the end

    def _end(self) -> None:
        if not self._plan.outbox:
            self._destination.close()  # its listeners hear it all
        elif self._stopped is not None:
            self._destination.close(deadline=_SIGNAL_SECONDS)
        else:
            self._destination.close(stall=self._plan.stall)

    def _finish(self) -> ExitCode:
        if self._plan.outbox:
            self._tally.settle(self._destination.queued)
        if self._as_json:
            rest = {"waiting": self._destination.waiting, "unsent": self._destination.queued}
            print_data(as_json(self._tally.record(delivered=self._delivered, **rest)))
        say(self._tally.sentence())
        if self._older:
            say(f"{self._older} older events were left out")
        self._say_rest()
        if self._stopped is not None:
            return ExitCode.INTERRUPTED if self._stopped == signal.SIGINT else ExitCode.TERMINATED
        nothing = self._tally.events + self._older == 0
        if nothing and self._plan.after == (0, -1) and not self._left_before:
            say(f"error: {safe_text(source_name(self._plan.source))} holds no usable event")
            return ExitCode.USAGE_ERROR
        left = self._destination.queued
        return ExitCode.CHECK_FAILED if self._tally.bad_lines or self._tally.wrong or left else ExitCode.OK

    def _say_rest(self) -> None:
        failed = self._tally.kinds["failed"]
        went = "would go out; nothing was sent" if self._plan.dry else "went out"
        parts = [f"{self._delivered} events {went}", f"{failed} failed"]
        left: Any = self._destination.queued
        if left and self._plan.outbox:
            parts.append(f"{left} are safe in the outbox {safe_text(self._plan.outbox)}; send again to go on")
        elif left:
            parts.append(f"{left} were not taken and are lost with this process")
        if self._destination.waiting:
            safe = ", safe in the outbox" if self._plan.outbox else ""
            parts.append(f"{self._destination.waiting} still wait for consent{safe}")
        say("; ".join(parts))
