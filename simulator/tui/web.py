"""The same app in a browser, through textual-serve, on loopback; its children end with it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import sys
from typing import Any

from hubspot_dest.saying import say, stop

__all__ = ["serve"]


def serve(arguments: list[str], port: int) -> None:
    """Serve the terminal app at a port of 127.0.0.1 until Ctrl-C or SIGTERM.

    Every page that is opened gets a process of its own. They are one process group with us, so that none outlives us.

    Args:
        arguments: the command line without `--web`, `tui` first.
        port: where to listen; 0: a free one.

    """
    try:
        from textual_serve.server import Server
    except ImportError:
        stop("--web needs textual-serve, which is missing here", "pip install 'hubspot-dest[simulator]'")
    command = shlex.join([sys.executable, "-m", "simulator", *arguments])
    port = port or _free_port()
    before = _own_group()

    class Ending(Server):  # type: ignore[misc, valid-type, unused-ignore]
        """Ends the pages' programs first: it would wait a minute for pages that nobody closes."""

        def request_exit(self, *args: object) -> None:
            _end_the_others()
            super().request_exit(*args)

    server: Any = Ending(command, host="127.0.0.1", port=port, title="hubspot-sim")
    say(f"open http://127.0.0.1:{port} in a browser; Ctrl-C ends it. Only this machine can reach it.")
    try:
        server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        _end_the_others()
        _give_back(before)
        say("ended, and every page's program with it")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


def _own_group() -> int:
    """Make a process group of our own, so that what is ended at the end is ours; return the group before.

    With a terminal it becomes the group that Ctrl-C is for.
    """
    if not hasattr(os, "setpgrp"):
        return 0  # Windows has no groups
    before = os.getpgrp()
    if before != os.getpid():
        with contextlib.suppress(OSError):
            os.setpgrp()
            _to_the_front(os.getpgrp())
    return before


def _give_back(before: int) -> None:
    if before and before != os.getpgrp():
        _to_the_front(before)


def _to_the_front(group: int) -> None:
    if sys.stdin.isatty():
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.tcsetpgrp(sys.stdin.fileno(), group)


def _end_the_others() -> None:
    """Ask everything in our group to end, but not ourselves."""
    if not hasattr(os, "killpg"):
        return
    former = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.killpg(os.getpgrp(), signal.SIGTERM)
    # The signal to ourselves is ignored when it arrives, which is now.
    signal.signal(signal.SIGTERM, former if former is not None else signal.SIG_DFL)
