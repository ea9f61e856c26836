"""The configuration file while the app is open: what a save changes, and what is wrong with it."""

from __future__ import annotations

from hubspot_dest.amounts import amount
from simulator.engine.dry_run import Reloaded
from simulator.engine.engine import Engine
from simulator.tui.config_watch import ConfigWatch
from simulator.tui.shell import Shell
from simulator.tui.views.checks import ChecksView
from simulator.tui.widgets.changes_screen import ChangesScreen, WarningsScreen
from simulator.tui.widgets.header import Header
from simulator.tui.widgets.modals import Question

__all__ = ["ConfigActions"]


class ConfigActions:
    """Watches the file, and switches to it when it is saved.

    Args:
        engine: runs the configuration.
        shell: the app.
        header: shows what is wrong with the file.
        checks: runs the file's own examples.
        watch: the file; None for the configuration that ships.

    """

    def __init__(
        self, engine: Engine, shell: Shell, header: Header, checks: ChecksView, watch: ConfigWatch | None
    ) -> None:
        self._engine = engine
        self._shell = shell
        self._header = header
        self._checks = checks
        self._watch = watch
        self._broken = ""
        self._last: tuple[Reloaded | None, tuple[str, ...]] | None = None

    def look(self) -> None:
        """Switch to a saved file; keep the old configuration if the file is broken or gone."""
        watch = self._watch
        if watch is None:
            return
        name = watch.path.name
        if watch.changed():
            config, problem = watch.read()
            self._broken = f"the old mapping stays active: {problem}" if config is None else ""
            if config is None:
                self._last = None, watch.problems
            else:
                self._header.warnings = watch.warnings
                future = self._engine.reload(config)
                self._shell.when_done(future, lambda: self._report(name, future.result()))
        trouble = f"{name} is gone; the old mapping stays active" if watch.gone else self._broken
        if trouble != self._header.trouble:
            self._header.trouble, self._header.explained = trouble, bool(trouble) and not watch.gone
            self._header.update()

    def _report(self, name: str, reloaded: Reloaded) -> None:
        self._checks.run(saved=True)
        self._last = reloaded, ()
        changed = len(reloaded.changes)
        if not (changed or reloaded.again or reloaded.settings or reloaded.stranded):
            self._shell.say(f"{name} was saved; no event changes", 4)
        elif isinstance(self._shell.panel, Question):
            # Do not interrupt typing.
            self._shell.say(f"{name} was saved; d shows what changes ({amount(changed, 'event')})", 6)
        else:
            self.show_changes()

    def show_warnings(self) -> None:
        """Show the warnings of the current configuration."""
        if self._header.warnings:
            self._shell.show_panel(WarningsScreen(self._header.warnings))
        else:
            self._shell.say("the configuration has no warnings", 2)

    def show_changes(self) -> None:
        """Show what the last save changed, or what is wrong with it."""
        if self._watch is None:
            self._shell.say("this configuration ships with the program: no file is watched")
        elif self._watch.gone:
            self._shell.say(f"{self._watch.path.name} is gone; it is read once it is back", 4)
        elif self._last is None:
            self._shell.say(f"{self._watch.path.name} has not been saved since the start")
        else:
            self._shell.show_panel(ChangesScreen(self._watch.path.name, *self._last))
