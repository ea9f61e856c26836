"""The panel in which a tour speaks, and the player behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from textual.widgets import Static

from simulator.engine.filtering import Filter, parse_filter
from simulator.engine.rows import Row
from simulator.tui.tour import Step, Tour
from simulator.tui.views.faults import faults_named

if TYPE_CHECKING:
    from simulator.tui.steering import Steering

__all__ = ["Speech"]

_LOOKS = ("view", "follow", "filter", "select", "theme", "details", "rate")


class Speech(Static):
    """Plays a tour: by itself, or step by step by key.

    Args:
        tour: what is told, if anything.

    """

    def __init__(self, tour: Tour | None) -> None:
        super().__init__("", id="speech", markup=False)
        self.tour = tour
        self.on = False
        self.number = -1
        self.by_itself = True
        self._waited = 0.0
        self._from = 0
        self._changes = 0
        self._met = False
        self._for: Filter | None = None
        self._threw = False
        self.said_of: Row | None = None
        """The row that the present step waited for, once it came."""

    @property
    def simulator(self) -> Steering:
        """The app."""
        return cast("Steering", self.app)

    @property
    def step(self) -> Step | None:
        """The step that is told."""
        steps = self.tour.steps if self.tour is not None else []
        return steps[self.number] if 0 <= self.number < len(steps) else None

    def begin(self) -> None:
        """Tell the tour from its first step."""
        if self.tour is None:
            from simulator.tui.tour import default_tour

            self.tour = default_tour()
        self.on, self.number = True, -1
        self._mark(True)
        self.add_class("-on")
        self.turn(1)

    def leave(self) -> None:
        """End the tour; the stream goes on, without the faults that the tour threw."""
        self.on = False
        if self._threw:
            self._threw = False
            self.simulator.engine.clear_faults()
        self._mark(False)
        self.remove_class("-on")
        self.simulator.point_at("")

    def _mark(self, on: bool) -> None:
        app = self.simulator
        app.header.touring = app.keybar.touring = on
        app.keybar.draw()

    def turn(self, by: int) -> None:
        """Go to another step."""
        if not self.on or self.tour is None:
            return
        if self.number + by >= len(self.tour.steps):
            self.leave()
            return
        self.number = max(0, self.number + by)
        step = self.step
        assert step is not None
        app = self.simulator
        self._waited, self._met = 0.0, not step.wait.row
        self._from, self._changes = app.engine.ring.next, app.engine.ledger.changes
        self._for, self.said_of = parse_filter(step.wait.row), None
        for command in step.do:
            # Back is for reading once more: what was done is not done again.
            if by > 0 or command.partition(" ")[0] in _LOOKS:
                self._do(command)
        app.point_at(step.point)
        self.draw()

    def draw(self) -> None:
        """Show what is said."""
        step, tour = self.step, self.tour
        if step is None or tour is None:
            return
        self.border_title = f" {step.title or tour.title} "
        how = "p by key" if self.by_itself else "p by itself"
        dots = f"{self.number + 1} of {len(tour.steps)}"
        waits = "waiting …  " if not self._met else ""
        self.border_subtitle = f" {waits}{dots} · → next · ← back · {how} · esc leaves "
        self.update(step.say.strip().replace("\n", " "))

    def tick(self, seconds: float) -> None:
        """Look whether what was waited for has come, and go on."""
        step = self.step
        if not self.on or step is None:
            return
        self._waited += seconds
        if not self._met:
            self._look()
            if self._met or self._waited > step.wait.within:
                self._met = True
                self._waited = 0.0
                self.draw()
        enough = step.wait.seconds or step.reading_seconds
        if self.by_itself and self._met and not step.wait.key and self._waited >= enough:
            self.turn(1)

    def _look(self) -> None:
        engine, wanted = self.simulator.engine, self._for
        assert wanted is not None
        fresh = engine.ledger.changes - self._changes
        changed = (
            [engine.ring.get(number) for number in list(engine.ledger.changed)[-fresh:]] if fresh else []
        )
        for row in (*engine.ring.rows(self._from), *changed):
            if row is not None and wanted(row):
                self._met, self.said_of = True, row
                stream = self.simulator.live.stream
                stream.sync()
                stream.follow = False
                stream.go(stream.index(row.number))
                return

    def _do(self, command: str) -> None:
        word, _, rest = command.partition(" ")
        app, engine = self.simulator, self.simulator.engine
        stream = app.live.stream
        actions: dict[str, Callable[[], object]] = {
            "pause": engine.pause,
            "resume": engine.resume,
            "flush": engine.flush,
            "clear": engine.clear_faults,
            "again": app.action_again_all,
            "anew": engine.reset,
            "grant": app.action_consent,
            "follow": lambda: stream.action_edge(1),
            "details": lambda: app.screen_stack[0].add_class("-open"),
            "step": lambda: engine.step(int(float(rest))),
            "rate": lambda: engine.set_rate(float(rest)),
            "batch": lambda: engine.set_batch(int(float(rest))),
            "seed": lambda: engine.reset(int(float(rest))),
            "view": lambda: app.action_view(rest),
            "throw": lambda: self._throw(rest),
            "filter": lambda: app.search_for(rest),
            "theme": lambda: setattr(app, "theme", rest),
            "select": lambda: self._select(rest),
        }
        actions[word]()

    def _throw(self, rest: str) -> None:
        self._threw = True
        self.simulator.engine.throw(*faults_named(rest))

    def _select(self, text: str) -> None:
        wanted, stream = parse_filter(text), self.simulator.live.stream
        stream.sync()
        stream.action_edge(1)
        if wanted is not None:
            stream.follow = False
            row = stream.row
            if row is None or not wanted(row):
                stream.jump(wanted, -1)
