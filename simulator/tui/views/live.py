"""Live: the stream, the details of one event, the counters."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container

from simulator.engine.engine import Engine
from simulator.tui.views.view import View
from simulator.tui.widgets.cards import (
    Card,
    Pulse,
    batch_card,
    compact_lines,
    hubspot_card,
    outcome_card,
    speed_card,
)
from simulator.tui.widgets.lines import LineList, LineView, TextLine, line
from simulator.tui.widgets.row_detail import detail_lines
from simulator.tui.widgets.stream import Stream

__all__ = ["LiveView"]

_READABLE = 10  # events a second whose details can be shown one after the other


class LiveView(View):
    """The stream and everything about it."""

    def __init__(self, engine: Engine, **options: object) -> None:
        super().__init__(engine, **options)
        self.stream = Stream(engine, id="stream")
        self.detail = LineList(id="detail")
        self.pulse = Pulse()
        self.origin = ""
        """Where events come from, if they are not made up."""
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Lay out the stream, the details, and the counters below them."""
        with Container(id="live-body"):
            yield self.stream
            yield self.detail
        with Container(id="cards"):
            for name, title in (
                ("outcomes", "outcomes"),
                ("speed", "flow"),
                ("batching", "sender"),
                ("account", "HubSpot"),
            ):
                card = Card(id=name)
                card.border_title = title
                yield card
        yield Card(id="tally")

    def main(self) -> LineView:
        """Return the stream."""
        return self.stream

    def tick(self, beat: int) -> None:
        """Take in new rows; the counters twice a second."""
        readable = 0 < self.engine.rate.per_second <= _READABLE
        # A fast stream cannot be read ten times a second.
        if readable or beat % 2 == 0:
            self.stream.sync()
        # A key moves the cursor at once; the details follow with the clock, so that a held key stays smooth.
        if readable or not self.stream.follow or beat % 5 == 0:
            self.show_detail()
        if beat % 5 == 0:
            self.show_cards()

    def show_detail(self, *, top: bool = False) -> None:
        """Show the row under the cursor, if it is another one or has changed."""
        # Without the details pane, an empty stream shows itself why it is empty.
        nothing = () if self.detail.display or self.stream.count() else self._empty()[0].pieces
        if nothing != self.stream.nothing:
            self.stream.nothing = nothing
            self.stream.refresh()
        if not self.detail.display:
            return
        row = self.stream.row
        width = self.detail.room
        seen = (
            row and row.number,
            row and row.kind,
            row and row.runs,
            row and row.failed_attempts,
            row and row.next_try and round(row.next_try - self.engine.hubspot.clock()),
            row and len(row.exchanges),
            row and row.status,
            row and row.pinned,
            row and self.engine.consents.get(row.person),
            width,
            self.app.theme,
            None if row is not None else self._empty(),
        )
        if seen == self._shown:
            return
        other = not self._shown or seen[0] != self._shown[0]
        self._shown = seen
        lines = self._empty() if row is None else detail_lines(self.engine, row, self.palette, width)
        self.detail.show(lines, top=top or other)

    def _empty(self) -> list[TextLine]:
        """Return the text shown without any row: each reason has its own advice."""
        stream, engine = self.stream, self.engine
        if stream.chosen is not None and engine.ring.next > stream.chosen >= 0 and stream.count():
            kept = f"{engine.ring.capacity:,}"
            return [
                line(
                    (f"This row is gone: the last {kept} are kept. ", "dim"),
                    ("f", "*accent"),
                    (" follows.", "dim"),
                )
            ]
        if stream.count():
            return [
                line(
                    ("No row is chosen. ", "dim"),
                    ("↑ ↓", "*accent"),
                    (" choose one, ", "dim"),
                    ("f", "*accent"),
                    (" follows.", "dim"),
                )
            ]
        if stream.filter is not None and engine.ring.next:
            return [line(("No row matches the filter. ", "dim"), ("esc", "*accent"), (" clears it.", "dim"))]
        if engine.exhausted:
            return [line(("The stream has ended without an event.", "dim"))]
        if not engine.paused:
            return [
                line(("Waiting for events", "dim"), (f" from {self.origin}" if self.origin else "", "info"))
            ]
        return [line(("Nothing yet. ", "dim"), ("space", "*accent"), (" starts the stream.", "dim"))]

    def show_cards(self) -> None:
        """Draw the counters."""
        engine, pulse = self.engine, self.pulse
        tally = self.query_one("#tally", Card)
        if tally.display:
            tally.show(compact_lines(engine, pulse, tally.size.width, self.palette))
            return
        sizes = {card.id: card.size for card in self.query(Card)}
        outcomes = sizes["outcomes"]
        self.query_one("#outcomes", Card).show(
            outcome_card(engine, outcomes.width, outcomes.height, self.palette)
        )
        self.query_one("#speed", Card).show(speed_card(engine, pulse, sizes["speed"].width))
        self.query_one("#batching", Card).show(batch_card(engine, sizes["batching"].width))
        self.query_one("#account", Card).show(hubspot_card(engine, sizes["account"].width))
