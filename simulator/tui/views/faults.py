"""Faults: throw and clear faults and stories, watch waiting events and recovery."""

from __future__ import annotations

from typing import Any

from textual.app import ComposeResult

from simulator.engine.engine import Engine
from simulator.hubspot.faults.stories import STORIES
from simulator.hubspot.journal.journal import Entry
from simulator.tui.fault_presets import FAULT_PRESETS, describe_fault, faults_named
from simulator.tui.theme import SYMBOLS
from simulator.tui.views.view import View
from simulator.tui.widgets.cards import Pulse
from simulator.tui.widgets.lines import Choice, LineList, LineView, TextLine, line
from simulator.tui.widgets.meters import compact, sparkline
from simulator.tui.widgets.row_detail import wrapped
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["FaultsView"]

_WIDE = 56
"""From here on a line has room for two things side by side."""


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
        """Lay out the faults to choose from and those that are set."""
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
            self.app.notify(
                describe_fault(name), title=f"thrown: {name}", severity="warning", timeout=4, markup=False
            )
            self.tick(0)

    def _choice(self, width: int) -> list[TextLine]:
        on = {item.fault.label for item in self._standing()}
        lines = [
            line(("Enter", "*accent"), (" throws,  ", "dim"), ("x", "*accent"), (" clears all", "dim")),
            line(""),
        ]
        lines.append(line(("── faults ", "accent")))
        for preset in FAULT_PRESETS:
            standing = preset.name in on
            lines.append(
                line(
                    ("⚡" if standing else "  ", "bad"),
                    (f" {preset.name:<13} ", "*text"),
                    (fit(preset.effect, max(0, width - 17)), "dim"),
                    key=preset.name,
                )
            )
        lines += [line(""), line(("── stories ", "accent"))]
        for story in STORIES.values():
            standing = bool({fault.label for fault in story.faults} & on)
            lines.append(
                line(("⚡" if standing else "  ", "bad"), (f" {story.name:<22}", "*text"), key=story.name)
            )
            lines += [
                line(("    ", "dim"), *text_line.pieces)
                for text_line in wrapped(story.tells, "dim", max(20, width - 5))
            ]
        return lines

    def _standing(self) -> list[Any]:
        now = self.engine.hubspot.clock()
        return [fault for fault in self.engine.faults() if not fault.is_spent(now)]

    def _board(self, width: int) -> list[TextLine]:
        lines = [*self._thrown(width), line(""), *self._flow(width)]
        counts = self.engine.counts
        lines += [line(""), line(("── what waits, and what is lost ", "accent"))]
        waits = self.engine.queued
        flushes = "F flushes" if width >= 44 else ""
        failed = counts.kinds["failed"]
        lines += [
            line((f" ◔ {waits:>6} ", "info"), ("wait to be delivered", "text"), (f"  {flushes}", "faint")),
            line(
                (f" ▽ {counts.parked:>6} ", "soft"), ("wait for consent", "text"),
                (f"  ⊘ {counts.kinds['denied'] - counts.parked} refuse it", "soft"),
            ),
            line(
                (f" ✘ {failed:>6} ", "bad" if failed else "faint"), ("failed", "text"),
                ("   R runs them again", "faint"),
            ),
            line((f" ↻ {counts.retried:>6} ", "warn" if counts.retried else "faint"), ("were tried again", "text")),
            line(
                (f" ✔ {counts.recovered:>6} ", "good" if counts.recovered else "faint"),
                ("of them recovered", "text"),
                (f"  {counts.bisected} sent in parts" if counts.bisected else "", "dim"),
            ),
            *_next_try(self.engine),
            line(
                (f"≠✘ {counts.lost_upstream:>6} ", "bad" if counts.lost_upstream else "faint"),
                ("walkerOS loses", "text"),
            ),
            line((f"≠+ {counts.extra_upstream:>6} ", "dim"), ("walkerOS makes one more call", "text")),
            line(""),
            line(("── latest refusals ", "accent")),
        ]  # fmt: skip
        refused = [pair for pair in self.engine.hubspot.journal.entries(limit=300) if _is_refusal(pair)][-8:]
        if not refused:
            lines.append(line((" none", "good")))
        lines += [refusal for entry in reversed(refused) for refusal in _refused(entry, width)]
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

    def _thrown(self, width: int) -> list[TextLine]:
        now, lines = self.engine.hubspot.clock(), [line(("── on the board ", "accent"))]
        for fault in self.engine.faults()[-12:]:
            spent = fault.is_spent(now)
            struck = f"{'struck ' if width >= _WIDE else ''}{fault.struck} of {fault.matched}"
            left = "  spent" if spent else self._left(fault, now)
            name = min(24, width - 4 - len(struck) - len(left))
            lines.append(
                line(
                    (" ○ " if spent else " ⚡", "faint" if spent else "bad"),
                    (fit(fault.fault.label, name) + " ", "dim" if spent else "*text"),
                    (struck, "dim"),
                    (left, "faint"),
                )
            )
        if len(lines) == 1:
            lines.append(line((" no faults", "good")))
        return lines

    def _flow(self, width: int) -> list[TextLine]:
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
    def _left(item: Any, now: float) -> str:
        fault = item.fault
        if fault.for_seconds is not None:
            return f"  {max(0.0, item.set_at + fault.for_seconds - now):.0f} s left"
        return f"  {fault.count - item.struck} left" if fault.count is not None else ""


def _next_try(engine: Engine) -> list[TextLine]:
    """Return when the sender tries again, and why it waits."""
    at = engine.next_try
    if at is None:
        return []
    seconds = max(0.0, at - engine.hubspot.clock())
    why = f"  {harmless(engine.event_log.paused, 60)}" if engine.event_log.paused else ""
    return [line((f"   next attempt in {seconds:.0f} s", "*warn"), (why, "dim"))]


def _refused(entry: Entry, width: int) -> list[TextLine]:
    """Return what was refused, and by which fault; a small view gives the path a line, and keeps its end."""
    text = f"{entry.answer.status or 'no answer'} {entry.method}"
    target = harmless(entry.target.decode("latin-1").partition("?")[0])
    fault = harmless(entry.fault, 16)
    if width >= _WIDE:
        text = fit(f"{text} {target}", width - 4 - (17 if fault else 0))
        return [line((f" ✘ {text}", "bad"), (f" {fault}", "faint"))]
    room = max(8, width - 4)
    path = target if len(target) <= room else f"…{target[1 - room :]}"
    return [line((f" ✘ {text} ", "bad"), (fault, "faint")), line((f"   {path}", "dim"))]


def _failed(name: str, why: str, width: int) -> list[TextLine]:
    """Return what failed, with the reason beside it, or below if there is no room."""
    sign = (f" {SYMBOLS['failed']} ", "bad")
    if width >= _WIDE:
        return [line(sign, (fit(name, 18) + " ", "text"), (fit(why, width - 23), "dim"))]
    return [line(sign, (fit(name, width - 4), "text")), *wrapped(why, "dim", width, indent="   ")[:2]]


def _is_refusal(entry: Entry) -> bool:
    """Tell whether an answer is a failure. An unknown contact is not: the sender then creates it."""
    unknown = entry.method == "PATCH" and entry.answer.status == 404 and not entry.fault
    return not entry.is_good and not unknown
