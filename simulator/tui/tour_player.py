"""The panel in which a tour speaks, and the player behind it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widgets import Static

from simulator.engine.row_filter import Filter, parse_filter
from simulator.engine.rows import Row
from simulator.tui.tour import Step, Tour, parted
from simulator.tui.views.faults import faults_named
from simulator.tui.widgets.text_width import harmless

if TYPE_CHECKING:
    from simulator.tui.actions import Actions

__all__ = ["TourPlayer"]

_LOOKS = ("view", "follow", "filter", "select", "theme", "details", "rate")


class TourPlayer(Static):
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
        self._counts: object = None
        self._reset: Future[None] | None = None
        self._met = False
        self._late = False
        self._for: Filter | None = None
        self._threw = False
        self.said_of: Row | None = None
        """The row that the present step waited for, once it came."""
        self._own = tour is not None
        self._seed: int | None = None
        self._paused = False
        self._held = False

    @property
    def simulator(self) -> Actions:
        """The app."""
        return cast("Actions", self.app)

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
        elif self._own and self._seed is not None:
            self._again(self._seed)
        else:
            self._seed = self.simulator.engine.seed
        self._paused = self.simulator.engine.paused
        self.on, self.number = True, -1
        self._mark(True)
        self.add_class("-on")
        self.turn(1)

    def _again(self, seed: int) -> None:
        """Let the stream begin as the tour knows it: it tells of people whom HubSpot does not know yet."""
        app = self.simulator
        if not app.header.origin:  # events from elsewhere may never come again
            self._begin_anew(seed)
            app.notify("the tour and its events, from the beginning", timeout=3)

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
        app.screen_stack[0].set_class(on, "-touring")
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
        self._waited, self._met, self._late = 0.0, not step.wait.row, False
        self._from, self._changes = app.engine.ring.next, app.engine.ledger.changes
        self._counts = app.engine.counts
        self._for, self.said_of = parse_filter(step.wait.row), None
        for command in step.do:
            # Back is for reading once more: what was done is not done again.
            if by > 0 or parted(command)[0] in _LOOKS:
                self._do(command)
        app.point_at(step.point)
        if any(parted(command)[0] == "details" for command in step.do):
            app.open_details()  # after the pointing, which closes them in a small terminal to show something else
        self.draw()

    def draw(self) -> None:
        """Show what is said."""
        step, tour = self.step, self.tour
        if step is None or tour is None:
            return
        self.border_title = Content(f" {harmless(step.title or tour.title, 120)} ")
        how = "p by key" if self.by_itself else "p by itself"
        dots = f"{self.number + 1} of {len(tour.steps)}"
        state = "it did not come  " if self._late else "waiting …  " if not self._met else ""
        if self._held:
            state = "paused: space goes on  "
        keys = f"→ next · ← back · {how} · esc leaves" if self.app.size.width >= 70 else "→ ← · esc"
        self.border_subtitle = Content(f" {state}{dots} · {keys} ")
        self.update(Content(harmless(" ".join(step.say.split()))))

    def on_resize(self) -> None:
        """Name the keys that there is room for."""
        self.draw()

    def _stands(self) -> bool:
        """Tell whether the speaker has stopped, to answer a question or to read something that lies over the tour."""
        return (self.simulator.engine.paused and not self._paused) or len(self.app.screen_stack) > 1

    def tick(self, seconds: float) -> None:
        """Look whether what was waited for has come, and go on."""
        step = self.step
        if not self.on or step is None:
            return
        held = self._stands()
        if held != self._held:
            self._held = held
            self.draw()
        self._waited += 0.0 if held else seconds
        if not self._met:
            self._look()
            if self._met or self._waited > step.wait.within:
                self._late = not self._met
                self._met = True
                self._waited = 0.0
                self.draw()
        enough = step.wait.seconds or step.reading_seconds
        if self.by_itself and not held and self._met and not step.wait.key and self._waited >= enough:
            self.turn(1)

    def _look(self) -> None:
        engine, wanted = self.simulator.engine, self._for
        assert wanted is not None
        if self._reset is not None and not self._reset.done():
            return
        if engine.counts is not self._counts:  # begun anew: numbers begin at 0 again
            self._counts, self._from = engine.counts, 0
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
        word, rest = parted(command)
        app, engine = self.simulator, self.simulator.engine
        stream = app.live.stream
        actions: dict[str, Callable[[], object]] = {
            "pause": lambda: self._pause(True),
            "resume": lambda: self._pause(False),
            "flush": engine.flush,
            "clear": engine.clear_faults,
            "again": app.action_again_all,
            "anew": lambda: self._begin_anew(engine.seed),
            "grant": self._grant,
            "follow": lambda: stream.action_edge(1),
            "details": app.open_details,
            "step": lambda: engine.step(int(float(rest))),
            "rate": lambda: engine.set_rate(float(rest)),
            "batch": lambda: engine.set_batch(int(float(rest))),
            "seed": lambda: self._begin_anew(int(float(rest))),
            "view": lambda: app.action_view(rest),
            "throw": lambda: self._throw(rest),
            "filter": lambda: app.filter_stream(rest),
            "theme": lambda: setattr(app, "theme", rest),
            "select": lambda: self._select(rest),
        }
        actions[word]()

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        engine = self.simulator.engine
        (engine.pause if paused else engine.resume)()

    def _begin_anew(self, seed: int) -> None:
        self._reset = self.simulator.engine.reset(seed)
        self.simulator.after(self._reset)

    def _grant(self) -> None:
        """Let the person of the chosen event agree. The key c would take back what was granted; this never does."""
        app, row = self.simulator, self.simulator.chosen()
        if row is None:
            return
        if row.kind != "denied" or not row.person:
            app.notify("the chosen event waits for nobody's consent", timeout=3)
            return
        app.after(app.engine.grant(row.person, True))
        app.notify(f"{row.person[:60]} grants consent", timeout=3, markup=False)

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
            if (row is None or not wanted(row)) and not stream.jump(wanted, -1):
                self.simulator.notify(f"no row matches {text}", timeout=3, markup=False)
