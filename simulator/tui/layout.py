"""How the screen is laid out: by its size, by what is open, and by what the tour points at."""

from __future__ import annotations

from typing import Any

from textual.app import App
from textual.screen import Screen

from simulator.tui.views.live import LiveView

__all__ = ["Layout"]

_NARROW, _LOW = 110, 34  # below this many columns or lines the layout changes
_TARGETS = {
    # Where there is no room for the cards, one line has their figures.
    "stream": "#stream", "detail": "#detail", "cards": "#cards, #tally", "batch": "#batching, #tally",
    "header": "Header", "hubspot": "#account, #tally", "outcomes": "#outcomes, #tally",
}  # fmt: skip


class Layout:
    """Sets the CSS classes that decide what is visible.

    Args:
        app: whose screen it is.
        live: the view with the details.

    """

    def __init__(self, app: App[Any], live: LiveView) -> None:
        self._app = app
        self._live = live
        self.touring = False

    @property
    def _base(self) -> Screen[Any]:
        return self._app.screen_stack[0]

    @property
    def is_small(self) -> bool:
        """Whether the details and the cards have no room beside the stream."""
        return self._base.has_class("-narrow") or self._base.has_class("-low")

    def fit(self, width: int, height: int) -> None:
        """Choose the layout for a size in cells."""
        self._base.set_class(width < _NARROW, "-narrow")
        self._base.set_class(height < _LOW, "-low")

    def toggle_details(self) -> None:
        """Open or close the details of the live view."""
        self._base.toggle_class("-open" if self._base.has_class("-narrow") else "-closed")
        self._app.call_after_refresh(self._live.show_detail)

    def open_details(self) -> None:
        """Show the details of the live view, whatever the size of the terminal."""
        self._base.add_class("-open")
        self._base.remove_class("-closed")
        self._app.call_after_refresh(self._live.show_detail)

    def set_touring(self, touring: bool) -> None:
        """Make room for the tour's panel."""
        self.touring = touring
        self._base.set_class(touring, "-touring")

    def point_at(self, name: str, view: str) -> None:
        """Highlight a part of the screen; an empty name highlights nothing.

        Args:
            name: one of the tour's points.
            view: the key of the visible view.

        """
        for pointed in self._app.query(".-pointed"):
            pointed.remove_class("-pointed")
        found = f"#{view} .{name}" if name in ("left", "right") else _TARGETS.get(name)
        if self.touring and self._base.has_class("-narrow"):
            self._base.set_class(name == "detail", "-open")
        if name == "detail":
            self._base.remove_class("-closed")
        if found:
            for target in self._app.query(found):
                target.add_class("-pointed")
