"""Programs that hear Ctrl-C wherever the tests run."""

from __future__ import annotations

import signal

__all__ = ["hear_ctrl_c"]


def hear_ctrl_c() -> None:
    """Undo what a shell does to a command in the background, under which the tests may run: it ignores Ctrl-C.

    To be given to `subprocess.Popen` as `preexec_fn`.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
