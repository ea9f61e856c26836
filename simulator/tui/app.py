"""The app: five views of one engine, composed with the actions behind the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import ContentSwitcher

from simulator.engine.engine import Engine
from simulator.tui.actions.configuration import ConfigActions
from simulator.tui.actions.event import EventActions
from simulator.tui.actions.exports import ExportActions
from simulator.tui.actions.navigation import Navigation
from simulator.tui.actions.sending import SendingActions
from simulator.tui.actions.stream import StreamActions
from simulator.tui.compat import GuardedCommandPalette, is_behind, surviving_driver, terminal_is_gone
from simulator.tui.config_watch import ConfigWatch
from simulator.tui.keymap import COMMANDS, VIEWS, bindings
from simulator.tui.layout import Layout
from simulator.tui.shell import Severity
from simulator.tui.theme import PALETTES, themes
from simulator.tui.tour import Tour
from simulator.tui.tour_player import TourPlayer
from simulator.tui.views.checks import ChecksView
from simulator.tui.views.faults import FaultsView
from simulator.tui.views.hubspot import HubSpotView
from simulator.tui.views.live import LiveView
from simulator.tui.views.mapping import MappingView
from simulator.tui.views.view import View
from simulator.tui.widgets.header import Header
from simulator.tui.widgets.key_bar import KeyBar
from simulator.tui.widgets.lines import LineView
from simulator.tui.widgets.modals import HelpScreen, Panel, Question
from simulator.tui.widgets.text_width import harmless
from simulator.tui.widgets.tour_panel import TourPanel

__all__ = ["SimulatorApp"]

_TICK_SECONDS = 0.1


class SimulatorApp(App[None]):
    """Shows an engine.

    Args:
        engine: a running engine; its creator closes it.
        title: what is shown: the configuration's name.
        watch: the configuration file, read again when it is saved.
        tour: the tour to start with.
        ticking: follow the clock; a test ticks by hand.
        folder: where exports go.
        first_theme: the theme to start with.
        origin: where events come from, if they are not synthetic.
        once: events that were taken are lost when the stream restarts.
        warnings: what the loader warned of.
        begin: starts the engine, after the first frame; None for an engine that runs. An OSError ends the app.

    """

    CSS_PATH = Path(__file__).with_name("app.tcss")
    TITLE = "hubspot-sim"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

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
        warnings: tuple[str, ...] = (),
        begin: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        for theme in themes():
            self.register_theme(theme)
        self.engine = engine
        self.folder = folder or Path.cwd()
        self.lost_terminal = False
        """Whether the app ended because its terminal was closed."""
        self.start_error: OSError | None = None
        """Why the engine could not be started."""
        self._begin = begin
        self._ticking = ticking
        self._first_theme = first_theme
        self._beat = 0
        # The views and the lines around them.
        self.live = LiveView(engine, id="live")
        self.checks = ChecksView(engine, own=watch.examples if watch is not None else None, id="checks")
        self.mapping = MappingView(engine, id="mapping")
        self.views: dict[str, View] = {
            "live": self.live,
            "checks": self.checks,
            "hubspot": HubSpotView(engine, id="hubspot"),
            "mapping": self.mapping,
            "faults": FaultsView(engine, self.live.pulse, id="faults"),
        }
        self.header = Header(
            engine, title, VIEWS, lambda: self.live.stream.follow or self.view is not self.live
        )
        self.header.origin = self.live.origin = harmless(origin, 80)
        self.header.warnings = warnings
        self.keybar = KeyBar()
        self.screen_layout = Layout(self, self.live)
        # The actions, each with what it needs.
        self.navigation = Navigation(engine, self, self.header, self.live, self.mapping)
        self.sending = SendingActions(engine, self, self.navigation)
        self.configuration = ConfigActions(engine, self, self.header, self.checks, watch)
        self.tour = TourPlayer(
            engine, self, TourPanel(), self.screen_layout, self.live, self.header, self.keybar, self.navigation,
            self.sending, tour,
        )  # fmt: skip
        stream = StreamActions(engine, self, self.header, once=once)
        event = EventActions(engine, self, self.navigation, self.live.stream)
        exports = ExportActions(engine, self, self.header, self.live, self.folder)
        self.actions: dict[str, Callable[..., object]] = {
            "view": self.open_view,
            "help": lambda: self.push_screen(HelpScreen()),
            "quit": self.exit,
            "theme": self._next_theme,
            "clear": self._clear,
            "pause": stream.pause,
            "step": stream.step,
            "rate": stream.change_rate,
            "seed": stream.ask_seed,
            "restart": stream.restart,
            "filter": self.navigation.ask_filter,
            "follow": self.navigation.toggle_follow,
            "failure": self.navigation.go_to_failure,
            "rule": self.navigation.go_to_rule,
            "batch": self.sending.toggle_batch,
            "batch_size": self.sending.ask_batch_size,
            "flush": self.sending.flush,
            "again": self._run_again,
            "again_all": self.sending.run_failed_again,
            "define_all": self.sending.define_all,
            "clear_faults": self.sending.clear_faults,
            "consent": event.change_consent,
            "keep": event.keep,
            "copy": event.copy,
            "screenshot": exports.write_screenshot,
            "export": exports.write_rows,
            "changes": self.configuration.show_changes,
            "warnings": self.configuration.show_warnings,
            "tour": self.tour.toggle,
            "tour_next": self.tour.turn_by_key,
            "tour_auto": self.tour.toggle_by_itself,
        }
        """What `do('NAME', …)` calls; the keys are in `simulator.tui.keymap`."""

    # ---- Textual's side

    def get_driver_class(self) -> type[Driver]:
        """Return a driver that survives the loss of its terminal, so that the last flush happens."""
        return surviving_driver(super().get_driver_class())

    def action_command_palette(self) -> None:
        """Show every command."""
        if not isinstance(self.screen, GuardedCommandPalette):
            self.push_screen(GuardedCommandPalette(id="--command-palette"))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that only our themes have, for Textual's own themes."""
        usual = PALETTES["harbour"]
        return {"dim": usual.dim, "faint": usual.faint, "chosen": usual.chosen}

    def compose(self) -> ComposeResult:
        """Lay out the header, the views, the tour's panel, and the keys."""
        yield self.header
        with ContentSwitcher(id="views", initial="live"):
            yield from self.views.values()
        yield self.tour.panel
        yield self.keybar

    def on_mount(self) -> None:
        """Show the first frame, then start."""
        self.theme = self._first_theme
        self.screen_layout.fit(self.size.width, self.size.height)
        self.live.stream.focus()
        if self._begin is None:
            self._go_on()
        else:
            self.call_after_refresh(self._start_engine, self._begin)

    def _start_engine(self, begin: Callable[[], object]) -> None:
        """Start the engine; keys wait meanwhile, so that none meets an engine that does not run."""
        try:
            begin()
        except OSError as error:
            self.start_error = error
            self.exit()
            return
        self._go_on()

    def _go_on(self) -> None:
        if self._ticking:
            self.set_interval(_TICK_SECONDS, self.tick)
        self.call_after_refresh(self.look)
        if self.tour.tour is not None:
            self.tour.begin()

    def on_resize(self, event: Resize) -> None:
        """Choose the layout that fits."""
        self.screen_layout.fit(event.size.width, event.size.height)
        self.call_after_refresh(self.look)
        self.tour.draw()

    def on_header_wanted(self, message: Header.Wanted) -> None:
        """Open the view whose tab was clicked."""
        self.open_view(message.view)

    def on_key_bar_pressed(self, message: KeyBar.Pressed) -> None:
        """Do what was clicked."""
        self.call_later(self.run_action, message.action)

    def on_line_view_chosen(self, message: LineView.Chosen) -> None:
        """Open or close the details of the live view."""
        if message.view is self.live.stream:
            self.screen_layout.toggle_details()

    def on_mapping_view_wanted(self, message: MappingView.Wanted) -> None:
        """Show the events of a rule, or of a name that no rule matched."""
        self.navigation.show_events_of(message.filter_text)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:  # noqa: ARG002 - Textual's shape
        """Return every command for the palette."""
        for command in COMMANDS:
            title = f"View: {command.says}" if command.action == "view" else command.says
            yield SystemCommand(title, f"key {command.key}", lambda call=command.call: self.run_action(call))
        for name in PALETTES:
            yield SystemCommand(
                f"Theme: {name}", "Change the colours", lambda name=name: self.use_theme(name)
            )

    # ---- actions

    def action_do(self, name: str, *arguments: str | int) -> None:
        """Carry out one of the actions by its name; every key calls this."""
        self.actions[name](*arguments)

    def _next_theme(self) -> None:
        names = list(PALETTES)
        here = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(here + 1) % len(names)])
        self.say(f"theme {self.theme}", 2)

    def _clear(self) -> None:
        if self.tour.on:
            self.tour.leave()
        else:
            self.navigation.clear()

    def _run_again(self) -> None:
        if self.view is self.checks:
            self.checks.run()
        else:
            self.sending.run_again()

    # ---- the clock

    def tick(self) -> None:
        """Show what is new; called every tenth of a second."""
        if not self.header.is_attached or not self.is_running:
            return
        if self._beat % 10 == 0:
            if terminal_is_gone(self):
                self.lost_terminal = True
                self.exit()
                return
            self.live.pulse.beat(self.engine)
            self.configuration.look()
        if not is_behind(self):
            self._draw(self._beat)
        self.tour.tick(_TICK_SECONDS)
        self._beat += 1

    def look(self) -> None:
        """Show everything as it is now, without waiting for the clock."""
        if self.header.is_attached and self.is_running:
            self._draw(0)

    def _draw(self, beat: int) -> None:
        if self.view is not self.live or self.checks.running:
            self.checks.tick(1)
        self.view.tick(beat)
        self.keybar.set_paused(self.engine.paused)
        if beat % 2 == 0:
            self.header.update()

    # ---- the shell: what actions ask of the app

    @property
    def view(self) -> View:
        """The view that is visible."""
        return self.views[self.header.view]

    @property
    def panel(self) -> Screen[Any] | None:
        """The dialog over the view, if there is one."""
        return self.screen if len(self.screen_stack) > 1 else None

    def use_theme(self, name: str) -> None:
        """Change the colours."""
        self.theme = name

    def say(self, text: str, seconds: float | None = 3, *, severity: Severity = "information") -> None:
        """Show a short message; markup in it has no effect."""
        self.notify(text, timeout=seconds, severity=severity, markup=False)

    def ask(self, question: Question, answer: Callable[[str | None], None]) -> None:
        """Ask for a line of text; the answer is None where the user left."""
        self.push_screen(question, answer)

    def show_panel(self, panel: Panel) -> None:
        """Show lines over everything; a panel of the same class is replaced."""
        if type(self.screen) is type(panel):
            self.pop_screen()
        self.push_screen(panel)

    def open_view(self, key: str) -> None:
        """Open a view by its key."""
        self.header.view = self.keybar.view = key
        self.keybar.draw()
        self.query_one("#views", ContentSwitcher).current = key
        self.header.filter_text = self.view.search
        self.look()  # a key that follows at once finds its lines
        self.view.main().focus()
        if key == "checks" and not self.checks.checked:
            self.checks.run()
        self.call_after_refresh(self.look)

    def redraw(self) -> None:
        """Draw the visible view and the header again."""
        self.view.tick(0)
        self.header.update()

    def when_done(self, future: Future[Any], then: Callable[[], object] | None = None) -> None:
        """Run `then` on the screen's thread when the engine is done; show the error if it failed."""
        # Called on the engine's thread, which must not wait for the screen: the app takes it from its queue.
        future.add_done_callback(lambda done: self.call_later(self._done, done, then))

    def _done(self, future: Future[Any], then: Callable[[], object] | None) -> None:
        error = future.exception()
        if error is not None:
            self.say(f"{type(error).__name__}: {error}", None, severity="error")
        elif then is not None:
            then()
        self.view.tick(0)

    def run_in_background(self, work: Callable[[], None]) -> None:
        """Run work in a thread of its own; a newer call cancels the older one."""
        self.run_worker(work, thread=True, exclusive=True, group="background")

    def from_thread(self, work: Callable[[], None]) -> None:
        """Run work on the screen's thread, without waiting for it."""
        self.call_later(work)

    def copy(self, text: str) -> None:
        """Put text on the clipboard."""
        self.copy_to_clipboard(text)

    def screenshot(self) -> str:
        """Return the screen as SVG."""
        return self.export_screenshot(title="hubspot-sim")
