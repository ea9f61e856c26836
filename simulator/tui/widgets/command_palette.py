"""The command palette, without a fault of Textual's own."""

from __future__ import annotations

from textual.command import CommandPalette

__all__ = ["Palette"]


class Palette(CommandPalette):
    """Textual's command palette.

    Up to 8.2 a page key ends the whole app while the list of commands has not been laid out yet, or is empty (found by
    a monkey at the keys).
    """

    def _action_command_list(self, action: str) -> None:
        try:
            super()._action_command_list(action)
        except KeyError:
            return  # there is no line yet to go to
