"""Checks: the documented examples, run on demand and after each change, with differences side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from textual.app import ComposeResult

from hubspot_dest.config.loading import ConfigFileError
from simulator.engine.engine import Engine
from simulator.examples.documented import Example, documented_examples
from simulator.examples.flow_examples import FlowExample, hubspot_for
from simulator.examples.runner import CheckedExample, check_example
from simulator.hubspot.fake import FakeHubSpot
from simulator.tui.views.view import View
from simulator.tui.widgets.json_lines import json_lines, short
from simulator.tui.widgets.lines import Choice, LineList, LineView, Piece, TextLine, line
from simulator.tui.widgets.row_detail import wrapped
from simulator.tui.widgets.text_width import fit, harmless

__all__ = ["ChecksView"]

_NO_EXAMPLES = "Your configuration has no step examples; a flow file has them beside a destination's config."

_NO_EXPECTATION = "No expectation: the example has no `out`, so nothing is checked."
_Found = tuple[list[CheckedExample], list[FlowExample]]
"""What was checked, and all examples of the user's own."""


class ChecksView(View):
    """The examples on the left; on the right what the chosen one should do, and what it did.

    Args:
        engine: only for the base.
        own: returns the step examples of the user's flow; raises ConfigFileError.

    """

    searched = "part of an example's name, or of what it shows"

    def __init__(
        self, engine: Engine, *, own: Callable[[], list[FlowExample]] | None = None, **options: object
    ) -> None:
        super().__init__(engine, **options)
        self._own = own
        self.own: list[FlowExample] = []
        self.examples = Choice(id="examples", classes="left")
        self.side = LineList(id="example", classes="right")
        self.checked: dict[str, CheckedExample] = {}
        self.trouble = ""
        self._under_way: Future[_Found] | None = None
        self._saved = self._stale = False

    def compose(self) -> ComposeResult:
        """Lay out the examples and the chosen one."""
        yield self.examples
        yield self.side

    def main(self) -> LineView:
        """Return the examples."""
        return self.examples

    @property
    def running(self) -> bool:
        """Whether the examples are under way."""
        return self._under_way is not None

    def run(self, *, saved: bool = False) -> None:
        """Run all examples against a HubSpot of their own, in a thread.

        Args:
            saved: the configuration was saved: a run under way is outdated, and failures are announced.

        """
        self._saved = self._saved or saved
        if self._under_way is not None:
            self._stale = self._stale or saved
            return
        self.checked, self.trouble = {}, ""
        future: Future[_Found] = Future()
        self._under_way = future
        threading.Thread(target=_check_all, args=(future, self._own), name="checks", daemon=True).start()
        self.tick(0)

    def tick(self, beat: int) -> None:
        """Take in results."""
        future = self._under_way
        if future is not None and future.done():
            self._under_way = None
            if self._stale:
                self._stale = False
                self.run()
                return
            error = future.exception()
            if error is None:
                checked, self.own = future.result()
                self.checked = {_key(checked_example.example): checked_example for checked_example in checked}
            else:
                self.trouble = error.lines[0] if isinstance(error, ConfigFileError) else str(error)
            self._tell_failing()
            beat = 0
        if beat % 5 == 0:
            self.examples.show(self._list(self.examples.room))
            self.show_side()

    def _tell_failing(self) -> None:
        """Report after a save how many of the user's own examples fail, whichever view is open."""
        failing = sum(
            isinstance(checked_example.example, FlowExample) and not checked_example.passes
            for checked_example in self.checked.values()
        )
        if self._saved and failing:
            fails = "step examples fails" if failing == 1 else "step examples fail"
            self.app.notify(
                f"{failing} of {sum(flow_example.expects for flow_example in self.own)} {fails} with it; 2 shows them",
                severity="warning",
                timeout=6,
            )
        self._saved = False

    def on_line_view_moved(self, message: LineView.Moved) -> None:
        """Show another example."""
        if message.view is self.examples:
            self.show_side(top=True)

    def on_line_view_chosen(self, message: LineView.Chosen) -> None:
        """Run them."""
        if message.view is self.examples:
            self.run()

    def _list(self, width: int) -> list[TextLine]:
        every = documented_examples()
        lines = [
            line(
                ("walkerOS' documented examples  " if width >= 56 else "documented  ", "*text"),
                self._passed(every),
            ),
            line(
                ("Enter", "*accent"),
                (
                    " runs them through the official client over HTTP"
                    if width >= 56
                    else " runs them, over HTTP",
                    "dim",
                ),
            ),
            line(""),
        ]
        lines += self._listed(every, width)
        if self.own:
            title = "Your flow's step examples  " if width >= 56 else "your flow's  "
            lines += [line(""), line((title, "*text"), self._passed(self.own)), line("")]
            lines += self._listed(self.own, width)
        elif self._own is not None and self.checked:
            lines += [
                line(""),
                *wrapped(_NO_EXAMPLES, "faint", width),
            ]
        return lines

    def _passed(self, examples: Iterable[Example]) -> Piece:
        """Say how many of some examples pass: walkerOS' and the user's own are counted apart."""
        if self.running:
            return "running …", "info"
        if self.trouble:
            return f"✘ {harmless(self.trouble, 60)}", "bad"
        found = [
            example for example in (self.checked.get(_key(each)) for each in examples) if example is not None
        ]
        if not found:
            return "not run yet", "dim"
        passed = sum(checked_example.passes for checked_example in found)
        return f"{passed} of {len(found)} pass", "good" if passed == len(found) else "bad"

    def _listed(self, examples: Iterable[Example], width: int) -> list[TextLine]:
        lines, wide = [], width >= 56
        for example in examples:
            if not self.finds(example.name, example.shows):
                continue
            checked_example = self.checked.get(_key(example))
            shows = example.shows if _expects(example) else "no expectation: it has no `out`"
            mark, colour = (
                ("·", "faint")
                if checked_example is None
                else ("✔", "good")
                if checked_example.passes
                else ("✘", "bad")
            )
            lines.append(
                line(
                    (f"{mark} ", f"*{colour}"),
                    (fit(example.name, 23 if wide else max(0, width - 2)), "*text"),
                    (fit(shows, max(0, width - 25)) if wide else "", "dim"),
                    key=_key(example),
                )
            )
        return lines

    def show_side(self, *, top: bool = False) -> None:
        """Show the chosen example."""
        every: list[Example] = [*documented_examples(), *self.own]
        example = next(
            (current_example for current_example in every if _key(current_example) == self.examples.key), None
        )
        if example is None:
            return
        width = self.side.room
        checked = self.checked.get(_key(example))
        lines = [line((example.name, "*text"), (f"   {example.key}", "faint"))]
        lines += [*wrapped(example.shows, "dim", width), line("")]
        if checked is not None and checked.passes:
            own = isinstance(example, FlowExample)
            lines.append(line((f"✔ exactly as {'the example says' if own else 'documented'}", "*good")))
        elif checked is not None:
            many = len(checked.distinct_differences)
            lines.append(line((f"✘ {many} difference{'s' * (many > 1)}", "*bad")))
            half = max(12, (width - 4) // 2)
            lines.append(line((fit(f" {_wanted(example)}", half) + "│", "dim"), (" happened", "dim")))
            for difference in checked.distinct_differences[:30]:
                lines.append(line((harmless(difference.path, 100), "info")))
                lines.append(
                    line(
                        (fit(f" {short(difference.expected, 200)}", half), "good"),
                        ("│", "faint"),
                        (fit(f" {short(difference.actual, 200)}", half), "bad"),
                    )
                )
        if _expects(example):
            lines += [line(""), *_side_by_side(example, checked, width)]
        else:
            lines += wrapped(_NO_EXPECTATION, "warn", width)
        lines += [line(""), line(("── the event ", "accent")), *json_lines(example.event)]
        self.side.show(lines, top=top)


def _side_by_side(example: Any, checked: CheckedExample | None, width: int) -> list[TextLine]:
    lines = [line((f"── {_wanted(example)} calls ", "accent"))]
    for call in example.expect.calls:
        texts = " ".join(item for item in call[1:] if isinstance(item, str))
        lines.append(line((f" {call[0]} ", "*text"), (harmless(texts, 100), "dim")))
        for body in [item for item in call[1:] if isinstance(item, dict)]:
            lines += json_lines(body, indent=3)
    if not example.expect.calls:
        lines.append(line((" none", "dim")))
    if example.expect.outcome:
        lines.append(line((" outcome ", "dim"), (example.expect.outcome, "text")))
    if checked is not None:
        lines += [line(""), line(("── what arrived at HubSpot ", "accent"))]
        for arrival in checked.run.arrivals:
            good = arrival.status < 300
            lines.append(
                line(
                    (f" {'✔' if good else '✘'} {arrival.status} ", "good" if good else "bad"),
                    (fit(f"{arrival.method} {arrival.target}", max(0, width - 8)), "info"),
                )
            )
            lines += json_lines(arrival.body, indent=3)
        if not checked.run.arrivals:
            lines.append(line((" nothing, as it should be", "dim")))
    return lines


def _wanted(example: Example) -> str:
    """Name the side of what should be: only walkerOS' own examples are documented."""
    return "expected" if isinstance(example, FlowExample) else "documented"


def _expects(example: Example) -> bool:
    return not isinstance(example, FlowExample) or example.expects


def _key(example: Example) -> str:
    """Return a key that no documented example shares with one of the user's own."""
    return f"own {example.key}" if isinstance(example, FlowExample) else example.key


def _check_all(future: Future[_Found], load: Callable[[], list[FlowExample]] | None) -> None:
    try:
        own = load() if load is not None else []
        with FakeHubSpot() as hubspot:
            checked = [check_example(hubspot, example) for example in documented_examples()]
        with hubspot_for(own) as hubspot:
            checked += [check_example(hubspot, example) for example in own if example.expects]
        future.set_result((checked, own))
    except BaseException as error:
        future.set_exception(error)
