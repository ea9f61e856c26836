"""The start of both programs. It imports next to nothing, so that Ctrl-C can end it before the rest is loaded."""

from __future__ import annotations

import importlib
import signal

__all__ = ["start"]


def start(module: str) -> None:
    """Import a module, and call its `main`.

    Ctrl-C meanwhile ends the process as the system does, and not with a traceback of whatever is being imported. Where
    Ctrl-C is ignored, as for a command in the background of a shell, it stays ignored.

    Args:
        module: its full name.

    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    main = importlib.import_module(module).main
    if handler is signal.default_int_handler:
        signal.signal(signal.SIGINT, handler)
    main()
