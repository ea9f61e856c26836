"""A click group that lists its commands without importing them, so that `--help` is fast."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Collection, Mapping
from typing import Any

import click

from hubspot_dest.report.safe_text import safe_text

__all__ = ["LazyGroup"]


class LazyGroup(click.Group):
    """A group that imports `<package>.<name>` for its `command` only when that command runs.

    Args:
        package: the package that contains a module per command.
        summaries: command name to one line of help.
        before: called before a command is loaded; may end the program.
        elsewhere: the name of the other program and its commands, for a hint when one of them is typed here.

    """

    def __init__(
        self,
        *args: Any,
        package: str,
        summaries: Mapping[str, str],
        before: Callable[[], None] | None = None,
        elsewhere: tuple[str, Collection[str]] = ("", ()),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._summaries = dict(sorted(summaries.items()))
        self._before = before
        self._elsewhere = elsewhere

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of the commands."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; None if the name is unknown."""
        if name not in self._summaries:
            return None
        if self._before is not None:
            self._before()
        command: click.Command = importlib.import_module(f"{self._package}.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or raise a usage error that suggests similar names."""
        name = args[0]
        if name in self._summaries or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        program, others = self._elsewhere
        if name in others:
            hint = f" It is a command of {program}: {program} {name}"
        else:
            close = difflib.get_close_matches(name.lower(), self._summaries, n=3, cutoff=0.5)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise click.UsageError(f"No such command {safe_text(name, limit=60)!r}.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the names of the commands and their summaries."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))
