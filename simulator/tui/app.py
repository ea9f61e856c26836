"""The app: five views of one engine, and the keys that steer it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from simulator.engine.engine import Engine
from simulator.tui.actions import Actions
from simulator.tui.config_watch import ConfigWatch
from simulator.tui.driver import surviving
from simulator.tui.theme import PALETTES, themes
from simulator.tui.tour import Tour
from simulator.tui.tour_player import TourPlayer
from simulator.tui.views.checks import ChecksView
from simulator.tui.views.faults import FaultsView
from simulator.tui.views.hubspot import HubSpotView
from simulator.tui.views.live import LiveView
from simulator.tui.views.mapping import MappingView
from simulator.tui.views.view import View
from simulator.tui.widgets.command_palette import Palette
from simulator.tui.widgets.header import Header
from simulator.tui.widgets.key_bar import KeyBar
from simulator.tui.widgets.lines import LineView
from simulator.tui.widgets.text_width import harmless

__all__ = ["SimulatorApp", "VIEWS"]

VIEWS = {"live": "Live", "checks": "Checks", "hubspot": "HubSpot", "mapping": "Mapping", "faults": "Faults"}
_TICK = 0.1


class SimulatorApp(Actions):
    """Shows an engine.

    Args:
        engine: a running engine; whoever made it closes it.
        title: what is shown: the configuration's name.
        watch: the configuration file, to plan anew when it is saved.
        tour: what is told to begin with.
        ticking: follow the clock; a test ticks by hand.
        folder: where exports go.
        first_theme: the theme to begin with.
        origin: where events come from, if they are not made up.
        once: what came is gone when the stream begins anew.

    """

    CSS_PATH = Path(__file__).with_name("app.tcss")
    TITLE = "hubspot-sim"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"view('{key}')", name, show=False)
            for number, (key, name) in enumerate(VIEWS.items(), 1)
        ),
        Binding("question_mark", "help", "Help", key_display="?"),
        Binding("q", "quit", "End"),
        Binding("ctrl+c", "quit", "End", show=False, priority=True),
        Binding("space", "pause", "Pause, go on"),
        Binding("full_stop", "step", "Take one event"),
        Binding("plus,equals_sign", "rate(1)", "Faster", key_display="+"),
        Binding("minus", "rate(-1)", "Slower", key_display="-"),
        Binding("slash", "filter", "Filter, search", key_display="/"),
        Binding("f", "follow", "Follow the newest"),
        Binding("n", "failure(1)", "Next failure"),
        Binding("N", "failure(-1)", "Previous failure", show=False),
        Binding("b", "batch", "Batch on, off"),
        Binding("B", "batch_size", "Batch size", show=False),
        Binding("F", "flush", "Flush the batch"),
        Binding("c", "consent", "Consent of the event's person"),
        Binding("r", "again", "Run the event again"),
        Binding("R", "again_all", "Run all failed again", show=False),
        Binding("m", "rule", "Go to the event's rule in Mapping"),
        Binding("k", "keep", "Keep the event: run it at every save", show=False),
        Binding("y", "copy('json')", "Copy the calls as JSON"),
        Binding("u", "copy('curl')", "Copy the calls as curl", show=False),
        Binding("x", "clear_faults", "Clear faults", show=False),
        Binding("s", "seed", "Another seed", show=False),
        Binding("z", "anew", "Begin anew", show=False),
        Binding("e", "screenshot_here", "Write a screenshot (SVG)", show=False),
        Binding("E", "export", "Write the rows (JSON Lines) and a report (HTML)", show=False),
        Binding("d", "changes", "What the last save did", show=False),
        Binding("t", "theme", "Next theme", show=False),
        Binding("T", "tour", "Tour: begin, leave", show=False),
        Binding("right", "tour_next(1)", "Tour: next step", show=False),
        Binding("left", "tour_next(-1)", "Tour: back", show=False),
        Binding("p", "tour_auto", "Tour: by itself, by key", show=False),
        Binding("escape", "clear", "Clear the filter, leave the tour", show=False),
    ]  # fmt: skip

    def __init__(
        self,
        engine: Engine,
        *,
        title: str,
        watch: ConfigWatch | None = None,
        tour: Tour | None = None,
        ticking: bool = True,
        folder: Path | None = None,
        first_theme: str = "harbour",
        origin: str = "",
        once: bool = False,
    ) -> None:
        super().__init__()
        for theme in themes():
            self.register_theme(theme)
        self.engine = engine
        self.live = LiveView(engine, id="live")
        self.header = Header(
            engine, title, VIEWS, lambda: self.live.stream.follow or self.view is not self.live
        )
        self.checks = ChecksView(engine, own=watch.examples if watch is not None else None, id="checks")
        self.mapping = MappingView(engine, id="mapping")
        self.views: dict[str, View] = {
            "live": self.live,
            "checks": self.checks,
            "hubspot": HubSpotView(engine, id="hubspot"),
            "mapping": self.mapping,
            "faults": FaultsView(engine, self.live.pulse, id="faults"),
        }
        self.header.origin = self.live.origin = harmless(origin, 80)
        self.once = once
        self._own_consent = {}
        self.speech = TourPlayer(tour)
        self.keybar = KeyBar()
        self.config_watch = watch
        self.folder = folder or Path.cwd()
        self._ticking = ticking
        self._first_theme = first_theme
        self._beat = 0
        self.lost_terminal = False
        """Whether it ended because nobody could see it any more."""

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that outlives its terminal, so that the batch can."""
        return surviving(super().get_driver_class())

    def action_command_palette(self) -> None:
        """Show every command."""
        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that are ours alone, for Textual's own themes."""
        usual = PALETTES["harbour"]
        return {"dim": usual.dim, "faint": usual.faint, "chosen": usual.chosen}

    def compose(self) -> ComposeResult:
        """Lay the header, the views, what a tour says, and the keys."""
        yield self.header
        with ContentSwitcher(id="views", initial="live"):
            yield from self.views.values()
        yield self.speech
        yield self.keybar

    def on_mount(self) -> None:
        """Begin."""
        self.theme = self._first_theme
        self._fit(self.size.width, self.size.height)
        self.live.stream.focus()
        if self._ticking:
            self.set_interval(_TICK, self.tick)
        self.call_after_refresh(self.look)
        if self.speech.tour is not None:
            self.speech.begin()

    def on_resize(self, event: Any) -> None:
        """Choose what fits."""
        self._fit(event.size.width, event.size.height)
        self.call_after_refresh(self.look)

    def _fit(self, width: int, height: int) -> None:
        self.screen_stack[0].set_class(width < 110, "-narrow")
        self.screen_stack[0].set_class(height < 34, "-low")

    @property
    def view(self) -> View:
        """The view that is seen."""
        return self.views[self.header.view]

    def tick(self) -> None:
        """Show what is new; every tenth of a second."""
        if not self.header.is_attached or not self._running:
            return
        if self._beat % 10 == 0:
            if getattr(self._driver, "terminal_is_gone", False):
                self.lost_terminal = True
                self.exit()
                return
            self.live.pulse.beat(self.engine)
            self.look_at_config()
        if not getattr(self._driver, "is_behind", False):
            self._draw(self._beat)
        self.speech.tick(_TICK)
        self._beat += 1

    def look(self) -> None:
        """Show everything as it is now, without waiting for the clock."""
        if self.header.is_attached and self._running:
            self._draw(0)

    def _draw(self, beat: int) -> None:
        if self.view is not self.live or self.checks.running:
            self.checks.tick(1)
        self.view.tick(beat)
        self.keybar.tell(self.engine.paused)
        if beat % 2 == 0:
            self.header.update()

    def on_header_wanted(self, message: Header.Wanted) -> None:
        """Open the view whose tab was clicked."""
        self.action_view(message.view)

    def on_key_bar_pressed(self, message: KeyBar.Pressed) -> None:
        """Do what was clicked."""
        self.call_later(self.run_action, message.action)

    def action_view(self, key: str) -> None:
        """Open a view."""
        self.header.view = self.keybar.view = key
        self.keybar.draw()
        self.query_one("#views", ContentSwitcher).current = key
        self.header.filter_text = self.view.search
        self.look()  # a key that follows at once finds its lines
        self.view.main().focus()
        if key == "checks" and not self.checks.checked:
            self.checks.run()
        self.call_after_refresh(self.look)

    def on_line_view_chosen(self, message: LineView.Chosen) -> None:
        """Open or close the details of the live view."""
        if message.view is self.live.stream:
            base = self.screen_stack[0]
            narrow = base.has_class("-narrow")
            base.toggle_class("-open" if narrow else "-closed")
            self.call_after_refresh(self.live.show_detail)

    def open_details(self) -> None:
        """Show the details of the live view, whatever the size of the terminal."""
        base = self.screen_stack[0]
        base.add_class("-open")
        base.remove_class("-closed")
        self.call_after_refresh(self.live.show_detail)

    def point_at(self, name: str) -> None:
        """Bring out a part of the screen, or none."""
        for one in self.query(".-pointed"):
            one.remove_class("-pointed")
        found = {
            # Where there is no room for the cards, one line says what they say.
            "stream": "#stream", "detail": "#detail", "cards": "#cards, #tally", "batch": "#batching, #tally",
            "header": "Header", "hubspot": "#account, #tally", "outcomes": "#outcomes, #tally",
            "left": f"#{self.header.view} .left", "right": f"#{self.header.view} .right",
        }.get(name)  # fmt: skip
        base = self.screen_stack[0]
        if self.speech.on and base.has_class("-narrow"):
            base.set_class(name == "detail", "-open")
        if name == "detail":
            base.remove_class("-closed")
        if found:
            for one in self.query(found):
                one.add_class("-pointed")

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's shape
        """Return every command for the palette."""
        for key, name in VIEWS.items():
            yield SystemCommand(f"View: {name}", f"Open {name}", lambda key=key: self.action_view(key))
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and not binding.action.startswith("view"):
                yield SystemCommand(
                    binding.description,
                    f"key {binding.key_display or binding.key.partition(',')[0]}",
                    lambda action=binding.action: self.run_action(action),
                )
        for name in PALETTES:
            yield SystemCommand(
                f"Theme: {name}", "Change the colours", lambda name=name: setattr(self, "theme", name)
            )
