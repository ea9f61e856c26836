"""Sources of events by name: a regular file, or something that can be read once.

Standard input, pipes, sockets and devices yield their bytes once. Such a source is opened once and read once; nothing
can be resumed on it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
from pathlib import Path
from typing import IO, Final

__all__ = ["STANDARD_INPUT", "beside", "canonical", "open_source", "reads_once", "source_name"]

STANDARD_INPUT: Final = "-"
_DESCRIPTOR: Final = re.compile(r"/dev/stdin|(?:/dev/fd|/proc/(?:self|thread-self)/fd)/(\d{1,9})")
_SYSTEM_FOLDERS: Final = ("/dev/", "/proc/")


def canonical(source: str) -> str:
    """Return `-` for every name of standard input, and any other source unchanged."""
    return STANDARD_INPUT if _descriptor(source) == 0 else source


def reads_once(source: str) -> bool:
    """Tell whether a source can be read only once: everything but a regular file under a name of its own.

    A source that does not exist counts as a file; opening it raises the error.
    """
    if source == STANDARD_INPUT or _descriptor(source) is not None:
        return True
    try:
        mode = Path(source).stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def open_source(source: str) -> IO[bytes]:
    """Open a source for reading.

    A descriptor (`-`, `/dev/stdin`, `/dev/fd/63`) is used as it is: opening its name fails for sockets, and begins
    anew for files.

    Raises:
        OSError: it cannot be opened.

    """
    descriptor = _descriptor(source)
    if source == STANDARD_INPUT or descriptor == 0:
        # As the program knows it: the terminal application moves standard input to another descriptor.
        descriptor = sys.stdin.fileno()
    if descriptor is None:
        try:
            return Path(source).open("rb")
        except ValueError as error:  # a NUL character
            raise OSError(errno.EINVAL, str(error)) from None
    copy = os.dup(descriptor)
    with contextlib.suppress(OSError):
        # In non-blocking mode, a pause of the writer would look like the end.
        os.set_blocking(copy, True)
    return os.fdopen(copy, "rb")


def source_name(source: str) -> str:
    """Return the name of a source in messages."""
    return "standard input" if canonical(source) == STANDARD_INPUT else source


def beside(source: str, ending: str, stem: str) -> Path:
    """Return the path of a file that belongs to a source: next to it, or in the current folder.

    Args:
        source: a path, or `-`.
        ending: follows the source's path.
        stem: replaces the path of a source in a folder of the system, such as `/dev/fd/63`.

    """
    if source == STANDARD_INPUT or source.startswith(_SYSTEM_FOLDERS):
        return Path(f"{stem}{ending}")
    return Path(f"{source}{ending}")


def _descriptor(source: str) -> int | None:
    found = _DESCRIPTOR.fullmatch(source)
    return None if found is None else int(found[1] or 0)
