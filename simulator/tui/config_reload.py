"""The configuration file while the app is open: what a save changes, what is wrong with it, that it is gone."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from textual.app import App

from simulator.tui.changes import ChangesScreen
from simulator.tui.widgets.modals import Question

if TYPE_CHECKING:
    from simulator.engine.dry_run import Reloaded
    from simulator.engine.engine import Engine
    from simulator.tui.config_watch import ConfigWatch
    from simulator.tui.views.checks import ChecksView
    from simulator.tui.widgets.header import Header

__all__ = ["Reloading"]


class Reloading(App[None]):
    """Looks at the file, and tells what became of it."""

    engine: Engine
    header: Header
    checks: ChecksView
    config_watch: ConfigWatch | None
    _broken = ""
    _last: tuple[Reloaded | None, tuple[str, ...]] | None = None

    def after(self, future: Future[Any], then: Callable[[], object] | None = None) -> None:
        """Do something when the engine has done something, and say what went wrong."""
        raise NotImplementedError

    def look_at_config(self) -> None:
        """Put a saved configuration in force; of a broken one say what is wrong, and keep the old."""
        watch = self.config_watch
        if watch is None:
            return
        saved, name = watch.changed(), watch.path.name
        if saved:
            config, wrong = watch.read()
            self._broken = f"the old mapping goes on: {wrong}" if config is None else ""
            if config is None:
                self._last = None, watch.wrong
            else:
                future = self.engine.reload(config)
                self.after(future, lambda: self._tell_changes(name, future.result()))
        trouble = f"{name} is gone; the old mapping goes on" if watch.gone else self._broken
        if trouble != self.header.trouble:
            self.header.trouble, self.header.explained = trouble, bool(trouble) and not watch.gone
            self.header.update()

    def _tell_changes(self, name: str, reloaded: Reloaded) -> None:
        self.checks.run(saved=True)
        self._last = reloaded, ()
        changed = len(reloaded.changes)
        if not (changed or reloaded.again or reloaded.settings or reloaded.stranded):
            self.notify(f"{name} was saved; nothing changes", timeout=4, markup=False)
        elif isinstance(self.screen, Question):
            # Whoever is typing is not to be interrupted.
            self.notify(f"{name} was saved; d shows what changes ({changed} events)", timeout=6, markup=False)
        else:
            if isinstance(self.screen, ChangesScreen):
                self.pop_screen()
            self.action_changes()

    def action_changes(self) -> None:
        """Show what the last save changed, or what is wrong with it."""
        if self.config_watch is None:
            self.notify("this is the story that ships: there is no file to save", timeout=3)
        elif self.config_watch.gone:
            name = self.config_watch.path.name
            self.notify(f"{name} is gone; when it is there again, it is read", timeout=4, markup=False)
        elif self._last is None:
            self.notify(
                f"{self.config_watch.path.name} was not saved since the start", timeout=3, markup=False
            )
        else:
            self.push_screen(ChangesScreen(self.config_watch.path.name, *self._last))
