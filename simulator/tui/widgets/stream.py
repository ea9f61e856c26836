"""The stream: every event with its outcome, read from the engine's rows, filtered, and rendered lazily."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Hashable, Sequence
from typing import Any

from simulator.engine.engine import Engine
from simulator.engine.row_filter import Filter
from simulator.engine.rows import Row
from simulator.tui.theme import SYMBOLS
from simulator.tui.widgets.lines import LineView, Piece
from simulator.tui.widgets.text_width import fit

__all__ = ["Stream", "upstream_mark"]


class Stream(LineView):
    """The rows of an engine.

    Without a filter line i is row `first + i`; with one the numbers of matching rows are kept in a list that grows as
    rows come and changes as rows change. What there is is as it was at the last `sync`: rows come and go at any time,
    and lines that are drawn in between must not move.

    Args:
        engine: what is shown.

    """

    def __init__(self, engine: Engine, **options: Any) -> None:
        super().__init__(**options)
        self._engine = engine
        self._ring = engine.ring
        self.follow = True
        self.filter: Filter | None = None
        self.chosen: int | None = None
        self._found: list[int] = []
        self._looked_to = 0
        self._changes_seen = 0
        self._first = self._count = 0

    # ---- what there is

    def count(self) -> int:
        """Return how many rows are shown."""
        return self._count if self.filter is None else len(self._found)

    def number(self, index: int) -> int | None:
        """Return the number of the row on a line."""
        if not 0 <= index < self.count():
            return None
        return self._first + index if self.filter is None else self._found[index]

    def index(self, number: int) -> int:
        """Return the line of a row, or of the next one that is shown."""
        return number - self._first if self.filter is None else bisect_left(self._found, number)

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self._ring.get(self.chosen) if self.chosen is not None else None

    def shown(self) -> list[Row]:
        """Return every row that matches the filter."""
        return [row for row in self._ring.rows() if self.filter is None or self.filter(row)]

    # ---- keeping up

    def set_filter(self, chosen: Filter | None) -> None:
        """Show only what matches a filter."""
        self.filter = chosen
        self._looked_to = self._ring.next
        self._search(self._looked_to)
        self.sync()
        self.resized()  # other lines, though nothing came
        if self.follow:
            self._to_the_end()
        elif self.chosen is not None:
            self.go(self.index(self.chosen))

    def _search(self, upto: int) -> None:
        chosen = self.filter
        if chosen is not None:
            self._found = [row.number for row in self._ring.rows(stop=upto) if chosen(row)]

    def sync(self) -> bool:
        """Take in what happened since the last time; tell whether anything did."""
        ring, ledger = self._ring, self._engine.event_log
        # The engine's thread goes on meanwhile: what comes after this line is for the next time.
        upto, changes = ring.next, ledger.changes
        news = upto != self._looked_to or changes != self._changes_seen
        if upto < self._looked_to:
            # The stream restarted: its rows are gone, and new ones are followed.
            self.chosen, self.cursor, self.follow = None, 0, True
            self._search(upto)
        elif self.filter is not None:
            self._take_in(upto)
        self._looked_to, self._changes_seen = upto, changes
        first = max(0, upto - ring.capacity)
        gone, self._first, self._count = first - self._first, first, upto - first
        if news or gone:
            self.resized()
            if self.follow:
                self._to_the_end()
            elif gone > 0 and self.filter is None:
                self.scroll_to(y=max(0, self.scroll_offset.y - gone), animate=False, immediate=True)
            if self.chosen is not None and not self.follow:
                self.cursor = max(0, self.index(self.chosen))
        return news

    def _take_in(self, upto: int) -> None:
        chosen, ring, ledger = self.filter, self._ring, self._engine.event_log
        assert chosen is not None
        self._found += [row.number for row in ring.rows(self._looked_to, upto) if chosen(row)]
        changed = list(ledger.changed)
        fresh = (
            ledger.changes - self._changes_seen
        )  # with some that came just now, for the next time once more
        if fresh > len(changed):
            self._search(upto)
        for number in changed[-fresh:] if fresh else ():
            row = ring.get(number)
            place = bisect_left(self._found, number)
            here = place < len(self._found) and self._found[place] == number
            if row is not None and number < upto and chosen(row) != here:
                if here:
                    del self._found[place]
                else:
                    self._found.insert(place, number)
        gone = bisect_left(self._found, max(0, upto - ring.capacity))
        if gone:
            del self._found[:gone]

    def _to_the_end(self) -> None:
        last = self.count() - 1
        self.refresh()
        self.scroll_to(y=max(0, last - self.size.height + 1), animate=False, immediate=True)
        self.cursor = max(0, last)
        number = self.number(last)
        if number != self.chosen:
            self.chosen = number
            self.post_message(self.Moved(self))

    def go(self, index: int) -> None:
        """Put the cursor on a row; leaving the last one ends following, reaching it does not begin it."""
        index = max(0, min(index, self.count() - 1))
        if index < self.count() - 1:
            self.follow = False
        self.chosen = self.number(index)
        super().go(index)

    def action_edge(self, to: int) -> None:
        """Go to the first row, or follow the last."""
        if to > 0:
            self.follow = True
            self._to_the_end()
            self.refresh()
        else:
            super().action_edge(to)

    def jump(self, wanted: Filter, by: int, *, around: bool = False) -> bool:
        """Go to the next (1) or previous (-1) row that matches a filter; tell whether there was one.

        `around` begins at the other end.
        """
        start = self.cursor + by if not around else 0 if by > 0 else self.count() - 1
        span = range(start, self.count()) if by > 0 else range(min(start, self.count() - 1), -1, -1)
        for index in span:
            number = self.number(index)
            row = self._ring.get(number) if number is not None else None
            if row is not None and wanted(row):
                self.follow = False
                self.go(index)
                return True
        return False

    def on_resize(self) -> None:
        """Keep the newest in sight, or the chosen one."""
        # The base's own handler has been called; what can be scrolled is known after the layout.
        self.call_after_refresh(self._to_the_end if self.follow else self.reveal)

    # ---- how it looks

    def look(self, index: int) -> Hashable:
        """Return what a row looks like."""
        number = self.number(index)
        row = self._ring.get(number) if number is not None else None
        if row is None:
            return None
        changing = (
            row.kind,
            row.runs,
            row.status,
            len(row.exchanges),
            row.pinned,
            row.sentence,
            row.upstream,
            row.failed_attempts,
            row.next_try,
        )
        return (self._engine.seed, number, row.at, number == self.chosen, changing)

    def pieces(self, index: int, width: int) -> Sequence[Piece]:
        """Return one row: time, event, person, outcome, reason."""
        number = self.number(index)
        row = self._ring.get(number) if number is not None else None
        if row is None:
            return (("", "dim"),)
        mark = "▌" if number == self.chosen else "◈" if row.pinned else " "
        colour = self.palette.outcome(row.state)
        when = time.strftime("%H:%M:%S", time.localtime(row.at))
        if row.is_batch:
            return self._batch(row, mark, when, width)
        name, person, wide = _columns(width)
        left: list[Piece] = [(mark, "accent"), (f"{when} ", "faint")]
        left.append((fit(row.name or "(no name)", name) + " ", "*text" if row.kind == "failed" else "text"))
        if person:
            left.append((fit(row.person or "anonymous", person) + " ", "dim" if row.person else "faint"))
        left.append((f"{SYMBOLS.get(row.state, '?')} {row.state:<10} ", f"*{colour}"))
        used = 1 + 9 + name + 1 + (person + 1 if person else 0) + 13
        status = f"{row.status} {row.milliseconds:.0f} ms" if wide and row.exchanges and row.status else ""
        tail = len(status) + 1 if status else 0
        space = width - used - tail
        if row.upstream and space > 3:
            mark, tone = upstream_mark(row)
            left.append((f"{mark} ", tone))
            space -= len(mark) + 1
        if space > 0:
            left.append((fit(row.why, space), "dim"))
        if tail:
            left.append((f" {status}", "faint" if (row.status or 0) < 400 else "bad"))
        return left

    def _batch(self, row: Row, mark: str, when: str, width: int) -> Sequence[Piece]:
        good = row.kind in ("flushed", "sent")
        colour = "good" if good else "warn" if row.kind == "queued" else "bad"
        text = f"{'▣' if good else '↻' if row.kind == 'queued' else '✘'} {_batch_words(row)}"
        if row.exchanges:
            text += f" · {row.status or 'no answer'} {row.milliseconds:.0f} ms"
        if row.next_try is not None:
            text += f" · next attempt {time.strftime('%H:%M:%S', time.localtime(row.next_try))}"
        more = "" if good else f"  {row.sentence}"
        body = fit(f"{text}{more}", max(0, width - 12))
        filled = body.rstrip()
        return (
            (mark, "accent"),
            (f"{when} ", "faint"),
            (filled + " ", f"*{colour}"),
            ("━" * max(0, width - 11 - len(filled)), colour if good else "bad"),
        )


def _batch_words(row: Row) -> str:
    """Return the outcome of a batch, or the state of the delivery."""
    if row.reason in ("delivery_paused", "delivery_resumed"):
        return row.name
    if row.reason == "retry":
        return f"{row.name} not taken, is tried again"
    if row.reason == "bisected":
        return f"{row.name} refused, is sent in parts"
    if row.kind == "failed":
        return f"{row.name} not taken"
    return f"{row.name} taken" + (
        f" at attempt {row.failed_attempts + 1}: recovered" if row.failed_attempts else ""
    )


def upstream_mark(row: Row) -> tuple[str, str]:
    """Return the mark and the colour of what walkerOS would have done: lose the event, make one call more, or other."""
    if row.loses:
        return "≠✘", "bad"
    return ("≠+", "dim") if row.extra_call else ("≠", "accent")


def _columns(width: int) -> tuple[int, int, bool]:
    """Return the cells for the event and for the person, and whether there is room for the status."""
    if width >= 104:
        return 18, min(34, width - 78), True
    if width >= 88:
        return 18, 21, False
    if width >= 64:
        return 16, 17, False
    return (14, 14, False) if width >= 58 else (16, 0, False)
