"""The same app in a browser, through textual-serve, on loopback; its children end with it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

from hubspot_dest.saying import say, stop

__all__ = ["serve"]


def serve(arguments: list[str], port: int) -> None:
    """Serve the terminal app at a port of 127.0.0.1 until Ctrl-C or SIGTERM.

    Every page that is opened gets a process of its own. They are one process group with us, so that none outlives us.

    Args:
        arguments: the command line without `--web`, `tui` first.
        port: where to listen.

    """
    try:
        from textual_serve.server import Server
    except ImportError:
        stop("--web needs textual-serve, which is missing here", "pip install 'hubspot-dest[simulator]'")
    command = shlex.join([sys.executable, "-m", "simulator", *arguments])
    # A group of our own: what is ended at the end is ours, and nobody else's.
    with contextlib.suppress(OSError):
        os.setpgrp()
    page = Path(__file__).with_name("page")
    server: Any = Server(command, host="127.0.0.1", port=port, title="hubspot-sim", templates_path=page)
    say(f"open http://127.0.0.1:{port} in a browser; Ctrl-C ends it. Only this machine can reach it.")

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        server.serve()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with contextlib.suppress(OSError):
            os.killpg(os.getpgrp(), signal.SIGTERM)
        say("ended, and every page's program with it")
