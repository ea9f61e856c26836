"""What lies over a view for a moment: help, a question, the changes of a reload."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from simulator.tui.theme import PALETTES, SYMBOLS, Palette
from simulator.tui.widgets.lines import Line, LineList, line
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["HelpScreen", "Panel", "Question"]

_KEYS = (
    ("the stream", (
        ("space", "pause, go on"), (".", "one event"), ("+  -", "faster, slower"), ("s", "another seed"),
        ("z", "begin anew"), ("f", "follow the newest"), ("n  N", "next, previous failure"),
    )),
    ("one event", (
        ("enter", "details"), ("r", "run it again"), ("k", "keep: run at every save"),
        ("c", "consent: yes, no, its own"), ("y", "copy the calls as JSON"), ("u", "copy as curl"),
        ("m", "its rule in Mapping"),
    )),
    ("sending", (
        ("b", "batch on, off"), ("B", "batch size"), ("F", "flush"), ("x", "clear faults"),
        ("R", "run failed ones again"),
    )),
    ("looking", (
        ("1 … 5", "the views"), ("tab", "other pane or page"), ("/", "filter, search"), ("esc", "clear the filter"),
        ("g  G", "first, last (and follow)"), ("d", "what the last save did"), ("t", "theme"), ("^p", "every command"),
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
    ("reason:no_identity", "one reason, by its code"),
    ("event:order person:ada*", "both: parts of words, patterns"),
    ("status:4xx or status:>=500", "what HubSpot answered"),
    ("data.total:>100 user.email:none", "a value inside the event; nothing"),
    ('rule:"order complete" not coupon', "a rule; a word anywhere"),
    ('rule:none event:="page  view"', "no rule matched; exactly this"),
    ("is:kept or is:different", "also is:refused, is:batch"),
)


class Panel(ModalScreen[None]):
    """Lines in a frame, over everything, until Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]
    title_text = ""

    def compose(self) -> ComposeResult:
        """Lay one board in a frame."""
        with Container(id="panel") as panel:
            panel.border_title = self.title_text
            panel.border_subtitle = "esc closes"
            yield LineList(id="panel-lines")

    def on_mount(self) -> None:
        """Show the lines."""
        for board in self.query(LineList):  # none, where it was closed before it was seen
            board.focus()
        self.set_class(self.app.size.width < 110, "-narrow")
        self.call_after_refresh(self.fill)

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.set_class(self.app.size.width < 110, "-narrow")
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """Show the lines."""
        palette = PALETTES.get(self.app.theme, PALETTES["harbour"])
        for board in self.query(LineList):
            board.show(self.lines(board.room, palette))

    def lines(self, width: int, palette: Palette) -> list[Line]:
        """Return what the panel says."""
        raise NotImplementedError


class HelpScreen(Panel):
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
            "failed": "HubSpot did not take it, or the mapping failed",
        }  # fmt: skip
        for kind, tells in words.items():
            lines.append(line((f" {SYMBOLS[kind]} {kind:<12}", f"*{palette.outcome(kind)}"), (tells, "dim")))
        lines += [line(""), line(("── filters", "accent"))]
        lines += [line((f" {fit(text, 34)} ", "text"), (tells, "dim")) for text, tells in _FILTERS]
        lines.append(
            line((" fields: outcome event person rule status reason is text; and, or, not, ( )", "dim"))
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
            yield Input(self._value, placeholder=self._hint, compact=True, select_on_focus=True)
            yield Static(self._hint, id="verdict", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Judge what was typed."""
        wrong = self._judge(event.value)
        for verdict in self.query("#verdict").results(Static):
            verdict.update(harmless(wrong, 200) if wrong else self._hint)
            verdict.set_class(bool(wrong), "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, unless it is wrong."""
        if not self._judge(event.value):
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
