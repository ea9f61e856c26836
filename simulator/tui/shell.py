"""What an action provider may ask of the app around it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Literal, Protocol

from textual.screen import Screen

from simulator.tui.views.view import View
from simulator.tui.widgets.modals import Panel, Question

__all__ = ["Severity", "Shell"]

Severity = Literal["information", "warning", "error"]


class Shell(Protocol):
    """The app as action providers see it: messages, questions, views, and work on the engine."""

    @property
    def view(self) -> View:
        """The view that is visible."""

    @property
    def panel(self) -> Screen[Any] | None:
        """The dialog over the view, if there is one."""

    def say(self, text: str, seconds: float | None = 3, *, severity: Severity = "information") -> None:
        """Show a short message; markup in it has no effect."""

    def ask(self, question: Question, answer: Callable[[str | None], None]) -> None:
        """Ask for a line of text; the answer is None where the user left."""

    def show_panel(self, panel: Panel) -> None:
        """Show lines over everything; a panel of the same class is replaced."""

    def open_view(self, key: str) -> None:
        """Open a view by its key."""

    def redraw(self) -> None:
        """Draw the visible view and the header again."""

    def when_done(self, future: Future[Any], then: Callable[[], object] | None = None) -> None:
        """Run `then` on the screen's thread when the engine is done; show the error if it failed."""

    def run_in_background(self, work: Callable[[], None]) -> None:
        """Run work in a thread of its own; a newer call of the same kind cancels the older one."""

    def from_thread(self, work: Callable[[], None]) -> None:
        """Run work on the screen's thread, without waiting for it."""

    def copy(self, text: str) -> None:
        """Put text on the clipboard."""

    def screenshot(self) -> str:
        """Return the screen as SVG."""

    def use_theme(self, name: str) -> None:
        """Change the colours."""
