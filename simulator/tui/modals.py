"""What lies over a view for a moment: help, a question, the changes of a reload."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from simulator.engine.rehearsal import Reloaded
from simulator.tui.cells import fit, harmless
from simulator.tui.jsonlines import short
from simulator.tui.lines import Board, Line, line
from simulator.tui.palette import PALETTES, SYMBOLS, Palette

__all__ = ["ChangesScreen", "Commands", "HelpScreen", "Question", "change_lines"]

_KEYS = (
    ("the stream", (
        ("space", "pause, go on"), (".", "one event"), ("+  -", "faster, slower"), ("s", "another seed"),
        ("z", "begin anew"), ("f", "follow the newest"), ("n  N", "next, previous failure"),
    )),
    ("one event", (
        ("enter", "details"), ("r", "run it again"), ("k", "keep: run at every save"),
        ("c", "consent of its person"), ("y", "copy the calls as JSON"), ("u", "copy as curl"),
    )),
    ("sending", (
        ("b", "batch on, off"), ("B", "batch size"), ("F", "flush"), ("x", "clear faults"),
        ("R", "run failed ones again"),
    )),
    ("looking", (
        ("1 … 5", "the views"), ("tab", "other pane or page"), ("/", "filter, search"), ("esc", "clear the filter"),
        ("t", "theme"), ("^p", "every command"),
    )),
    ("the tour", (
        ("T", "begin, leave"), ("→  ←", "next step, back"), ("p", "by itself, by key"),
    )),
    ("keeping", (
        ("e", "screenshot (SVG)"), ("E", "HTML report, JSON Lines"), ("q", "end"),
    )),
)  # fmt: skip

_FILTERS = (
    ("outcome:failed", "one outcome; or a pattern, f*"),
    ("event:order person:ada*", "both: parts of words, patterns"),
    ("status:4xx or status:>=500", "what HubSpot answered"),
    ('rule:"order complete" not coupon', "a rule; a word anywhere"),
)


class _Panel(ModalScreen[None]):
    """A panel that goes away with Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]
    title_text = ""

    def compose(self) -> ComposeResult:
        """Lay one board in a frame."""
        with Container(id="panel") as panel:
            panel.border_title = self.title_text
            panel.border_subtitle = "esc closes"
            yield Board(id="panel-lines")

    def on_mount(self) -> None:
        """Show the lines."""
        self.query_one(Board).focus()
        self.set_class(self.app.size.width < 110, "-narrow")
        self.call_after_refresh(self.fill)

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.set_class(self.app.size.width < 110, "-narrow")
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """Show the lines."""
        board = self.query_one(Board)
        palette = PALETTES.get(self.app.theme, PALETTES["harbour"])
        board.show(self.lines(board.room, palette))

    def lines(self, width: int, palette: Palette) -> list[Line]:
        """Return what the panel says."""
        raise NotImplementedError


class HelpScreen(_Panel):
    """Every key, every symbol, the filter language."""

    title_text = "help"

    def lines(self, width: int, palette: Palette) -> list[Line]:
        """Return the help in two columns where they fit."""
        blocks: list[list[Line]] = []
        for title, keys in _KEYS:
            block = [line((fit(f"── {title}", 36), "accent"))]
            block += [line((fit(f" {key}", 9), "*text"), (fit(tells, 27), "dim")) for key, tells in keys]
            blocks.append([*block, line((" " * 36, "dim"))])
        lines = _columns(blocks, 2 if width >= 74 else 1)
        lines.append(line(("── outcomes", "accent")))
        words = {
            "sent": "on its own", "flushed": "in a batch", "queued": "waits for its batch",
            "identified": "contact only",
            "skipped": "no identity, or nothing to do", "ignored": "by its rule", "denied": "waits for consent",
            "failed": "HubSpot did not take it",
        }  # fmt: skip
        for kind, tells in words.items():
            lines.append(line((f" {SYMBOLS[kind]} {kind:<12}", f"*{palette.outcome(kind)}"), (tells, "dim")))
        lines += [line(""), line(("── filters", "accent"))]
        lines += [line((f" {fit(text, 34)} ", "text"), (tells, "dim")) for text, tells in _FILTERS]
        lines.append(line((" fields: outcome event person rule status text; and, or, not, ( )", "dim")))
        return lines


