"""The counters of the live view: outcomes, speed, the batch, the contact memory, HubSpot's budget."""

from __future__ import annotations

from collections import deque
from typing import Any

from simulator.engine.engine import Engine
from simulator.tui.lines import Board, Line, line
from simulator.tui.meters import bar, compact, gauge, sparkline
from simulator.tui.palette import SYMBOLS

__all__ = ["Card", "Pulse", "batch_card", "compact_lines", "hubspot_card", "outcome_card", "speed_card"]

_KINDS = ("flushed", "sent", "queued", "identified", "skipped", "ignored", "denied", "failed")


class Card(Board, can_focus=False):
    """A framed piece of the dashboard."""

    scrolls = False


class Pulse:
    """Events, calls and failures second by second."""

    def __init__(self, seconds: int = 240) -> None:
        self.taken: deque[float] = deque(maxlen=seconds)
        self.calls: deque[float] = deque(maxlen=seconds)
        self.failed: deque[float] = deque(maxlen=seconds)
        self._before = (0, 0, 0)

    def beat(self, engine: Engine) -> None:
        """Take note of what happened since the last beat."""
        counts = engine.counts
        now = (counts.pushes, counts.requests, counts.calls_failed - counts.contacts_unknown)
        before = self._before if now[0] >= self._before[0] else (0, 0, 0)
        for series, value, was in zip((self.taken, self.calls, self.failed), now, before, strict=True):
            series.append(max(0, value - was))
        self._before = now


def outcome_card(engine: Engine, width: int, height: int, palette: Any) -> list[Line]:
    """Return one bar an outcome, in two columns where one does not hold them all."""
    kinds = engine.counts.kinds
    most = max(1, *(kinds[kind] for kind in _KINDS))
    columns = 1 if height >= len(_KINDS) else 2
    cell = width // columns
    drawn = []
    for kind in _KINDS:
        number = kinds[kind]
        colour = palette.outcome(kind)
        room = max(0, cell - 22)
        drawn.append(
            (
                (f"{SYMBOLS[kind]} {kind:<10} ", colour if number else "faint"),
                (f"{compact(number):>6} ", "*text" if number else "faint"),
                (bar(number, most, room).ljust(room) + "  ", colour),
            )
        )
    half = -(-len(drawn) // columns)
    rows = []
    for index in range(half):
        pieces = list(drawn[index])
        if columns == 2 and index + half < len(drawn):
            pieces += drawn[index + half]
        rows.append(Line(tuple(pieces)))
    return rows


def speed_card(engine: Engine, pulse: Pulse, width: int) -> list[Line]:
    """Return the flow of the last minutes."""
    room = max(4, width - 15)
    series = (
        ("events", pulse.taken, "info"),
        ("calls", pulse.calls, "violet"),
        ("errors", pulse.failed, "bad"),
    )
    lines = [
        line(
            (f"{name:<7}", "dim"), (sparkline(values, room), colour),
            (f" {compact(values[-1] if values else 0):>5}/s", "*text"),
        )
        for name, values, colour in series
    ]  # fmt: skip
    counts = engine.counts
    lines.append(
        line((f"{compact(counts.taken)} events", "*text"), (f", {compact(counts.requests)} calls", "dim"))
    )
    return lines


def batch_card(engine: Engine, width: int) -> list[Line]:
    """Return how full the batch is, and what the contact memory saved."""
    config, counts = engine.config, engine.counts
    if config.batch:
        full, rest = gauge(engine.queued, config.batch_size, max(4, width - 18))
        first = line(
            ("batch  ", "dim"),
            (full, "info"),
            (rest, "panel"),
            (f" {engine.queued:>3} of {config.batch_size}", "*text"),
        )
    else:
        first = line(("batch  ", "dim"), ("off: each event is sent on its own", "text"))
    bad = f", {counts.batches_failed} refused" if counts.batches_failed else ""
    made = counts.calls["crm.contacts.basicApi.update"] + counts.calls["crm.contacts.basicApi.create"]
    lost = counts.lost_upstream
    share = round(100 * counts.saved / max(1, counts.saved + made))
    return [
        first,
        line(("       ", "dim"), (f"{compact(counts.batches)} flushed", "good"), (bad, "bad")),
        line(("memory ", "dim"), (f"{compact(counts.saved)} calls saved", "violet"), (f" {share}%", "*text")),
        line(
            ("≠      ", "accent" if lost else "faint"),
            (f"walkerOS loses {compact(lost)}", "accent" if lost else "faint"),
        ),
    ]  # fmt: skip


def hubspot_card(engine: Engine, width: int) -> list[Line]:
    """Return what HubSpot holds, and what is left of its budget."""
    account = engine.hubspot.account
    said = account.counters()
    used, most = _budget(engine)
    full, rest = gauge(used, most, max(4, width - 18))
    faults = [one for one in engine.faults() if not one.is_spent(engine.hubspot.clock())]
    return [
        line(
            ("10 s   ", "dim"), (full, "warn" if used < most else "bad"), (rest, "panel"),
            (f" {used:>3} of {most}", "*text"),
        ),
        line(("holds  ", "dim"), (f"{compact(said.accepted - said.forgotten)} occurrences", "good")),
        line(("       ", "dim"), (f"{compact(len(account.contacts()))} contacts", "violet")),
        line(("faults ", "dim"), (f"{len(faults)} on the board" if faults else "none", "bad" if faults else "faint")),
    ]  # fmt: skip


def compact_lines(engine: Engine, pulse: Pulse, width: int, palette: Any) -> list[Line]:
    """Return all of it in one line, for a small terminal; with words where they fit."""
    kinds = engine.counts.kinds
    # On its own or in a batch: sent is sent.
    shown = {"sent": kinds["flushed"] + kinds["sent"]} | {kind: kinds[kind] for kind in _KINDS[2:]}
    shapes = (
        ("{symbol} {number} {kind}  ", True),
        ("{symbol}{number} {kind} ", True),
        ("{symbol}{number} {kind} ", False),
        ("{symbol} {number} ", True),
    )
    for words, every in shapes:
        pieces = []
        for kind, number in shown.items():
            if not (every or number or kind == "failed"):
                continue
            text = words.format(symbol=SYMBOLS[kind], number=compact(number), kind=kind)
            pieces.append((text, palette.outcome(kind) if number else "faint"))
        used = sum(len(text) for text, _ in pieces)
        if used <= width + 1:
            break
    if width - used >= 16:
        pieces.append((sparkline(pulse.taken, width - used - 8), "info"))
        pieces.append((f" {compact(pulse.taken[-1] if pulse.taken else 0):>4}/s", "*text"))
    return [Line(tuple(pieces))]


def _budget(engine: Engine) -> tuple[int, int]:
    """Return the contact calls of the last ten seconds, and HubSpot's limit on them, as its last answer says."""
    used, most = 0, 190
    now = engine.hubspot.clock()
    for entry in reversed(engine.hubspot.journal.entries(limit=400)):
        headers = dict(entry.answer.headers)
        if "X-HubSpot-RateLimit-Remaining" in headers:
            most = int(headers["X-HubSpot-RateLimit-Max"])
            if now - entry.received_at <= 10:
                used = most - int(headers["X-HubSpot-RateLimit-Remaining"])
            break
    return used, most
