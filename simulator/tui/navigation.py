"""Where one looks: a filter, a search, the next failure, and the ways between an event and its rule."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.app import App

from simulator.engine.alternatives import stumbled
from simulator.engine.row_filter import FilterError, parse_filter
from simulator.engine.rows import UNSOUGHT, Row
from simulator.tui.views.mapping import MappingView
from simulator.tui.widgets.modals import Question

if TYPE_CHECKING:
    from simulator.engine.engine import Engine
    from simulator.tui.tour_player import TourPlayer
    from simulator.tui.views.live import LiveView
    from simulator.tui.views.view import View
    from simulator.tui.widgets.header import Header

__all__ = ["Navigation"]


class Navigation(App[None]):
    """The actions that show something else, and change nothing."""

    engine: Engine
    header: Header
    live: LiveView
    mapping: MappingView
    speech: TourPlayer

    @property
    def view(self) -> View:
        """The view that is seen."""
        raise NotImplementedError

    def action_view(self, key: str) -> None:
        """Open a view."""
        raise NotImplementedError

    def chosen(self) -> Row | None:
        """Return the event that is chosen on the screen, or say how to choose one."""
        row = self.live.stream.row
        if self.view is not self.live:
            self.notify("that is for an event of the Live view: press 1, and choose one", timeout=3)
            return None
        if row is None or row.is_batch:
            self.notify(
                "choose an event first" if row is None else "this is a batch, not an event", timeout=2
            )
            return None
        if self.live.stream.filter is not None and not self.live.stream.filter(row):
            self.notify("the chosen event does not match the filter any more; choose another", timeout=3)
            return None
        return row

    def action_follow(self) -> None:
        """Follow the newest, or stop following."""
        stream = self.live.stream
        stream.follow = not stream.follow
        stream.sync()
        if stream.follow:
            stream.action_edge(1)
        self.header.update()

    def on_mapping_view_wanted(self, message: MappingView.Wanted) -> None:
        """Show the events of a rule, or of a name that no rule matched."""
        if not message.filter_text:
            self.notify("that is for every event; choose a rule, or one of its properties", timeout=3)
            return
        self.filter_stream(message.filter_text)
        self.action_view("live")

    def action_rule(self) -> None:
        """Go to the rule of the chosen event, or to the one at which the mapping failed on it."""
        row = self.chosen()
        if row is None:
            return
        rule = row.rule
        if row.reason == "mapping_error":
            config, now_ms = self.engine.configs[row.generation], int(row.at * 1000)
            rule = stumbled(
                config, row.seen_event(), now_ms, parity=self.engine.parity, walkeros=self.engine.walkeros
            )
        if not rule and row.reason in UNSOUGHT:
            self.notify(f"no rule was looked for: {row.why[:80]}", timeout=3, markup=False)
            return
        self.action_view("mapping")
        if not (self.mapping.bring_rule(rule) if rule else self.mapping.bring_unmatched(row.name)):
            gone = f"the rule {rule}" if rule else f"an event {row.name[:40]} without a rule"
            self.notify(f"the mapping does not know {gone} any more", timeout=3, markup=False)
        self.header.filter_text = self.view.search
        self.header.update()

    def action_failure(self, by: int) -> None:
        """Go to the next or previous failure; after the last comes the first."""
        self.action_view("live")
        stream = self.live.stream
        if stream.jump(_failed, by):
            return
        if stream.jump(_failed, by, around=True):
            self.notify("from the first failure on" if by > 0 else "from the last failure on", timeout=2)
        else:
            self.notify("nothing failed, as far as the rows go back", timeout=2)

    def action_filter(self) -> None:
        """Ask for a filter of the stream, or a search in another view."""
        view = self.view
        if view is self.live:
            hint = "outcome:failed person:ada*   event:order or status:4xx   not word"
            question = Question("filter the stream", view.search, hint, _wrong_filter)
        elif view.searched:
            question = Question("search", view.search, view.searched, lambda _: "")
        else:
            self.notify("there is nothing to search in this view", timeout=2)
            return
        self.push_screen(question, partial(self._search_in, view))

    def search_for(self, text: str | None) -> None:
        """Filter the stream, or search in the view that is seen; None changes nothing."""
        self._search_in(self.view, text)

    def _search_in(self, view: View, text: str | None) -> None:
        # The view that was asked about: another one may have come while somebody typed.
        if text is None:
            return
        if view is self.live:
            self.filter_stream(text)
            return
        view.search = text.strip()
        self.header.filter_text = self.view.search
        self.view.tick(0)
        self.header.update()

    def filter_stream(self, text: str) -> None:
        """Show only those rows of the stream that a filter takes, whichever view is seen."""
        self.live.search = text.strip()
        self.live.stream.set_filter(parse_filter(text))
        self.header.filter_text = self.view.search
        self.view.tick(0)
        self.header.update()

    def action_clear(self) -> None:
        """Clear the filter; leave the tour."""
        if self.speech.on:
            self.speech.leave()
        elif self.view.search:
            self.search_for("")


def _wrong_filter(text: str) -> str:
    try:
        parse_filter(text)
    except FilterError as error:
        return str(error)
    return ""


def _failed(row: Row) -> bool:
    return row.kind == "failed" or row.refusal is not None
