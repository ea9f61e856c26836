"""Every use of a Textual internal, each with its reason. `pyproject.toml` bounds Textual for their sake.

* `LinuxDriver._file`, `LinuxDriver._writer_thread._queue`: the driver has no public way to learn that the terminal is
  gone, or slower than what is drawn. Once a write fails, Textual's writing thread is dead; thirty frames later the app
  blocks without end on that thread's full queue, ignores signals, and the last flush never happens. On a slow line
  thirty frames of output wait in the queue, and a key is answered after all of them.
* `App._driver`: the app has no public way to reach its driver.
* `CommandPalette._action_command_list`: up to 8.2 a page key raises KeyError while the list is empty or not laid out.
* `Widget._scroll_update`: setting `virtual_size` in the public way lays out the whole screen again, ten times a second.
"""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any

from textual.command import CommandPalette
from textual.geometry import Size
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

__all__ = ["GuardedCommandPalette", "is_behind", "set_virtual_size", "surviving_driver", "terminal_is_gone"]

_WRITES_PER_FRAME = 3  # begin, cells, end


class GuardedCommandPalette(CommandPalette):
    """Textual's command palette; a page key on an empty list does nothing instead of ending the app."""

    def _action_command_list(self, action: str) -> None:
        try:
            super()._action_command_list(action)
        except KeyError:
            return


def set_virtual_size(widget: Widget, size: Size) -> None:
    """Set how large a scrolling widget's content is, and update only its scroll position."""
    widget.set_reactive(Widget.virtual_size, size)
    widget._scroll_update(size)  # noqa: SLF001 - see the module's docstring


def terminal_is_gone(app: App[Any]) -> bool:
    """Tell whether the app's terminal has been closed."""
    return bool(getattr(app._driver, "terminal_is_gone", False))  # noqa: SLF001 - see the module's docstring


def is_behind(app: App[Any]) -> bool:
    """Tell whether the app's terminal is behind: it has not taken the last frame yet."""
    return bool(getattr(app._driver, "is_behind", False))  # noqa: SLF001 - see the module's docstring


class _Outlet:
    """A file that is written to until a write fails; later writes do nothing.

    Args:
        file: the terminal.

    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.gone = False

    def write(self, text: str) -> None:
        """Write text."""
        if not self.gone:
            try:
                self._file.write(text)
            except (OSError, ValueError):
                self.gone = True

    def flush(self) -> None:
        """Flush."""
        if not self.gone:
            try:
                self._file.flush()
            except (OSError, ValueError):
                self.gone = True

    def fileno(self) -> int:
        """Return the terminal's file descriptor."""
        return self._file.fileno()


def surviving_driver(chosen: type[Driver]) -> type[Driver]:
    """Return a Linux driver that survives the loss of its terminal; any other driver class unchanged.

    Instances have `terminal_is_gone` and `is_behind`.
    """
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:
        return chosen  # Windows has another driver
    if chosen is not LinuxDriver:
        return chosen

    class SurvivingDriver(LinuxDriver):
        """Textual's driver, writing through an outlet that never fails."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._outlet = _Outlet(self._file)
            self._file: Any = self._outlet

        @property
        def terminal_is_gone(self) -> bool:
            """Whether the terminal was closed; one that hung up is not a terminal any more."""
            return self._outlet.gone or not os.isatty(self.fileno)

        @property
        def is_behind(self) -> bool:
            """Whether the terminal has not yet taken the last frame."""
            writer = self._writer_thread
            return writer is not None and writer._queue.qsize() >= _WRITES_PER_FRAME  # noqa: SLF001 - see above

    return SurvivingDriver
