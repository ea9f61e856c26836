"""How the app ends: by a key, a signal, or the end of its connection; and what is reported about the queue."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hubspot_dest.amounts import amount, verb
from hubspot_dest.cli.console import say
from hubspot_dest.cli.exit_codes import ExitCode
from hubspot_dest.report.safe_text import safe_text
from simulator.engine.reconciliation import Closing

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["LAST_WORDS", "Ended", "run_app", "tell"]

LAST_WORDS = "hubspot-sim-last-words.txt"
"""The file that reports the state of the queue when there is no terminal any more."""
_ENDS = ("SIGTERM", "SIGHUP")


@dataclass(slots=True)
class Ended:
    """How the app ended.

    Attributes:
        code: for the shell.
        lost: the terminal is gone; nothing can be written to it.

    """

    code: ExitCode = ExitCode.OK
    lost: bool = False


def run_app(app: App[None]) -> Ended:
    """Run the app until it ends; Ctrl-C, SIGTERM and a lost connection end it in good order."""
    ended = Ended()

    def end(name: str) -> None:
        ended.code = ExitCode.INTERRUPTED if name == "SIGINT" else ExitCode.TERMINATED
        ended.lost = ended.lost or name == "SIGHUP"
        app.exit()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", *_ENDS):
            # Windows has neither the one nor the other.
            with contextlib.suppress(NotImplementedError, AttributeError):
                loop.add_signal_handler(getattr(signal, name), end, name)
        await app.run_async()

    # The sender's thread works in bursts; by default the screen would wait 5 ms for each turn of its loop meanwhile.
    sys.setswitchinterval(0.0005)
    # A collection over a hundred thousand rows finds no cycles and stops the screen: collect rarely.
    gc.freeze()
    gc.set_threshold(10_000, 20, 30)
    try:
        asyncio.run(main())
    except OSError:
        # What cannot be written to is gone.
        ended.code, ended.lost = ExitCode.TERMINATED, True
    if getattr(app, "lost_terminal", False):
        ended.code, ended.lost = ExitCode.TERMINATED, True
    if app.return_code and ended.code is ExitCode.OK:
        ended.code = ExitCode.CHECK_FAILED  # it broke; Textual has shown where
    # A second signal must not cut the last flush short.
    for name in _ENDS:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    return ended


def tell(closing: Closing, ended: Ended, folder: Path) -> None:
    """Report the state of the queue: on the terminal, or if that is gone, in a file in this folder."""
    lines = list(_words(closing))
    try:
        if not ended.lost:
            for line in lines:
                say(line)
            return
    except OSError:
        ended.lost = True
    if lines:
        try:
            (folder / LAST_WORDS).write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError:
            return  # neither a terminal nor a file: there is no way left to report it


def _words(closing: Closing) -> Iterator[str]:
    if closing.sentence:
        yield closing.sentence
    if closing.flushed:
        yield f"{amount(closing.flushed, 'queued event')} {verb(closing.flushed, 'were')} flushed"
    if closing.left:
        why = safe_text(closing.error) or "HubSpot did not take them"
        were = f"{amount(closing.left, 'queued event')} {verb(closing.left, 'were')}"
        yield f"warning: {were} not flushed: {why}"
    if closing.unseen:
        yield f"warning: {amount(closing.unseen, 'accepted event')} {verb(closing.unseen, 'were')} not looked at"
    if closing.parked:
        yield f"{amount(closing.parked, 'event')} waited for consent and {verb(closing.parked, 'were')} not sent"
