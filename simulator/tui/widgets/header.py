"""The two lines at the top: the five views, and what the engine is doing."""

from __future__ import annotations

from collections.abc import Callable

from textual import events
from textual.message import Message

from simulator.engine.engine import Engine
from simulator.tui.widgets.lines import LineList, Piece, TextLine
from simulator.tui.widgets.meters import gauge
from simulator.tui.widgets.text_width import fit

__all__ = ["Header"]


class Header(LineList, can_focus=False):
    """Names, tabs and state; a click on a tab opens its view."""

    scrolls = False

    class Wanted(Message):
        """A view was asked for."""

        def __init__(self, view: str) -> None:
            super().__init__()
            self.view = view

    def __init__(
        self,
        engine: Engine,
        title: str,
        views: dict[str, str],
        follows: Callable[[], bool],
        **options: object,
    ) -> None:
        super().__init__(**options)
        self._follows = follows
        self._engine = engine
        self.title_text = title
        self._views = views
        self._tabs: list[tuple[int, int, str]] = []
        self.view = next(iter(views))
        self.trouble = ""
        self.explained = False
        """Whether `d` shows more about the trouble."""
        self.origin = ""
        """Where events come from, if they are not made up."""
        self.filter_text = ""
        self.touring = False
        self.warnings: tuple[str, ...] = ()
        """The warnings of the current configuration."""

    def update(self) -> None:
        """Draw again."""
        width = self.size.width
        trouble = self.trouble or self._engine.trouble
        below: Piece = ("─" * width, "panel")
        if trouble:
            more = "  d: all of it" if self.explained else ""
            below = (f" ✘ {fit(trouble, width - 4 - len(more))}{more}", "*bad")
        self.show([self._tabs_line(width), self._state_line(width), TextLine((below,))])

    def _tabs_line(self, width: int) -> TextLine:
        brand = " ⬢ hubspot-sim  " if width >= 72 else " ⬢ "
        pieces: list[Piece] = [(brand, "*accent")]
        at = len(brand)
        self._tabs = []
        for number, (key, name) in enumerate(self._views.items(), 1):
            here = key == self.view
            text = f"{'▐' if here else ' '}{number} {name}{'▌' if here else ' '}"
            self._tabs.append((at, at + len(text), key))
            pieces.append((text, "*accent" if here else "dim"))
            at += len(text)
        note = "guided tour " if self.touring else "nothing leaves this machine "
        if width - at > len(note) + 2:
            pieces.append((note.rjust(width - at), "accent" if self.touring else "faint"))
        return TextLine(tuple(pieces))

    def _state_line(self, width: int) -> TextLine:
        engine, config = self._engine, self._engine.config
        if engine.exhausted:
            state: Piece = (" ■ the stream has ended", "*dim")
        elif engine.paused:
            state = (" ❚❚ paused ", "*warn")
        else:
            rate = engine.rate.per_second
            fast = "as they come" if self.origin else "full speed"
            state = (f" ▶ {f'{rate:g} events/s' if rate else fast} ", "*good")
        pieces: list[Piece] = [
            state,
            (f"  {self.origin or f'seed {engine.seed}'}", "info" if self.origin else "dim"),
        ]
        if config.batch:
            full, rest = gauge(engine.queued, config.batch_size, 10)
            pieces += [
                ("  batch ", "dim"),
                (full, "info"),
                (rest, "panel"),
                (f" {engine.queued}/{config.batch_size}", "dim"),
            ]
        else:
            pieces.append(("  one by one", "dim"))
        faults = sum(not fault.is_spent(engine.hubspot.clock()) for fault in engine.faults())
        if faults:
            pieces.append((f"  ✘ {faults} fault{'s' if faults > 1 else ''}", "*bad"))
        if engine.strict and engine.counts.kinds["failed"]:
            pieces.append(("  strict: D defines all", "warn"))
        at = engine.next_try
        if at is not None:
            word = "paused" if engine.event_log.paused else "retrying"
            seconds, used = max(0.0, at - engine.hubspot.clock()), sum(len(text) for text, _ in pieces)
            told = f"  ↻ {word}: next attempt in {seconds:.0f} s"
            short = f"  ↻ {word}: next in {seconds:.0f} s"
            pieces.append((told if used + len(told) <= width else short, "*warn"))
        if self.warnings:
            many = len(self.warnings)
            pieces.append((f"  ⚠ {many} warning{'s' * (many > 1)}: w", "warn"))
        if not self._follows():
            pieces.append(("  ⇡ f follows", "warn"))
        used = sum(len(text) for text, _ in pieces)
        name = self.title_text + ("  parity" if engine.parity else "")
        if self.filter_text:
            label = "  filter: " if self.view == "live" else "  search: "
            room = max(30, width - used - len(label) - len(name) - 3)
            pieces.append((label + fit(self.filter_text, min(room, len(self.filter_text))), "info"))
            used = sum(len(text) for text, _ in pieces)
        if width - used > 8:
            pieces.append((fit(name, min(len(name), width - used - 2)).rjust(width - used - 1), "text"))
        return TextLine(tuple(pieces))

    def on_click(self, event: events.Click) -> None:
        """Open the view whose tab was clicked."""
        offset = event.get_content_offset_capture(self)
        for start, end, key in self._tabs:
            if offset.y == 0 and start <= offset.x < end:
                self.post_message(self.Wanted(key))
