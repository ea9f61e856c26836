"""Which files of the package a piece of work enters, as a profiler sees it: every function call, no import.

`python -m tests.newcomers_walk FILE COMMAND …` runs `hubspot-dest COMMAND …` and writes the walk to FILE as JSON.
"""

from __future__ import annotations

import inspect
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import hubspot_dest

PACKAGE = str(Path(hubspot_dest.__file__).parent)


class Walk:
    """The files entered so far.

    Attributes:
        files: their paths in the package.
        up_to_socket: those entered before the first bytes were written to a socket; None if none were.
        calls: from which room to which other room a function was called, and its name.

    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.up_to_socket: set[str] | None = None
        self.calls: set[tuple[str, str, str]] = set()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call":
            if self.up_to_socket is None and getattr(argument, "__name__", "") in ("send", "sendall"):
                self.up_to_socket = set(self.files)
            return
        code = frame.f_code
        if (
            event == "call"
            and code.co_flags & inspect.CO_OPTIMIZED  # bodies of modules and classes run at import
            and code.co_filename.startswith(PACKAGE)
            and not _importing(frame)
        ):
            self.files.add(code.co_filename[len(PACKAGE) + 1 :])
            caller = frame.f_back.f_code.co_filename if frame.f_back is not None else ""
            if caller.startswith(PACKAGE) and _room(caller) != _room(code.co_filename):
                self.calls.add((_room(caller), _room(code.co_filename), code.co_qualname))


def _room(path: str) -> str:
    return path[len(PACKAGE) + 1 :].partition("/")[0].removesuffix(".py")


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False


@contextmanager
def walking() -> Iterator[Walk]:
    """Note the files that are entered by this thread, and by threads that start meanwhile."""
    walk = Walk()
    threading.setprofile(walk)
    sys.setprofile(walk)
    try:
        yield walk
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


if __name__ == "__main__":
    from hubspot_dest.cli.main import main

    target = Path(sys.argv[1])
    sys.argv = ["hubspot-dest", *sys.argv[2:]]
    with walking() as whole:
        try:
            main()
        finally:
            target.write_text(json.dumps({"files": sorted(whole.files), "calls": sorted(whole.calls)}))
