"""What the views have in common."""

from __future__ import annotations

from textual.containers import Container

from simulator.engine.engine import Engine
from simulator.tui.theme import PALETTES, Palette
from simulator.tui.widgets.lines import LineView

__all__ = ["View"]


class View(Container):
    """One of the five views.

    Args:
        engine: what is shown.

    """

    searched = ""
    """What a search looks at, in words for whoever types it; empty where there is nothing to search."""

    def __init__(self, engine: Engine, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.engine = engine
        self.search = ""

    @property
    def palette(self) -> Palette:
        """The colours of the app's theme."""
        return PALETTES.get(self.app.theme, PALETTES["harbour"])

    def finds(self, *texts: str) -> bool:
        """Tell whether what is searched for stands in one of the texts; without a search everything is found."""
        wanted = self.search.lower()
        return not wanted or any(wanted in text.lower() for text in texts)

    def tick(self, beat: int) -> None:
        """Show what is new; `beat` counts tenths of a second."""

    def main(self) -> LineView:
        """Return the widget that has the keys when the view opens."""
        raise NotImplementedError
