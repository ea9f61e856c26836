"""What the keys do: each a call to the engine, and a word about it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.engine.probes import BY_HAND
from simulator.engine.rows import STUCK
from simulator.tui.clipboard import as_curl, as_json
from simulator.tui.config_reload import Reloading
from simulator.tui.export_actions import Keeping
from simulator.tui.navigation import Navigation
from simulator.tui.theme import PALETTES
from simulator.tui.widgets.modals import HelpScreen, Question
from simulator.tui.widgets.row_detail import calls_of

if TYPE_CHECKING:
    from simulator.engine.engine import Engine
    from simulator.tui.config_watch import ConfigWatch
    from simulator.tui.tour_player import TourPlayer
    from simulator.tui.views.checks import ChecksView
    from simulator.tui.views.live import LiveView
    from simulator.tui.widgets.header import Header
    from simulator.tui.widgets.key_bar import KeyBar

__all__ = ["RATES", "Actions"]

RATES = (0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 0)


class Actions(Navigation, Keeping, Reloading):
    """The actions of the app."""

    engine: Engine
    header: Header
    live: LiveView
    checks: ChecksView
    speech: TourPlayer
    keybar: KeyBar
    config_watch: ConfigWatch | None
    folder: Path
    once: bool
    _own_consent: dict[str, bool]

    def point_at(self, name: str) -> None:
        """Bring out a part of the screen, or none."""
        raise NotImplementedError

    def open_details(self) -> None:
        """Show the details of the live view, whatever the size of the terminal."""
        raise NotImplementedError

    def action_pause(self) -> None:
        """Pause, or go on."""
        if self.engine.paused:
            self.engine.resume()
        else:
            self.engine.pause()
        self.header.update()

    def action_step(self) -> None:
        """Take one event."""
        self.engine.step()

    def action_rate(self, by: int) -> None:
        """Go faster or slower."""
        rate = self.engine.pace.rate
        near = min(range(len(RATES)), key=lambda index: abs((RATES[index] or 4000) - (rate or 4000)))
        self.engine.set_rate(RATES[max(0, min(near + by, len(RATES) - 1))])
        self.header.update()

    def action_batch(self) -> None:
        """Gather events in batches, or send each on its own."""
        config = self.engine.config
        self._gather(0 if config.batch else config.batch_size)

    def _gather(self, size: int) -> None:
        future = self.engine.set_batch(size)
        said = f"batches of {size}" if size else "each event is sent on its own"

        def tell() -> None:
            left = future.result()
            self.notify(said, timeout=2)
            if left:
                self.notify(
                    f"{left} {_events(left)} HubSpot did not take: failed; R runs them again",
                    severity="warning",
                )

        self.after(future, tell)

    def action_batch_size(self) -> None:
        """Ask for the size of a batch."""

        def judge(text: str) -> str:
            return (
                ""
                if text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 500
                else "a number from 1 to 500"
            )

        def answer(text: str | None) -> None:
            if text is not None:
                self._gather(int(text))

        size = str(self.engine.config.batch_size)
        self.push_screen(Question("events in a batch", size, "1 to 500", judge), answer)

    def action_flush(self) -> None:
        """Send what waits in the batch."""
        waits = self.engine.queued
        if not waits:
            self.notify("nothing waits in the batch", timeout=2)
            return
        future = self.engine.flush()

        def tell() -> None:
            taken, left = future.result(), self.engine.queued
            if taken or not left:
                self.notify(f"{taken} {_events(taken)} flushed", timeout=2)
            else:
                self.notify(
                    f"HubSpot took none; {left} {_events(left)} still wait", severity="warning", timeout=4
                )

        self.after(future, tell)

    def action_consent(self) -> None:
        """Consent of the chosen event's person: granted or refused here, and at last as the events say again."""
        row = self.chosen()
        if row is None:
            return
        if not row.person:
            self.notify("nobody is behind this event", timeout=2)
            return
        if not self.engine.config.consent:
            self.notify("this configuration asks for no consent", timeout=3)
            return
        own = row.kind != "denied"
        now = self.engine.consents.get(row.person)
        if now is None:
            self._own_consent[row.person] = own
            wanted: bool | None = not own
        elif now != self._own_consent.get(row.person, own):
            wanted = not now
        else:
            wanted = None
        self.after(self.engine.grant(row.person, wanted))
        words = {
            True: "grants consent",
            False: "refuses consent",
            None: "is taken at the events' own word again",
        }
        self.notify(f"{row.person[:60]} {words[wanted]}", timeout=3, markup=False)

    def action_again(self) -> None:
        """Run the chosen event again."""
        if self.view is self.checks:
            self.checks.run()
            return
        row = self.chosen()
        if row is None:
            return
        if row.kind not in STUCK:
            self.notify("only what did not go out can be run again", timeout=2)
        else:
            self.after(self.engine.again([row.number]))

    def action_again_all(self) -> None:
        """Run all failed events again, and what waits in the batch."""
        failed = [row.number for row in self.engine.ring.rows() if row.kind == "failed" and not row.is_batch]
        self.after(self.engine.again(failed))
        self.notify(
            f"{len(failed)} {_events(len(failed))} run again" if failed else "nothing failed", timeout=3
        )

    def action_keep(self) -> None:
        """Keep the chosen event: it is run again at every save until it goes out."""
        row = self.chosen()
        if row is None:
            return
        if not row.pinned and row.kind not in (*STUCK, "queued"):
            self.notify("it went out; kept are events that do not, until they do", timeout=3)
            return
        row.pinned = not row.pinned
        said = "kept: run again at every save; is:kept shows all" if row.pinned else "no longer kept"
        self.notify(f"{row.name[:40]} is {said}", timeout=2, markup=False)
        self.live.stream.refresh()

    def action_copy(self, form: str) -> None:
        """Copy the calls of the chosen event."""
        row = self.live.stream.row if self.view is self.live else self.chosen()
        if row is None:
            return
        calls = calls_of(self.engine, row)
        if not calls:
            self.notify("this event makes no call", timeout=2)
            return
        text = as_json(calls) if form == "json" else as_curl(calls, self.engine.hubspot.base_url, BY_HAND)
        self.copy_to_clipboard(text)
        self.notify(f"{len(calls)} call{'s' * (len(calls) > 1)} copied as {form}", timeout=2)

    def action_clear_faults(self) -> None:
        """Take all faults from the board."""
        gone = self.engine.clear_faults()
        self.notify(
            f"{gone} fault{'s' * (gone > 1)} cleared" if gone else "no fault is on the board", timeout=2
        )

    def action_seed(self) -> None:
        """Ask for another seed, and begin anew with it."""
        if self.header.origin:
            self.notify("these events are not made up: there is no seed", timeout=3)
            return

        def judge(text: str) -> str:
            digits = text.removeprefix("-")
            return "" if digits.isascii() and digits.isdigit() and len(digits) < 16 else "a whole number"

        def answer(text: str | None) -> None:
            if text is not None:
                self.after(self.engine.reset(int(text)))

        self.push_screen(Question("seed of the stream", str(self.engine.seed), "any number", judge), answer)

    def action_anew(self) -> None:
        """Begin anew with the same seed."""

        def begin(_: object = None) -> None:
            self.after(self.engine.reset())
            self.notify("from the beginning", timeout=2)

        if not self.once or not self.engine.counts.taken:
            begin()
            return

        def answer(text: str | None) -> None:
            if text is not None:
                begin()

        gone = f"{self.engine.counts.taken:,} events came once and would be gone"
        judge = {"yes": ""}
        self.push_screen(
            Question(gone, "", "yes", lambda text: judge.get(text.strip(), "yes, or esc")), answer
        )

    def action_theme(self) -> None:
        """Take the next theme."""
        names = list(PALETTES)
        here = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(here + 1) % len(names)]
        self.notify(f"theme {self.theme}", timeout=2)

    def action_help(self) -> None:
        """Show the help."""
        self.push_screen(HelpScreen())

    def action_tour(self) -> None:
        """Begin the tour, or leave it."""
        if self.speech.on:
            self.speech.leave()
        else:
            self.speech.begin()

    def action_tour_next(self, by: int) -> None:
        """Go on with the tour, or back."""
        if not self.speech.on:
            self.notify("no tour is told; T begins it", timeout=2)
        self.speech.turn(by)

    def action_tour_auto(self) -> None:
        """Let the tour play by itself, or by key."""
        if not self.speech.on:
            self.notify("no tour is told; T begins it", timeout=2)
            return
        self.speech.by_itself = not self.speech.by_itself
        self.speech.draw()

    def after(self, future: Future[Any], then: Callable[[], object] | None = None) -> None:
        """Look again when the engine has done something, and say what went wrong."""
        # Called on the engine's thread, which must not wait for the screen: the app takes it from its queue.
        future.add_done_callback(lambda one: self.call_later(self._done, one, then))

    def _done(self, future: Future[Any], then: Any) -> None:
        error = future.exception()
        if error is not None:
            self.notify(f"{type(error).__name__}: {error}", severity="error", markup=False)
        elif then is not None:
            then()
        self.view.tick(0)


def _events(number: int) -> str:
    return "event" if number == 1 else "events"
