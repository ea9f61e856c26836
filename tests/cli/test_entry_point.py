"""Ctrl-C in the first moments of a program: no traceback, and no surprise where it is ignored."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ctrl_c import hear_ctrl_c

MODULE = """
import os, signal
os.kill(os.getpid(), signal.SIGINT)
def main():
    print("ran", signal.getsignal(signal.SIGINT) == signal.SIG_IGN)
"""


def ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("ignored", [False, True])
def test_ctrl_c_while_modules_are_loaded_ends_without_a_traceback(tmp_path: Path, ignored: bool) -> None:
    (tmp_path / "loaded.py").write_text(MODULE, encoding="utf-8")
    # Not a warm process: it is about the start of the interpreter.
    done = subprocess.run(
        [sys.executable, "-c", "from hubspot_dest.cli.entry_point import start; start('loaded')"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=ignore_ctrl_c if ignored else hear_ctrl_c,
    )
    assert done.stderr == ""
    assert done.returncode == (0 if ignored else -signal.SIGINT)
    assert done.stdout == ("ran True\n" if ignored else "")


def test_ctrl_c_is_pythons_own_again_when_the_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from hubspot_dest.cli.entry_point import start

    (tmp_path / "loaded_quietly.py").write_text("def main():\n    print('ran')\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    before = signal.getsignal(signal.SIGINT)
    start("loaded_quietly")
    assert capsys.readouterr().out == "ran\n"
    assert signal.getsignal(signal.SIGINT) is before
