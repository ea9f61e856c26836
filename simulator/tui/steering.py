"""What the keys do: each a call to the engine, and a word about it."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import work
from textual.app import App

from simulator.engine.filtering import FilterError, parse_filter
from simulator.engine.witness import BY_HAND
from simulator.tui.copying import as_curl, as_json
from simulator.tui.detail import calls_of
from simulator.tui.exporting import html_report, json_rows, plain_svg
from simulator.tui.modals import ChangesScreen, HelpScreen, Question
from simulator.tui.palette import PALETTES

if TYPE_CHECKING:
    from simulator.engine.engine import Engine
    from simulator.tui.header import Header
    from simulator.tui.keybar import KeyBar
    from simulator.tui.speech import Speech
    from simulator.tui.views.checks import ChecksView
    from simulator.tui.views.live import LiveView
    from simulator.tui.views.view import View
    from simulator.tui.watching import ConfigWatch

__all__ = ["RATES", "Steering"]

RATES = (0.5, 1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 0)


class Steering(App[None]):
    """The actions of the app."""

    engine: Engine
    header: Header
    live: LiveView
    checks: ChecksView
    speech: Speech
    keybar: KeyBar
    config_watch: ConfigWatch | None
    folder: Path

    @property
    def view(self) -> View:
        """The view that is seen."""
        raise NotImplementedError

    def action_view(self, key: str) -> None:
        """Open a view."""
        raise NotImplementedError

    def point_at(self, name: str) -> None:
        """Bring out a part of the screen, or none."""
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

    def action_follow(self) -> None:
        """Follow the newest, or stop following."""
        stream = self.live.stream
        stream.follow = not stream.follow
        stream.sync()
        if stream.follow:
            stream.action_edge(1)
        self.header.update()

    def action_failure(self, by: int) -> None:
        """Go to the next or previous failure."""
        self.action_view("live")
        if not self.live.stream.jump(lambda row: row.kind == "failed", by):
            self.notify("no failure that way", timeout=2)

    def action_filter(self) -> None:
        """Ask for a filter of the stream, or a search in another view."""
        view = self.view
        if view is self.live:
            hint = "outcome:failed person:ada*   event:order or status:4xx   not word"
            question = Question("filter the stream", view.search, hint, _wrong_filter)
        else:
            question = Question("search", view.search, "part of a name, an e-mail, a path", lambda _: "")
        self.push_screen(question, self.search_for)

    def search_for(self, text: str | None) -> None:
        """Filter the stream, or search in the view that is seen; None changes nothing."""
        if text is None:
            return
        self.view.search = self.header.filter_text = text.strip()
        if self.view is self.live:
            self.live.stream.set_filter(parse_filter(text))
        self.view.tick(0)
        self.header.update()

    def action_clear(self) -> None:
        """Clear the filter; leave the tour."""
        if self.speech.on:
            self.speech.leave()
        elif self.view.search:
            self.search_for("")

    def action_batch(self) -> None:
        """Gather events in batches, or send each on its own."""
        config = self.engine.config
        self._after(self.engine.set_batch(0 if config.batch else config.batch_size))
        self.notify("each event is sent on its own" if config.batch else "batches", timeout=2)

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
                self._after(self.engine.set_batch(int(text)))

        size = str(self.engine.config.batch_size)
        self.push_screen(Question("events in a batch", size, "1 to 500", judge), answer)

    def action_flush(self) -> None:
        """Send what waits in the batch."""
        waits = self.engine.queued
        self._after(self.engine.flush())
        self.notify(f"{waits} events flushed" if waits else "nothing waits in the batch", timeout=2)

    def action_consent(self) -> None:
        """Grant or refuse consent for the person of the chosen event."""
        row = self.live.stream.row
        if row is None or not row.person:
            self.notify("choose an event of somebody first", timeout=2)
            return
        if not self.engine.config.consent:
            self.notify("this configuration asks for no consent", timeout=3)
            return
        granted = not self.engine.consents.get(row.person, row.kind != "denied")
        self._after(self.engine.grant(row.person, granted))
        word = "grants" if granted else "refuses"
        self.notify(f"{row.person[:60]} {word} consent", timeout=3, markup=False)

    def action_again(self) -> None:
        """Run the chosen event again."""
        row = self.live.stream.row
        if self.view is self.checks:
            self.checks.run()
        elif row is None or row.kind not in ("failed", "skipped", "ignored", "denied"):
            self.notify("only what did not go out can be run again", timeout=2)
        else:
            self._after(self.engine.again([row.number]))

    def action_again_all(self) -> None:
        """Run all failed events again, and what waits in the batch."""
        failed = [row.number for row in self.engine.ring.rows() if row.kind == "failed" and not row.is_batch]
        self._after(self.engine.again(failed))
        self.notify(f"{len(failed)} events are run again" if failed else "nothing failed", timeout=3)

    def action_keep(self) -> None:
        """Keep the chosen event: it is run again at every save until it goes out."""
        row = self.live.stream.row
        if row is None or row.is_batch:
            self.notify("choose an event first", timeout=2)
            return
        row.pinned = not row.pinned
        said = "kept: run again at every save" if row.pinned else "no longer kept"
        self.notify(f"{row.name[:40]} is {said}", timeout=2, markup=False)
        self.live.stream.refresh()

    def action_copy(self, form: str) -> None:
        """Copy the calls of the chosen event."""
        row = self.live.stream.row
        calls = calls_of(self.engine, row) if row is not None else []
        if not calls:
            self.notify("this event makes no call", timeout=2)
            return
        text = as_json(calls) if form == "json" else as_curl(calls, self.engine.hubspot.base_url, BY_HAND)
        self.copy_to_clipboard(text)
        self.notify(f"{len(calls)} calls copied as {form}", timeout=2)

    def action_clear_faults(self) -> None:
        """Take all faults from the board."""
        gone = self.engine.clear_faults()
        self.notify(f"{gone} faults cleared" if gone else "no fault is on the board", timeout=2)

    def action_seed(self) -> None:
        """Ask for another seed, and begin anew with it."""

        def judge(text: str) -> str:
            digits = text.removeprefix("-")
            return "" if digits.isascii() and digits.isdigit() and len(digits) < 16 else "a whole number"

        def answer(text: str | None) -> None:
            if text is not None:
                self._after(self.engine.reset(int(text)))

        self.push_screen(Question("seed of the stream", str(self.engine.seed), "any number", judge), answer)

    def action_anew(self) -> None:
        """Begin anew with the same seed."""
        self._after(self.engine.reset())
        self.notify("from the beginning", timeout=2)

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

    def action_screenshot_here(self) -> None:
        """Write what is seen as SVG."""
        self._tell_written(self._write("svg", plain_svg(self.export_screenshot(title="hubspot-sim"))))

    @work(thread=True, exclusive=True, group="export")
    def action_export(self) -> None:
        """Write the filtered rows as JSON Lines, and a report in HTML; a hundred thousand rows take their time."""
        rows = self.live.stream.shown()
        title = f"hubspot-sim · {self.header.title_text}"
        told = self._write("jsonl", "".join(f"{one}\n" for one in json_rows(rows)))
        self.call_later(self._tell_written, told)  # its end is not waited for
        self.call_later(self._tell_written, self._write("html", html_report(self.engine, rows, title)))

    def _write(self, ending: str, text: str) -> tuple[str, bool]:
        """Write a file into the folder; return what is to be said of it, and whether it is there."""
        path = Path(self.folder) / f"hubspot-sim-{time.strftime('%Y%m%d-%H%M%S')}.{ending}"
        try:
            if shutil.disk_usage(self.folder).free < len(text) * 2:
                raise OSError(28, "no space left on the disk")
            path.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            return f"{path} cannot be written: {error.strerror}", False
        return f"written: {path.name}", True

    def _tell_written(self, told: tuple[str, bool]) -> None:
        said, good = told
        self.notify(
            said, timeout=4 if good else None, severity="information" if good else "error", markup=False
        )

    def look_at_config(self) -> None:
        """Put a saved configuration in force; of a broken one say what is wrong, and keep the old."""
        if self.config_watch is None or not self.config_watch.changed():
            return
        config, wrong = self.config_watch.read()
        name = self.config_watch.path.name
        if config is None:
            self.header.trouble = f"the old mapping goes on: {wrong}"
            self.header.update()
            return
        self.header.trouble = ""
        future = self.engine.reload(config)
        self._after(future, lambda: self._tell_changes(name, future.result()))

    def _tell_changes(self, name: str, reloaded: Any) -> None:
        self.checks.run()
        if isinstance(self.screen, ChangesScreen):
            self.pop_screen()
        if reloaded.changes or reloaded.again:
            self.push_screen(ChangesScreen(name, reloaded))
        else:
            self.notify(f"{name} was saved; nothing changes", timeout=4, markup=False)

    def _after(self, future: Future[Any], then: Any = None) -> None:
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


def _wrong_filter(text: str) -> str:
    try:
        parse_filter(text)
    except FilterError as error:
        return str(error)
    return ""
