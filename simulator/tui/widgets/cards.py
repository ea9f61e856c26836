"""The counters of the live view: outcomes, speed, the batch, the contact memory, HubSpot's budget."""

from __future__ import annotations

from collections import deque
from typing import Any

from hubspot_dest.amounts import amount, plural
from simulator.engine.engine import Engine
from simulator.engine.reconciliation import Counts
from simulator.tui.theme import SYMBOLS
from simulator.tui.widgets.lines import LineList, Piece, TextLine, line
from simulator.tui.widgets.meters import bar, compact, gauge, sparkline

__all__ = ["Card", "Pulse", "batch_card", "compact_lines", "hubspot_card", "outcome_card", "speed_card"]

_KINDS = ("flushed", "sent", "queued", "identified", "skipped", "ignored", "denied", "failed")


class Card(LineList, can_focus=False):
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
        """Note what happened since the last beat."""
        counts = engine.counts
        now = (counts.pushes, counts.requests, counts.calls_failed - counts.contacts_unknown)
        before = self._before if now[0] >= self._before[0] else (0, 0, 0)
        for series, value, was in zip((self.taken, self.calls, self.failed), now, before, strict=True):
            series.append(max(0, value - was))
        self._before = now


def outcome_card(engine: Engine, width: int, height: int, palette: Any) -> list[TextLine]:
    """Return one bar an outcome, in two columns where one does not hold them all."""
    kinds = engine.counts.kinds
    words = _words(engine.counts)
    most = max(1, *(kinds[kind] for kind in _KINDS))
    columns = 1 if height >= len(_KINDS) else 2
    each = -(-len(_KINDS) // columns)
    groups = [_KINDS[start : start + each] for start in range(0, len(_KINDS), each)]
    # Numbers are never cut: first the bars go, then the space between, then a part of the longest word.
    wide = [max(len(words[kind][1]) for kind in group) for group in groups]
    spare = width - sum(wide) - columns * 9 - (columns - 1)
    if spare < 0:
        words["denied"] = (words["denied"][0], words["denied"][1].removeprefix("no "))
        wide = [max(len(words[kind][1]) for kind in group) for group in groups]
    spare = max(0, spare)
    room = spare // columns - 1 if spare >= 3 * columns else 0
    rows: list[list[Piece]] = [[] for _ in range(each)]
    for column, group in enumerate(groups):
        for row, kind in zip(rows, group, strict=False):
            number, colour, (symbol, word) = kinds[kind], palette.outcome(kind), words[kind]
            row += [
                (" " if column else "", "dim"),
                (f"{symbol} {word:<{wide[column]}} ", colour if number else "faint"),
                (f"{compact(number):>6}", "*text" if number else "faint"),
                (f" {bar(number, most, room)}".ljust(room + 1) if room else "", colour),
            ]
    return [TextLine(tuple(row)) for row in rows]


def _words(counts: Counts) -> dict[str, tuple[str, str]]:
    """Return the symbol and the word of each counter; denied events wait for consent, are refused by it, or both."""
    words = {kind: (SYMBOLS[kind], kind) for kind in _KINDS}
    if counts.parked:
        waits_only = counts.parked == counts.kinds["denied"]
        words["denied"] = (SYMBOLS["parked"], "parked" if waits_only else "no consent")
    return words


def speed_card(engine: Engine, pulse: Pulse, width: int) -> list[TextLine]:
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
    events, calls = compact(counts.taken), compact(counts.requests)
    calls = f"{calls} {plural(counts.requests, 'call')}"
    last = line((f"{events} {plural(counts.taken, 'event')}", "*text"), (f", {calls}", "dim"))
    lines.append(_fitting(width, last, line((f"{events},", "*text"), (f" {calls}", "dim"))))
    return lines


def batch_card(engine: Engine, width: int) -> list[TextLine]:
    """Return how full the batch is, and what the contact memory saved."""
    config, counts = engine.config, engine.counts
    if config.batch:
        first = _gauged("batch  ", engine.queued, config.batch_size, "info", width)
    else:
        first = _fitting(
            width,
            line(("batch  ", "dim"), ("off: each event is sent on its own", "text")),
            line(("batch  off", "text")),
        )
    failed = counts.retries or counts.batches_failed
    bad = f", {amount(failed, 'attempt')} failed" if failed else ""
    made = sum(number for name, number in counts.calls.items() if name.startswith("crm."))
    batches, sent = compact(counts.batches), plural(counts.batches, "batch")
    lost, extra, saved = compact(counts.lost_upstream), compact(counts.extra_upstream), compact(counts.saved)
    saved_calls = f"{saved} {plural(counts.saved, 'call')} saved"
    more_calls = f"  ≠+ {extra} {plural(counts.extra_upstream, 'call')} more"
    share = (f" {round(100 * counts.saved / max(1, counts.saved + made))}%", "*text")
    loses = "bad" if counts.lost_upstream else "faint"
    return [
        first,
        _fitting(
            width,
            line(("       ", "dim"), (f"{batches} {sent} sent", "good"), (bad, "bad")),
            line((f"{batches} {sent} sent", "good"), (bad, "bad")),
            line((f"{batches} {sent}", "good"), (bad, "bad")),
            line((f"{batches} sent", "good"), (f", {failed} again" if failed else "", "bad")),
        ),
        _recovery(engine, width)
        or _fitting(
            width,
            line(("memory ", "dim"), (saved_calls, "violet"), share),
            line(("memory ", "dim"), (f"{saved} saved", "violet"), share),
            line((saved_calls, "violet")),
        ),
        _fitting(
            width,
            line(("≠✘ ", loses), (f"walkerOS loses {lost}", loses), (more_calls, "dim")),
            line(("≠✘ ", loses), (f"walkerOS loses {lost}", loses), (f" ≠+ {extra}", "dim")),
            line((f"≠✘ {lost}", loses), (f" ≠+ {extra}", "dim")),
        ),
    ]


def _recovery(engine: Engine, width: int) -> TextLine | None:
    """Return when the sender tries again, or what has recovered; None where nothing failed."""
    counts, at = engine.counts, engine.next_try
    if at is not None:
        seconds = max(0.0, at - engine.hubspot.clock())
        waiting = compact(counts.kinds["queued"])
        return _fitting(
            width,
            line(("↻      ", "warn"), (f"{waiting} wait, next attempt in {seconds:.0f} s", "*warn")),
            line(("↻ ", "warn"), (f"next attempt in {seconds:.0f} s", "*warn")),
            line((f"↻ in {seconds:.0f} s", "*warn")),
        )
    if not counts.recovered:
        return None
    recovered = compact(counts.recovered)
    return _fitting(
        width,
        line(("↻      ", "good"), (f"{recovered} recovered", "good")),
        line((f"↻ {recovered} recovered", "good")),
    )


def hubspot_card(engine: Engine, width: int) -> list[TextLine]:
    """Return what HubSpot holds, and what is left of its budget."""
    account = engine.hubspot.account
    said = account.counters()
    used, most = _budget(engine)
    faults = [fault for fault in engine.faults() if not fault.is_spent(engine.hubspot.clock())]
    held, people = said.accepted - said.forgotten, len(account.contacts())
    holds, board = f"{compact(held)} {plural(held, 'occurrence')}", f"{len(faults)} on the board"
    return [
        _gauged("10 s   ", used, most, "warn" if used < most else "bad", width),
        _fitting(width, line(("holds  ", "dim"), (holds, "good")), line((holds, "good"))),
        line(("       ", "dim"), (f"{compact(people)} {plural(people, 'contact')}", "violet")),
        _fitting(
            width,
            line(("faults ", "dim"), (board if faults else "none", "bad" if faults else "faint")),
            line(("faults ", "dim"), (f"{len(faults)}", "bad")),
        ),
    ]


def _gauged(name: str, part: int, whole: int, colour: str, width: int) -> TextLine:
    """Return a gauge with its numbers, which are never cut."""
    said = f" {part:>3} of {whole}"
    if width - len(name) - len(said) < 4:
        said = f" {part}/{whole}"
    full, rest = gauge(part, whole, max(1, width - len(name) - max(len(said), 11)))
    return line((name, "dim"), (full, colour), (rest, "panel"), (said, "*text"))


def _fitting(width: int, *lines: TextLine) -> TextLine:
    """Return the first line that is not cut at this width, or else the last."""
    fit = (text_line for text_line in lines if sum(len(text) for text, _ in text_line.pieces) <= width)
    return next(fit, lines[-1])


def compact_lines(engine: Engine, pulse: Pulse, width: int, palette: Any) -> list[TextLine]:
    """Return all of it in one line, for a small terminal; with words where they fit."""
    kinds, names = engine.counts.kinds, _words(engine.counts)
    apart = [(kind, names[kind][1], kinds[kind]) for kind in _KINDS]
    # On its own or in a batch, out is out.
    together = [("sent", "out", kinds["flushed"] + kinds["sent"]), *apart[2:]]
    shapes = (
        ("{symbol} {number} {word}  ", apart),
        ("{symbol}{number} {word} ", apart),
        ("{symbol}{number} {word} ", together),
        ("{symbol}{number} {word} ", [pair for pair in together if pair[2] or pair[0] == "failed"]),
        ("{symbol} {number} ", together),
    )
    for words, shown in shapes:
        texts = [
            words.format(symbol=names[kind][0], number=compact(number), word=word)
            for kind, word, number in shown
        ]
        texts[-1] = texts[-1].rstrip()
        used = sum(map(len, texts))
        if used <= width:
            break
    pieces = [
        (text, palette.outcome(kind) if number else "faint")
        for text, (kind, _, number) in zip(texts, shown, strict=True)
    ]
    if width - used >= 16:
        pieces.append(("  " + sparkline(pulse.taken, width - used - 10), "info"))
        pieces.append((f" {compact(pulse.taken[-1] if pulse.taken else 0):>4}/s", "*text"))
    return [TextLine(tuple(pieces))]


def _budget(engine: Engine) -> tuple[int, int]:
    """Return the contact calls of the last ten seconds, and HubSpot's limit on them, as in its last answer."""
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
