"""The line at the bottom: the keys that matter in the view that is seen, as many as fit."""

from __future__ import annotations

from textual import events
from textual.message import Message

from simulator.tui.widgets.lines import Line, LineList, Piece

__all__ = ["KEYS", "KeyBar"]

_STEERING = (
    ("space", "pause", "pause"),
    (".", "step", "step"),
    ("+", "rate(1)", "faster"),
    ("-", "rate(-1)", "slower"),
)
_FIRST = (("?", "help", "help"), ("q", "quit", "end"))
KEYS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "live": (
        *_STEERING[:1], ("enter", "", "details"), ("/", "filter", "filter"), ("n", "failure(1)", "failure"),
        ("b", "batch", "batch"), ("F", "flush", "flush"), ("c", "consent", "consent"), ("r", "again", "again"),
        *_STEERING[1:], ("f", "follow", "follow"), ("y", "copy('json')", "copy"), ("E", "export", "export"),
        ("m", "rule", "rule"), ("t", "theme", "theme"), ("T", "tour", "tour"),
    ),
    "checks": (("enter", "", "run"), ("tab", "", "other side"), *_STEERING[:1]),
    "hubspot": (
        ("tab", "", "page"), ("/", "filter", "search"), *_STEERING[:1], ("F", "flush", "flush"), *_STEERING[1:],
    ),
    "mapping": (("enter", "", "its events"), ("tab", "", "other side"), ("/", "filter", "search"), *_STEERING),
    "faults": (
        ("enter", "", "throw"), ("x", "clear_faults", "clear"), ("F", "flush", "flush"),
        ("R", "again_all", "failed again"), ("n", "failure(1)", "failure"), *_STEERING,
    ),
}  # fmt: skip
"""For each view: the key as it is shown, the app's action (empty: the view's own), and the word."""


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
        """Name what fits; help and end always do."""
        pieces: list[Piece] = []
        self._spans, at, room = [], 0, self.size.width
        tour = (("→", "tour_next(1)", "next"), ("esc", "clear", "leave the tour")) if self.touring else ()
        for key, action, word in (*_FIRST, *tour, *KEYS[self.view]):
            if action == "pause" and self.paused:
                word = "go on"  # what the key will do, not what it did
            text = f" {key} {word} "
            if at + len(text) > room:
                break
            pieces += [(f" {key} ", "*accent"), (f"{word} ", "dim")]
            self._spans.append((at, at + len(text), key, action))
            at += len(text)
        self.show([Line(tuple(pieces))])

    def tell(self, paused: bool) -> None:
        """Name the keys by what they do now."""
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
                self.app.simulate_key(key)  # what has the focus knows what it does
