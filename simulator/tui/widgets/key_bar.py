"""The bottom line: the keys of the visible view, as many as fit."""

from __future__ import annotations

from textual import events
from textual.message import Message

from simulator.tui.keymap import KEY_BAR
from simulator.tui.widgets.lines import LineList, Piece, TextLine

__all__ = ["KeyBar"]

_FIRST = (("?", "do('help')", "help"), ("q", "do('quit')", "quit"))


class KeyBar(LineList, can_focus=False):
    """Names keys; a click does what the key does."""

    scrolls = False

    class Pressed(Message):
        """A key was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self._spans: list[tuple[int, int, str, str]] = []
        self.view = "live"
        self.touring = False
        self.paused = False

    def draw(self) -> None:
        """Name the keys that fit; help and quit always do."""
        pieces: list[Piece] = []
        self._spans, at, room = [], 0, self.size.width
        tour = (
            (("→", "do('tour_next', 1)", "next"), ("esc", "do('clear')", "leave the tour"))
            if self.touring
            else ()
        )
        for key, action, word in (*_FIRST, *tour, *KEY_BAR[self.view]):
            if action == "do('pause')" and self.paused:
                word = "resume"  # what the key does next
            text = f" {key} {word} "
            if at + len(text) > room:
                break
            pieces += [(f" {key} ", "*accent"), (f"{word} ", "dim")]
            self._spans.append((at, at + len(text), key, action))
            at += len(text)
        self.show([TextLine(tuple(pieces))])

    def set_paused(self, paused: bool) -> None:
        """Name the pause key by what it does now."""
        if paused != self.paused:
            self.paused = paused
            self.draw()

    def on_resize(self) -> None:
        """Fit."""
        super().on_resize()
        self.draw()

    def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        x = event.get_content_offset_capture(self).x
        for start, end, key, action in self._spans:
            if not start <= x < end:
                continue
            if action:
                self.post_message(self.Pressed(action))
            else:
                self.app.simulate_key(key)  # the focused widget handles it
