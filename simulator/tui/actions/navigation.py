"""What is shown: a filter, a search, the next failure, and the ways between an event and its rule."""

from __future__ import annotations

from functools import partial

from hubspot_dest.coverage.rule_coverage import NO_RULE_SOUGHT
from simulator.engine.alternatives import failing_rule
from simulator.engine.engine import Engine
from simulator.engine.row_filter import FilterError, complete, parse_filter
from simulator.engine.rows import Row
from simulator.tui.shell import Shell
from simulator.tui.views.live import LiveView
from simulator.tui.views.mapping import MappingView
from simulator.tui.views.view import View
from simulator.tui.widgets.header import Header
from simulator.tui.widgets.modals import Question

__all__ = ["Navigation"]


class Navigation:
    """Changes what is shown, and nothing else.

    Args:
        engine: has the events.
        shell: the app.
        header: names the filter.
        live: the view with the stream.
        mapping: the view with the rules.

    """

    def __init__(
        self, engine: Engine, shell: Shell, header: Header, live: LiveView, mapping: MappingView
    ) -> None:
        self._engine = engine
        self._shell = shell
        self._header = header
        self._live = live
        self._mapping = mapping

    def selected(self, *, batches: bool = False) -> Row | None:
        """Return the selected event, or None after a message on how to select one.

        Args:
            batches: the row of a batch will do, and so will a row that the filter hides.

        """
        stream = self._live.stream
        row = stream.row
        if self._shell.view is not self._live:
            self._shell.say("this key needs an event of the Live view: press 1, and select one")
            return None
        if row is None or (row.is_batch and not batches):
            self._shell.say("select an event first" if row is None else "this is a batch, not an event", 2)
            return None
        if stream.filter is not None and not batches and not stream.filter(row):
            self._shell.say("the selected event no longer matches the filter; select another one")
            return None
        return row

    def toggle_follow(self) -> None:
        """Follow the newest event, or stop following."""
        stream = self._live.stream
        stream.follow = not stream.follow
        stream.sync()
        if stream.follow:
            stream.action_edge(1)
        self._header.update()

    def show_events_of(self, filter_text: str) -> None:
        """Show the events of a rule, or of a name that no rule matched."""
        if not filter_text:
            self._shell.say("this concerns every event; select a rule, or one of its properties")
            return
        self.filter_stream(filter_text)
        self._shell.open_view("live")

    def go_to_rule(self) -> None:
        """Go to the rule of the selected event, or to the rule at which the mapping failed."""
        row = self.selected()
        if row is None:
            return
        rule = row.rule
        if row.reason == "mapping_error":
            config, now_ms = self._engine.configs[row.generation], int(row.at * 1000)
            rule = failing_rule(
                config, row.seen_event(), now_ms, parity=self._engine.parity, walkeros=self._engine.walkeros
            )
        if not rule and row.reason in NO_RULE_SOUGHT:
            self._shell.say(f"no rule was looked up: {row.why[:80]}")
            return
        self._shell.open_view("mapping")
        if not (self._mapping.bring_rule(rule) if rule else self._mapping.bring_unmatched(row.name)):
            gone = f"the rule {rule}" if rule else f"an event {row.name[:40]} without a rule"
            self._shell.say(f"the mapping does not contain {gone} any more")
        self._header.filter_text = self._shell.view.search
        self._header.update()

    def go_to_failure(self, by: int) -> None:
        """Go to the next or previous failure; after the last one comes the first."""
        self._shell.open_view("live")
        stream = self._live.stream
        if stream.jump(_failed, by):
            return
        if stream.jump(_failed, by, around=True):
            self._shell.say(
                "continued at the first failure" if by > 0 else "continued at the last failure", 2
            )
        else:
            self._shell.say("no event failed among the rows that are kept", 2)

    def ask_filter(self) -> None:
        """Ask for a filter of the stream, or for a search text in another view."""
        view = self._shell.view
        if view is self._live:
            hint = "outcome:failed person:ada*   event:order or status:4xx   not word"
            question = Question("filter the stream", view.search, hint, _filter_error, complete=complete)
        elif view.searched:
            question = Question("search", view.search, view.searched, lambda _: "")
        else:
            self._shell.say("this view has no search", 2)
            return
        self._shell.ask(question, partial(self._search, view))

    def search_for(self, text: str) -> None:
        """Filter the stream, or search in the visible view."""
        self._search(self._shell.view, text)

    def _search(self, view: View, text: str | None) -> None:
        # The view that was asked about: another one may have been opened meanwhile.
        if text is None:
            return
        if view is self._live:
            self.filter_stream(text)
            return
        view.search = text.strip()
        self._update()

    def filter_stream(self, text: str) -> None:
        """Show only the rows of the stream that match a filter, whichever view is visible."""
        self._live.search = text.strip()
        self._live.stream.set_filter(parse_filter(text))
        self._update()

    def clear(self) -> None:
        """Clear the filter or the search."""
        if self._shell.view.search:
            self.search_for("")

    def _update(self) -> None:
        self._header.filter_text = self._shell.view.search
        self._shell.redraw()


def _filter_error(text: str) -> str:
    try:
        parse_filter(text)
    except FilterError as error:
        return str(error)
    return ""


def _failed(row: Row) -> bool:
    return row.kind == "failed" or row.retrying or row.refusal is not None
