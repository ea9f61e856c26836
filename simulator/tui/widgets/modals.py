"""Dialogs over a view: help, and a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Static

from simulator.engine.row_filter import filter_help
from simulator.tui.keymap import HELP
from simulator.tui.theme import PALETTES, SYMBOLS, Palette
from simulator.tui.widgets.lines import LineList, TextLine, line
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["HelpScreen", "Panel", "Question"]


class Panel(ModalScreen[None]):
    """Lines in a frame, over everything, until Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]
    title_text = ""

    def compose(self) -> ComposeResult:
        """Lay out a list of lines in a frame."""
        with Container(id="panel") as panel:
            panel.border_title = self.title_text
            panel.border_subtitle = "esc closes"
            yield LineList(id="panel-lines")

    def on_mount(self) -> None:
        """Show the lines."""
        for lines in self.query(LineList):  # empty if it was closed before it was shown
            lines.focus()
        self.set_class(self.app.size.width < 110, "-narrow")
        self.call_after_refresh(self.fill)

    def on_resize(self) -> None:
        """Fit the lines to the width."""
        self.set_class(self.app.size.width < 110, "-narrow")
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """Show the lines."""
        palette = PALETTES.get(self.app.theme, PALETTES["harbour"])
        for lines in self.query(LineList):
            lines.show(self.lines(lines.room, palette))

    def lines(self, width: int, palette: Palette) -> list[TextLine]:
        """Return the lines of the panel."""
        raise NotImplementedError


class HelpScreen(Panel):
    """Every key, every symbol, the filter language."""

    title_text = "help"

    def lines(self, width: int, palette: Palette) -> list[TextLine]:
        """Return the help in two columns where they fit."""
        blocks: list[list[TextLine]] = []
        for title, keys in HELP:
            block = [line((fit(f"── {title}", 36), "accent"))]
            block += [line((fit(f" {key}", 9), "*text"), (fit(tells, 27), "dim")) for key, tells in keys]
            blocks.append([*block, line((" " * 36, "dim"))])
        lines = _columns(blocks, 2 if width >= 74 else 1)
        lines.append(line(("── outcomes", "accent")))
        words = {
            "sent": "on its own", "flushed": "in a batch", "queued": "waits to be delivered",
            "identified": "contact only",
            "skipped": "no identity, or nothing to do", "ignored": "by its rule",
            "parked": "waits for consent", "denied": "its own consent refuses: nothing of it is kept",
            "failed": "HubSpot refused it, or the mapping failed",
            "retrying": "HubSpot did not take it; the sender tries again", "bisected": "its batch is sent in parts",
            "recovered": "delivered after failed attempts",
        }  # fmt: skip
        for kind, tells in words.items():
            lines.append(line((f" {SYMBOLS[kind]} {kind:<12}", f"*{palette.outcome(kind)}"), (tells, "dim")))
        lines += [
            line((" ≠✘            ", "bad"), ("walkerOS loses this event", "dim")),
            line((" ≠+            ", "dim"), ("walkerOS makes one call more", "dim")),
        ]
        lines += [line(""), line(("── filters", "accent"))]
        lines += [line((f" {fit(text, 34)} ", "text"), (meaning, "dim")) for text, meaning in filter_help()]
        return lines


def _columns(blocks: list[list[TextLine]], columns: int) -> list[TextLine]:
    if columns == 1:
        return [text_line for block in blocks for text_line in block]
    sides: list[list[TextLine]] = [[], []]
    for block in blocks:
        min(sides, key=len).extend(block)
    length = max(map(len, sides))
    filled = [side + [line((" " * 36, "dim"))] * (length - len(side)) for side in sides]
    return [
        TextLine((*left.pieces, ("  ", "dim"), *right.pieces)) for left, right in zip(*filled, strict=True)
    ]


class _Completion(Suggester):
    """Suggests how to complete a text.

    Args:
        complete: returns complete texts, the best first.

    """

    def __init__(self, complete: Callable[[str], Sequence[str]]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """Return the best completion."""
        return next(iter(self._complete(value)), None)


class Question(ModalScreen[str | None]):
    """Ask for one line of text; an error in it is shown while it is typed.

    Args:
        title: what is asked for.
        value: the text to start with.
        hint: an example.
        judge: returns what is wrong, or the empty text.
        complete: returns complete texts for the key →, the best first.

    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Leave")]

    def __init__(
        self,
        title: str,
        value: str,
        hint: str,
        judge: Callable[[str], str],
        *,
        complete: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        super().__init__()
        self._suggester = _Completion(complete)
        self._title, self._value, self._hint, self._judge = title, value, hint, judge

    def compose(self) -> ComposeResult:
        """Lay out the line and the error in a frame."""
        with Container(id="question") as frame:
            frame.border_title = self._title
            frame.border_subtitle = "enter · esc leaves"
            yield Input(
                self._value,
                placeholder=self._hint,
                compact=True,
                select_on_focus=True,
                suggester=self._suggester,
            )
            yield Static(self._hint, id="verdict", markup=False)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what is wrong with the text."""
        wrong = self._judge(event.value)
        for verdict in self.query("#verdict").results(Static):
            verdict.update(harmless(wrong, 200) if wrong else self._hint)
            verdict.set_class(bool(wrong), "wrong")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer, unless the text is wrong."""
        if not self._judge(event.value):
            self.dismiss(event.value)

    def action_leave(self) -> None:
        """Leave without an answer."""
        self.dismiss(None)
