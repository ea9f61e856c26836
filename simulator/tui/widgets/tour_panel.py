"""The panel in which the tour speaks."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from simulator.tui.widgets.text_width import harmless

__all__ = ["TourPanel"]

_WIDE = 70  # from this many columns on, keys are shown with labels


class TourPanel(Static):
    """A title, a text, and below them the state and the keys."""

    def __init__(self) -> None:
        super().__init__("", id="tour", markup=False)
        self._state = self._position = ""
        self._by_itself = True

    def open(self) -> None:
        """Show the panel."""
        self.add_class("-on")

    def close(self) -> None:
        """Hide the panel."""
        self.remove_class("-on")

    def show(self, title: str, text: str, *, state: str, position: str, by_itself: bool) -> None:
        """Show a step.

        Args:
            title: a few words.
            text: the text of the step.
            state: what the step waits for; may be empty.
            position: such as `3 of 12`.
            by_itself: the tour plays without keys.

        """
        self.border_title = Content(f" {harmless(title, 120)} ")
        self._state, self._position, self._by_itself = state, position, by_itself
        self._draw_keys()
        self.update(Content(harmless(" ".join(text.split()))))

    def _draw_keys(self) -> None:
        mode = "p by key" if self._by_itself else "p by itself"
        keys = f"→ next · ← back · {mode} · esc leaves" if self.app.size.width >= _WIDE else "→ ← · esc"
        state = f"{self._state}  " if self._state else ""
        self.border_subtitle = Content(f" {state}{self._position} · {keys} ")

    def on_resize(self) -> None:
        """Name the keys that fit."""
        self._draw_keys()
