"""Check that the terminal can show the app."""

from __future__ import annotations

import os
import sys

from hubspot_dest.cli.console import stop
from hubspot_dest.report.safe_text import safe_text
from simulator.commands.source_options import keyboard_from_terminal

__all__ = ["need_terminal"]

_SIGNS = "⬢▐▌✔◔◆○▽✘≠━│…"
_STILL = ("dumb", "unknown")
_HEADLESS = "hubspot-sim run does the same without a screen"


def need_terminal(source: str | None) -> None:
    """Exit with code 2 and a hint if the terminal cannot show the app.

    Args:
        source: the value of `--from`; with `-`, keys are read from the terminal.

    """
    drawn_elsewhere = bool(os.environ.get("TEXTUAL_DRIVER"))  # a page of --web, or a test
    if source == "-" and not sys.stdin.isatty():
        keyboard_from_terminal()
    elif not sys.stdin.isatty() and not drawn_elsewhere:
        stop("the terminal app needs a terminal", _HEADLESS)
    if drawn_elsewhere:
        return
    if not sys.stderr.isatty():
        # Textual draws on standard error, which leaves standard output free for a pipe.
        stop("standard error is not a terminal, and that is where the screen is drawn", "leave out the 2>")
    kind = os.environ.get("TERM", "")
    if kind in _STILL:
        stop(f"a terminal that moves no cursor (TERM={kind}) cannot show the app", _HEADLESS)
    encoding = getattr(sys.__stderr__, "encoding", None) or "ascii"
    try:
        _SIGNS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        stop(
            f"a terminal that takes {safe_text(encoding)} cannot show the app's signs",
            "a terminal for UTF-8, and LC_ALL=C.UTF-8; or hubspot-sim run, without a screen",
        )
