"""Files that a command writes: never one that it reads, and never one file for two outputs."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from hubspot_dest.cli.console import stop
from hubspot_dest.report.safe_text import safe_text

__all__ = ["FileCommand", "OutputFile", "refuse_database"]

_SQLITE: Final = b"SQLite format 3\x00"


class OutputFile(click.Path):
    """The type of an option that names a file to write; its command is a `FileCommand`.

    Args:
        allow_dash: whether `-` means a standard stream.

    """

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=False, allow_dash=allow_dash)


class FileCommand(click.Command):
    """A command that reads and writes files, and does not start where an output would replace another file of it."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit with code 2 before anything is written where two of its files are one."""
        _refuse_shared_files(self.params, ctx.params)
        return super().invoke(ctx)


def _refuse_shared_files(parameters: list[click.Parameter], values: dict[str, Any]) -> None:
    taken = [
        (_label(parameter), path, False)
        for parameter in parameters
        if isinstance(parameter.type, click.Path) and not isinstance(parameter.type, OutputFile)
        for path in _paths(values.get(parameter.name or ""))
    ]
    for parameter in parameters:
        if not isinstance(parameter.type, OutputFile):
            continue
        for path in _paths(values.get(parameter.name or "")):
            if path == "-":
                continue
            for label, other, is_output in taken:
                if _is_same(path, other):
                    verb = "also writes" if is_output else "reads"
                    stop(
                        f"{_label(parameter)} {safe_text(path)} is the file that {label} {verb}; nothing was written",
                        f"{_label(parameter)} with another name",
                    )
            refuse_database(_label(parameter), path)
            taken.append((_label(parameter), path, True))


def refuse_database(option: str, path: str | Path) -> None:
    """End the command with exit code 2 where an output is an SQLite file, such as an outbox with accepted events."""
    try:
        if not Path(path).is_file():
            return
        with Path(path).open("rb") as stream:
            is_database = stream.read(len(_SQLITE)) == _SQLITE
    except (OSError, ValueError):
        return  # its writer reports that
    if is_database:
        stop(
            f"{option} {safe_text(path)} is an SQLite file, such as an outbox; nothing was written to it",
            f"{option} with another name",
        )


def _label(parameter: click.Parameter) -> str:
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return (parameter.name or "").upper()


def _paths(value: Any) -> Iterator[str]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, (str, Path)) and str(value):
        yield str(value)


def _is_same(output: str, other: str) -> bool:
    """Tell whether two names mean one file. Devices and pipes are not files: nothing in them is replaced."""
    written, known = _status(output), _status(other)
    if written is not None and known is not None:
        return stat.S_ISREG(written.st_mode) and os.path.samestat(written, known)
    return written is known and other != "-" and os.path.realpath(output) == os.path.realpath(other)


def _status(name: str) -> os.stat_result | None:
    try:
        return os.fstat(sys.stdin.fileno()) if name == "-" else Path(name).stat()
    except (OSError, ValueError):
        return None