class ChangesScreen(_Panel):
    """What a saved configuration changed, event by event."""

    def __init__(self, name: str, reloaded: Reloaded) -> None:
        super().__init__()
        self.title_text = f"{harmless(name, 60)} was saved"
        self.reloaded = reloaded

    def lines(self, width: int, palette: Palette) -> list[Line]:
        """Return the changes."""
        del palette
        return change_lines(self.reloaded, width)


def change_lines(reloaded: Reloaded, width: int) -> list[Line]:
    """Return what changed, the most telling first."""
    changes = reloaded.changes
    better = sum(one.better is True for one in changes)
    worse = sum(one.better is False for one in changes)
    lines = [
        line(
            (f"{len(changes)} of the last {reloaded.looked_at} events change", "*text"),
            (f"   ▲ {better} now go out", "good" if better else "faint"),
            (f"   ▼ {worse} no longer do", "bad" if worse else "faint"),
        )
    ]
    if reloaded.again:
        lines.append(line((f"{reloaded.again} kept events were run again", "info")))
    for one in sorted(changes, key=lambda change: (change.better is None, change.better is True))[:200]:
        mark, colour = {True: ("▲", "good"), False: ("▼", "bad"), None: ("≈", "info")}[one.better]
        lines += [
            line(""),
            line(
                (f"{mark} ", f"*{colour}"), (fit(one.name, 20) + " ", "*text"), (harmless(one.person, 50), "dim"),
                (f"  #{one.number}", "faint"),
            ),
            line(("  was  ", "faint"), (fit(one.before, max(0, width - 8)), "dim")),
            line(("  now  ", "faint"), (fit(one.after, max(0, width - 8)), colour)),
        ]  # fmt: skip
        for found in one.differences[:6]:
            lines.append(
                line(
                    (f"    {harmless(found.path, 60)}: ", "info"),
                    (short(found.expected, 40), "bad"),
                    (" → ", "faint"),
                    (short(found.actual, 40), "good"),
                )
            )
    return lines


def _columns(blocks: list[list[Line]], columns: int) -> list[Line]:
    if columns == 1:
        return [one for block in blocks for one in block]
    sides: list[list[Line]] = [[], []]
    for block in blocks:
        min(sides, key=len).extend(block)
    length = max(map(len, sides))
    filled = [side + [line((" " * 36, "dim"))] * (length - len(side)) for side in sides]
    return [Line((*left.pieces, ("  ", "dim"), *right.pieces)) for left, right in zip(*filled, strict=True)]


class Question(ModalScreen[str | None]):
    """Ask for one line of text; what is wrong with it is said while it is typed.

    Args:
        title: what is asked for.
        value: what stands there to begin with.
        hint: an example.
        judge: returns what is wrong, or the empty text.

    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(self, title: str, value: str, hint: str, judge: Callable[[str], str]) -> None:
        super().__init__()
        self._title, self._value, self._hint, self._judge = title, value, hint, judge

    def compose(self) -> ComposeResult:
        """Lay the line and what is wrong with it in a frame."""
        with Container(id="question") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "enter · esc leaves"
            yield Input(self._value, placeholder=self._hint, compact=True, select_on_focus=False)
            yield Static(self._hint, id="verdict", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Judge what was typed."""
        wrong = self._judge(event.value)
        verdict = self.query_one("#verdict", Static)
        verdict.update(harmless(wrong, 200) if wrong else self._hint)
        verdict.set_class(bool(wrong), "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, unless it is wrong."""
        if not self._judge(event.value):
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)


class Commands(CommandPalette):
    """Every command by its name."""

    def _action_command_list(self, action: str) -> None:
        # Textual's list fails on a page key that comes before its first line is laid out.
        with contextlib.suppress(KeyError):
            super()._action_command_list(action)
