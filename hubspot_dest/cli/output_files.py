"""Check the files that a command writes: none may be one that it reads or writes otherwise."""

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
        allow_dash: whether `-` stands for a standard stream.

    """

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(path_type=Path, dir_okay=False, allow_dash=allow_dash)


class FileCommand(click.Command):
    """A command that does not start if an output file is also one of its other files."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit with code 2, before anything is written, if an output is also another file."""
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
                        f"choose another name for {_label(parameter)}",
                    )
            refuse_database(_label(parameter), path)
            taken.append((_label(parameter), path, True))


def refuse_database(option: str, path: str | Path) -> None:
    """Exit with code 2 if an output is an SQLite file, such as an outbox with accepted events."""
    try:
        if not Path(path).is_file():
            return
        with Path(path).open("rb") as stream:
            is_database = stream.read(len(_SQLITE)) == _SQLITE
    except (OSError, ValueError):
        return  # reported when the file is written
    if is_database:
        stop(
            f"{option} {safe_text(path)} is an SQLite file, such as an outbox; nothing was written to it",
            f"choose another name for {option}",
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
    """Return whether two names refer to the same regular file; writing to a device or pipe replaces nothing."""
    written, known = _status(output), _status(other)
    if written is not None and known is not None:
        return stat.S_ISREG(written.st_mode) and os.path.samestat(written, known)
    return written is known and other != "-" and os.path.realpath(output) == os.path.realpath(other)


def _status(name: str) -> os.stat_result | None:
    try:
        return os.fstat(sys.stdin.fileno()) if name == "-" else Path(name).stat()
    except (OSError, ValueError):
        return None
