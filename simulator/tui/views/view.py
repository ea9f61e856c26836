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
    """What a search looks at, as a hint for the user; empty without a search."""

    def __init__(self, engine: Engine, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.engine = engine
        self.search = ""

    @property
    def palette(self) -> Palette:
        """The colours of the app's theme."""
        return PALETTES.get(self.app.theme, PALETTES["harbour"])

    def finds(self, *texts: str) -> bool:
        """Tell whether one of the texts contains the search text; without a search every text does."""
        wanted = self.search.lower()
        return not wanted or any(wanted in text.lower() for text in texts)

    def tick(self, beat: int) -> None:
        """Show what is new; `beat` counts tenths of a second."""

    def main(self) -> LineView:
        """Return the widget that has the keys when the view opens."""
        raise NotImplementedError
