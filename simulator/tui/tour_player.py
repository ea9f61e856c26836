"""Plays a tour: by itself, or step by step by key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace

from simulator.engine.engine import Engine
from simulator.engine.row_filter import Filter, parse_filter
from simulator.engine.rows import Row
from simulator.tui.actions.navigation import Navigation
from simulator.tui.actions.sending import SendingActions
from simulator.tui.fault_presets import faults_named
from simulator.tui.layout import Layout
from simulator.tui.shell import Shell
from simulator.tui.tour import Tour, TourStep, default_tour, split_command
from simulator.tui.views.live import LiveView
from simulator.tui.widgets.header import Header
from simulator.tui.widgets.key_bar import KeyBar
from simulator.tui.widgets.tour_panel import TourPanel

__all__ = ["TourPlayer"]

_FIGURE = re.compile(r"\{(\w+)\}")
_FIGURES_SECONDS = 1.0
_VIEWING = ("view", "follow", "filter", "select", "theme", "details", "rate")
"""Commands that a step carries out again on the way back; the others change something, and are carried out once."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A place in the stream: the number of the next row, and how many changes of rows there were."""

    row: int = 0
    changes: int = 0


class TourPlayer:
    """Plays the steps of a tour: carries out their commands, waits, and shows their text.

    Args:
        engine: runs the events.
        shell: the app.
        panel: shows the text.
        layout: highlights parts of the screen.
        live: the view with the stream.
        header: shows that a tour is playing.
        keybar: likewise.
        navigation: carries out commands.
        sending: likewise.
        tour: the tour to play; None plays the one that ships, once it is asked for.

    """

    def __init__(
        self,
        engine: Engine,
        shell: Shell,
        panel: TourPanel,
        layout: Layout,
        live: LiveView,
        header: Header,
        keybar: KeyBar,
        navigation: Navigation,
        sending: SendingActions,
        tour: Tour | None,
    ) -> None:
        self._engine = engine
        self._shell = shell
        self.panel = panel
        self._layout = layout
        self._live = live
        self._header = header
        self._keybar = keybar
        self._navigation = navigation
        self._sending = sending
        self.tour = tour
        self.on = False
        self.number = -1
        self.by_itself = True
        self.found: Row | None = None
        """The row that the current step waited for, once it came."""
        self._given = tour is not None
        self._seed: int | None = None
        self._waited = 0.0
        self._since = _Mark()
        self._marks: dict[int, _Mark] = {}
        """Where the stream was when each step was reached for the first time."""
        self._counts: object = None
        self._reset: Future[None] | None = None
        self._met = False
        self._late = False
        self._text = ""
        self._text_age = 0.0
        """Seconds since the text was drawn; its figures are brought up to date once a second."""
        self._wanted: Filter | None = None
        self._threw = False
        self._paused = False
        self._interrupted = False

    @property
    def step(self) -> TourStep | None:
        """The current step."""
        steps = self.tour.steps if self.tour is not None else []
        return steps[self.number] if 0 <= self.number < len(steps) else None

    # ---- starting, leaving, turning

    def toggle(self) -> None:
        """Start the tour, or leave it."""
        if self.on:
            self.leave()
        else:
            self.begin()

    def begin(self) -> None:
        """Start at the first step."""
        if self.tour is None:
            self.tour = default_tour()
        elif self._given and self._seed is not None:
            self._restart_stream(self._seed)
        else:
            self._seed = self._engine.seed
        self._paused = self._engine.paused
        self.on, self.number = True, -1
        self._marks.clear()
        self._show_touring(True)
        self.panel.open()
        self.turn(1)

    def _restart_stream(self, seed: int) -> None:
        """Restart the stream with the tour: the tour speaks of people whom HubSpot does not know yet."""
        if not self._header.origin:  # events from outside may not come again
            self._restart(seed)
            self._shell.say("the tour and its events start over")

    def leave(self) -> None:
        """End the tour; the stream continues, without the faults that the tour set."""
        self.on = False
        if self._threw:
            self._threw = False
            self._engine.clear_faults()
        self._show_touring(False)
        self.panel.close()
        self._point_at("")

    def _show_touring(self, on: bool) -> None:
        self._header.touring = self._keybar.touring = on
        self._layout.set_touring(on)
        self._keybar.draw()

    def turn_by_key(self, by: int) -> None:
        """Go to another step, or show how to start the tour."""
        if not self.on:
            self._shell.say("no tour is playing; T starts it", 2)
        self.turn(by)

    def toggle_by_itself(self) -> None:
        """Switch between playing by itself and playing by key."""
        if not self.on:
            self._shell.say("no tour is playing; T starts it", 2)
            return
        self.by_itself = not self.by_itself
        self.draw()

    def turn(self, by: int) -> None:
        """Go to another step; after the last one the tour ends."""
        if not self.on or self.tour is None:
            return
        if self.number + by >= len(self.tour.steps):
            self.leave()
            return
        self.number = max(0, self.number + by)
        step = self.step
        assert step is not None
        self._waited, self._met, self._late = 0.0, not step.wait.row, False
        now = _Mark(self._engine.ring.next, self._engine.event_log.changes)
        before = self._marks.get(self.number - 1) if step.wait.earlier else None
        self._since = before or now
        if by > 0:
            self._marks.setdefault(self.number, now)
        self._counts = self._engine.counts
        self._wanted, self.found = parse_filter(step.wait.row), None
        words = [split_command(command) for command in step.do]
        for word, rest in words:
            if by > 0 or word in _VIEWING:
                self._do(word, rest)
        self._point_at(step.point)
        if any(word == "details" for word, _ in words):
            self._layout.open_details()  # pointing elsewhere closes them in a small terminal
        self.draw()

    def _point_at(self, name: str) -> None:
        self._layout.point_at(name, self._header.view)

    # ---- texts

    def draw(self) -> None:
        """Show the current step."""
        step, tour = self.step, self.tour
        if step is None or tour is None:
            return
        state = "it did not happen" if self._late else "" if self._met else "waiting …"
        if self._interrupted:
            state = "paused: space resumes"
        self._text, self._text_age = self._text_of(step), 0.0
        self.panel.show(
            step.title or tour.title,
            self._text,
            state=state,
            position=f"{self.number + 1} of {len(tour.steps)}",
            by_itself=self.by_itself,
        )

    def _text_of(self, step: TourStep) -> str:
        """Return the text of a step: for what did happen, and for the size of the screen."""
        text = step.say
        if self._late and step.missed:
            text = step.missed
        elif not self._met and step.awaiting:
            text = step.awaiting
        elif self._layout.is_small and step.small:
            text = step.small
        if "{" not in text:
            return text
        figures = self._figures()
        return _FIGURE.sub(lambda found: figures.get(found[1], found[0]), text)

    def _figures(self) -> dict[str, str]:
        counts, row = self._engine.counts, self.found
        delivered = counts.kinds["flushed"] + counts.kinds["sent"]
        return {
            "taken": f"{counts.taken:,}",
            "delivered": f"{delivered:,}",
            "waiting": f"{counts.kinds['queued']:,}",
            "failed": f"{counts.kinds['failed']:,}",
            "retried": f"{counts.retried:,}",
            "recovered": f"{counts.recovered:,}",
            "lost": f"{counts.lost_upstream:,}",
            "saved": f"{counts.saved:,}",
            "event": row.name if row is not None else "the event",
            "person": (row.person if row is not None else "") or "this visitor",
            "why": row.why if row is not None else "",
        }

    # ---- what is waited for

    def tick(self, seconds: float) -> None:
        """Check whether what the step waits for has come, and turn to the next step if it has."""
        step = self.step
        if not self.on or step is None:
            return
        interrupted = self._is_interrupted()
        if interrupted != self._interrupted:
            self._interrupted = interrupted
            self.draw()
        self._waited += 0.0 if interrupted else seconds
        if not self._met:
            self._look()
            if self._met or self._waited > step.wait.within:
                self._late = not self._met
                self._met = True
                self._waited = 0.0
                self.draw()
        self._text_age += seconds
        if self._text_age >= _FIGURES_SECONDS and self._text != self._text_of(step):
            self.draw()
        enough = step.wait.seconds or step.reading_seconds
        if self.by_itself and not interrupted and self._met and not step.wait.key and self._waited >= enough:
            self.turn(1)

    def _is_interrupted(self) -> bool:
        """Tell whether the speaker paused the stream, or reads a dialog over the tour."""
        return (self._engine.paused and not self._paused) or self._shell.panel is not None

    def _look(self) -> None:
        engine, wanted = self._engine, self._wanted
        assert wanted is not None
        if self._reset is not None and not self._reset.done():
            return
        if engine.counts is not self._counts:  # the stream restarted: numbers begin at 0 again
            self._counts, self._since = engine.counts, replace(self._since, row=0)
            self._marks.clear()
        fresh = engine.event_log.changes - self._since.changes
        changed = (
            [engine.ring.get(number) for number in list(engine.event_log.changed)[-fresh:]] if fresh else []
        )
        for row in (*engine.ring.rows(self._since.row), *changed):
            if row is not None and wanted(row):
                self._met, self.found = True, row
                stream = self._live.stream
                stream.sync()
                stream.follow = False
                stream.go(stream.index(row.number))
                return

    # ---- what is done

    @property
    def _commands(self) -> Mapping[str, Callable[[str], object]]:
        engine, stream = self._engine, self._live.stream
        return {
            "pause": lambda _: self._pause(True),
            "resume": lambda _: self._pause(False),
            "flush": lambda _: engine.flush(),
            "clear": lambda _: engine.clear_faults(),
            "again": lambda _: self._sending.run_failed_again(),
            "anew": lambda _: self._restart(engine.seed),
            "grant": lambda _: self._grant(),
            "follow": lambda _: stream.action_edge(1),
            "details": lambda _: self._layout.open_details(),
            "step": lambda rest: engine.step(int(float(rest))),
            "rate": lambda rest: engine.set_rate(float(rest)),
            "batch": lambda rest: engine.set_batch(int(float(rest))),
            "seed": lambda rest: self._restart(int(float(rest))),
            "view": self._shell.open_view,
            "throw": self._throw,
            "filter": self._navigation.filter_stream,
            "theme": self._shell.use_theme,
            "select": self._select,
        }

    def _do(self, word: str, rest: str) -> None:
        self._commands[word](rest)

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        (self._engine.pause if paused else self._engine.resume)()

    def _restart(self, seed: int) -> None:
        self._reset = self._engine.reset(seed)
        self._shell.when_done(self._reset)

    def _grant(self) -> None:
        """Grant consent for the selected event's person; unlike the key c it never takes consent back."""
        row = self._navigation.selected()
        if row is None:
            return
        if row.kind != "denied" or not row.person:
            self._shell.say("the selected event does not wait for consent")
            return
        self._shell.when_done(self._engine.grant(row.person, True))
        self._shell.say(f"{row.person[:60]} grants consent")

    def _throw(self, rest: str) -> None:
        self._threw = True
        self._engine.throw(*faults_named(rest))

    def _select(self, text: str) -> None:
        wanted, stream = parse_filter(text), self._live.stream
        stream.sync()
        stream.action_edge(1)
        if wanted is not None:
            stream.follow = False
            row = stream.row
            if (row is None or not wanted(row)) and not stream.jump(wanted, -1):
                self._shell.say(f"no row matches {text}")
