"""`hubspot-sim tui --workers N`: show the group; a key kills a worker, and another takes over."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Static
from textual.worker import get_current_worker

from simulator.workers.group import GroupResult, MemberView, WorkerGroup

__all__ = ["WorkersApp", "group_table", "verdict_text"]

_REFRESH_SECONDS = 0.5
_LOG_LINES = 14
_COLOURS = {"running": "green", "standby": "cyan", "starting": "yellow", "killed": "red", "ended": "red"}


def group_table(members: list[MemberView]) -> Table:
    """Return a table of the workers: state, partitions, counters."""
    table = Table(expand=True, box=None)
    for name in ("worker", "state", "partitions", "fetched", "delivered", "handed back", "lag"):
        table.add_column(name, justify="left" if name in ("worker", "state", "partitions") else "right")
    for member in members:
        table.add_row(
            member.name,
            Text(member.state, style=_COLOURS.get(member.state, "")),
            " ".join(member.partitions) or "-",
            str(member.fetched),
            str(member.delivered),
            str(member.handed_back),
            "-" if member.lag is None else str(member.lag),
        )
    return table


def verdict_text(result: GroupResult) -> Text:
    """Return the comparison of the produced events with HubSpot's contents, as text."""
    text = Text(
        f"{result.produced} produced   {result.expected} for HubSpot   {result.stored} stored   "
        f"{result.missing} still missing   {result.doubled} doubled   {result.disordered} out of order   "
        f"{result.repeated} repeats, which count once"
    )
    if result.doubled or result.disordered:
        text.stylize("bold red")
    elif result.produced and not result.missing:
        text.stylize("bold green")
    return text


class WorkersApp(App[None]):
    """Shows a group of workers.

    Args:
        group: a started group; the caller closes it.

    """

    TITLE = "hubspot-sim: workers"
    BINDINGS: ClassVar[list[BindingType]] = [
        *[
            Binding(str(number), f"toggle_worker({number})", f"kill or start {number}")
            for number in range(1, 5)
        ],
        Binding("q", "quit", "quit"),
    ]
    CSS = "#members { height: auto; margin: 1; } #verdict { height: auto; margin: 1; } #log { margin: 1; }"

    def __init__(self, group: WorkerGroup) -> None:
        super().__init__()
        self._group = group

    def compose(self) -> ComposeResult:
        """Lay out the table, the verdict and the log."""
        yield Static(id="members")
        yield Static(id="verdict")
        yield Static(id="log")
        yield Footer()

    def on_mount(self) -> None:
        """Start the refresh timer."""
        self.set_interval(_REFRESH_SECONDS, self._refresh_group)
        self._refresh_group()

    def _refresh_group(self) -> None:
        self.run_worker(self._fetch, thread=True, exclusive=True, group="refresh")

    def _fetch(self) -> None:
        members, result = self._group.look(), self._group.result()
        lines = list(self._group.log)[-_LOG_LINES:]
        if not get_current_worker().is_cancelled:
            self.call_from_thread(self._draw, members, result, lines)

    def _draw(self, members: list[MemberView], result: GroupResult, lines: list[str]) -> None:
        self.query_one("#members", Static).update(group_table(members))
        self.query_one("#verdict", Static).update(verdict_text(result))
        self.query_one("#log", Static).update(Text("\n".join(lines)))

    def action_toggle_worker(self, number: int) -> None:
        """Kill a running worker, or start one that is not running."""
        if number > self._group.size:
            return
        if self._group.look()[number - 1].state in ("killed", "ended"):
            self._group.restart(number - 1)
        else:
            self._group.kill(number - 1)
        self._refresh_group()
