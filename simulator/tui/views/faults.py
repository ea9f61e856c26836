"""Faults: throw and clear faults and stories, watch waiting events and recovery."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from textual.app import ComposeResult

from simulator.engine.engine import Engine
from simulator.hubspot.faults.fault_board import Fault
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.faults.syntax import parse_fault
from simulator.hubspot.journal.journal import Entry
from simulator.tui.theme import SYMBOLS
from simulator.tui.views.view import View
from simulator.tui.widgets.cards import Pulse
from simulator.tui.widgets.lines import Choice, Line, LineList, LineView, line
from simulator.tui.widgets.meters import compact, sparkline
from simulator.tui.widgets.row_detail import wrapped
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["READY_FAULTS", "FaultsView", "faults_named"]

READY_FAULTS = (
    ("429:count=6,retry-after=1", "rate limit", "the next six calls answer 429"),
    ("503:for=10s", "unavailable", "HubSpot is down for ten seconds"),
    ("500:every=3", "now and then", "every third call answers 500"),
    ("401", "token revoked", "everything answers 401 until cleared"),
    ("latency:delay=800ms", "slow", "every call takes 0.8 s more"),
    ("lost:count=4", "lost answers", "stored, but the answer never comes: a retry must not count twice"),
    ("close-before:count=4", "cut before", "the connection breaks before anything is stored"),
    ("truncated:count=4", "cut short", "the answer ends in the middle"),
    ("empty-200:count=4", "empty answer", "200 without a body"),
)

_WIDE = 56
"""From here on a line has room for two things side by side."""
_TELLS = {name: f"{tells} ({spec})" for spec, name, tells in READY_FAULTS}


def faults_named(name: str) -> tuple[Fault, ...]:
    """Return the faults of a story by its name, one that lies ready by its name, or one fault from its text.

    Raises:
        FaultSyntaxError: there is none of them.

    """
    story = STORIES.get(name)
    if story is not None:
        return story.faults
    ready = next((spec for spec, called, _ in READY_FAULTS if called == name), None)
    return (parse_fault(name),) if ready is None else (replace(parse_fault(ready), name=name),)


class FaultsView(View):
    """What can be thrown on the left; what is on the board, and what it does, on the right.

    Args:
        engine: what is shown.
        pulse: calls and errors second by second.

    """

    def __init__(self, engine: Engine, pulse: Pulse, **options: object) -> None:
        super().__init__(engine, **options)
        self._pulse = pulse
        self.choice = Choice(id="choice", classes="left")
        self.side = LineList(id="board", classes="right")

    def compose(self) -> ComposeResult:
        """Lay the choice beside the board."""
        yield self.choice
        yield self.side

    def main(self) -> LineView:
        """Return the choice."""
        return self.choice

    def tick(self, beat: int) -> None:
        """Draw twice a second."""
        if beat % 5 == 0:
            self.choice.show(self._choice(self.choice.room))
            self.side.show(self._board(self.side.room))

    def on_line_view_chosen(self, message: LineView.Chosen) -> None:
        """Throw what was chosen."""
        name = self.choice.key
        if message.view is self.choice and name is not None:
            faults = faults_named(name)
            self.engine.throw(*faults)
            told = STORIES[name].tells if name in STORIES else _TELLS[name]
            self.app.notify(told, title=f"thrown: {name}", severity="warning", timeout=4, markup=False)
            self.tick(0)

    def _choice(self, width: int) -> list[Line]:
        on = {one.fault.label for one in self._standing()}
        lines = [
            line(("Enter", "*accent"), (" throws,  ", "dim"), ("x", "*accent"), (" clears all", "dim")),
            line(""),
        ]
        lines.append(line(("── faults ", "accent")))
        for _, name, tells in READY_FAULTS:
            standing = name in on
            lines.append(
                line(
                    ("⚡" if standing else "  ", "bad"),
                    (f" {name:<13} ", "*text"),
                    (fit(tells, max(0, width - 17)), "dim"),
                    key=name,
                )
            )
        lines += [line(""), line(("── stories ", "accent"))]
        for story in STORIES.values():
            standing = bool({one.label for one in story.faults} & on)
            lines.append(
                line(("⚡" if standing else "  ", "bad"), (f" {story.name:<22}", "*text"), key=story.name)
            )
            lines += [
                line(("    ", "dim"), *one.pieces) for one in wrapped(story.tells, "dim", max(20, width - 5))
            ]
        return lines

    def _standing(self) -> list[Any]:
        now = self.engine.hubspot.clock()
        return [one for one in self.engine.faults() if not one.is_spent(now)]

    def _board(self, width: int) -> list[Line]:
        lines = [*self._thrown(width), line(""), *self._flow(width)]
        counts = self.engine.counts
        lines += [line(""), line(("── what waits, and what is lost ", "accent"))]
        waits = self.engine.queued
        flushes = "F flushes" if width >= 44 else ""
        failed = counts.kinds["failed"]
        lines += [
            line((f" ◔ {waits:>6} ", "info"), ("wait for their batch", "text"), (f"  {flushes}", "faint")),
            line((f" ▽ {counts.kinds['denied']:>6} ", "soft"), ("wait for consent", "text")),
            line(
                (f" ✘ {failed:>6} ", "bad" if failed else "faint"), ("failed", "text"),
                ("   R runs them again", "faint"),
            ),
            line((f" ≠ {counts.lost_upstream:>6} ", "accent"), ("walkerOS would have lost", "text")),
            line(""),
            line(("── latest refusals ", "accent")),
        ]  # fmt: skip
        refused = [one for one in self.engine.hubspot.journal.entries(limit=300) if _is_refusal(one)][-8:]
        if not refused:
            lines.append(line((" none", "good")))
        lines += [told for entry in reversed(refused) for told in _refused(entry, width)]
        lines += [line(""), line(("── latest failures ", "accent"))]
        ring = self.engine.ring
        found = 0
        for number in range(ring.next - 1, max(ring.first, ring.next - 2000) - 1, -1):
            row = ring.get(number)
            if row is not None and row.kind == "failed" and found < 8:
                found += 1
                lines += _failed(row.name, row.sentence, width)
        if not found:
            lines.append(line((" none", "good")))
        return lines

    def _thrown(self, width: int) -> list[Line]:
        now, lines = self.engine.hubspot.clock(), [line(("── on the board ", "accent"))]
        for one in self.engine.faults()[-12:]:
            spent = one.is_spent(now)
            struck = f"{'struck ' if width >= _WIDE else ''}{one.struck} of {one.matched}"
            left = "  spent" if spent else self._left(one, now)
            name = min(24, width - 4 - len(struck) - len(left))
            lines.append(
                line(
                    (" ○ " if spent else " ⚡", "faint" if spent else "bad"),
                    (fit(one.fault.label, name) + " ", "dim" if spent else "*text"),
                    (struck, "dim"),
                    (left, "faint"),
                )
            )
        if len(lines) == 1:
            lines.append(line((" none: HubSpot is well", "good")))
        return lines

    def _flow(self, width: int) -> list[Line]:
        lines = [line(("── second by second ", "accent"))]
        for name, values, colour in (
            ("calls", self._pulse.calls, "violet"),
            ("errors", self._pulse.failed, "bad"),
        ):
            now = f" {compact(values[-1] if values else 0):>5}/s"
            lines.append(
                line((f" {name:<7}", "dim"), (sparkline(values, max(4, width - 17)), colour), (now, "*text"))
            )
        return lines

    @staticmethod
    def _left(one: Any, now: float) -> str:
        fault = one.fault
        if fault.for_seconds is not None:
            return f"  {max(0.0, one.set_at + fault.for_seconds - now):.0f} s left"
        return f"  {fault.count - one.struck} left" if fault.count is not None else ""


def _refused(entry: Entry, width: int) -> list[Line]:
    """Return what was refused, and by which fault; a small view gives the path a line, and keeps its end."""
    told = f"{entry.answer.status or 'no answer'} {entry.method}"
    target = harmless(entry.target.decode("latin-1").partition("?")[0])
    fault = harmless(entry.fault, 16)
    if width >= _WIDE:
        told = fit(f"{told} {target}", width - 4 - (17 if fault else 0))
        return [line((f" ✘ {told}", "bad"), (f" {fault}", "faint"))]
    room = max(8, width - 4)
    path = target if len(target) <= room else f"…{target[1 - room :]}"
    return [line((f" ✘ {told} ", "bad"), (fault, "faint")), line((f"   {path}", "dim"))]


def _failed(name: str, why: str, width: int) -> list[Line]:
    """Return what failed, and why: beside it, or where there is no room, below."""
    sign = (f" {SYMBOLS['failed']} ", "bad")
    if width >= _WIDE:
        return [line(sign, (fit(name, 18) + " ", "text"), (fit(why, width - 23), "dim"))]
    return [line(sign, (fit(name, width - 4), "text")), *wrapped(why, "dim", width, indent="   ")[:2]]


def _is_refusal(entry: Entry) -> bool:
    """Tell whether an answer is bad news. That a contact is not known yet is none: the sender then creates it."""
    unknown = entry.method == "PATCH" and entry.answer.status == 404 and not entry.fault
    return not entry.is_good and not unknown
