"""A click group that names its commands without loading any of them: `--help` waits for nothing."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import click

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """Loads `<package>.<name>` and takes its `command` when the command is asked for, not before.

    Args:
        package: where the modules of the commands are.
        summaries: name to one line of help.
        before: called before a command is loaded; may end the program.

    """

    def __init__(
        self,
        *args: Any,
        package: str,
        summaries: Mapping[str, str],
        before: Callable[[], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._summaries = dict(sorted(summaries.items()))
        self._before = before

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Load one command."""
        if name not in self._summaries:
            return None
        if self._before is not None:
            self._before()
        command: click.Command = importlib.import_module(f"{self._package}.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the names with their lines."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
