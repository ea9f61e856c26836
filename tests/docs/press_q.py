"""Run the first argument in a terminal, press q once it shows its keys; exit with its exit code."""

from __future__ import annotations

import sys

from tests.deep.pseudoterminal import Terminal

if __name__ == "__main__":
    terminal = Terminal(f"exec {sys.argv[1]}", columns=120, rows=40)
    terminal.until("quit|Quit")
    terminal.press(b"q")
    sys.exit(terminal.end())
