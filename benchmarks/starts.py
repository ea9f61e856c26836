"""What a fresh process costs until its first result, and two works whose cost must grow with their size only.

With a second checkout that has an environment of its own in `.venv`, each start is taken in turn with the same one
there: `python -m benchmarks.starts --before CHECKOUT`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import Comparison, Spent, Work, process_spent, spent_by, tables, take_rounds
from benchmarks.workload import CONFIG
from hubspot_dest import HubSpotDestination
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.mapping.process import merge

__all__ = ["measure"]

ROOT = Path(__file__).parent.parent
_PYTHON = Path(".venv", "Scripts" if sys.platform == "win32" else "bin", "python")
_RULES = 10_000
_TEXTS = 3_000
_FRAME_BYTES = 1_500
_FRAME_SECONDS = 60
_TITLES = {
    "preview": "`preview` of one event",
    "check": "`hubspot-sim check`, nine examples over HTTP",
    "frame": "the terminal's first frame",
    "help": "`hubspot-dest --help`",
    "sim help": "`hubspot-sim --help`",
    "compile": f"a destination of {_RULES:,} rules with eight properties each, until it takes events",
    "merge": f"`merge` of two lists of {_TEXTS:,} texts",
}
_COMPARISONS = tuple(
    Comparison(f"{_TITLES[name]} : before", name, f"{name}, before", goal)
    for name, goal in {"preview": "CPU ≤ 0.7", "check": "CPU ≤ 0.6", "frame": "CPU ≤ 0.6"}.items()
)


def measure(rounds: int = 7, *, before: Path | None = None) -> str:
    """Return the tables, rounds of all of them taken in turn.

    Args:
        rounds: how many count.
        before: another checkout to compare the starts with.

    """
    with tempfile.TemporaryDirectory() as folder:
        event = Path(folder, "event.jsonl")
        with (ROOT / "examples" / "events.jsonl").open("rb") as events:
            event.write_bytes(events.readline())
        commands = {
            "preview": ["hubspot_dest", "preview", "examples/shop.yaml", str(event)],
            "check": ["simulator", "check"],
            "help": ["hubspot_dest", "--help"],
            "sim help": ["simulator", "--help"],
        }
        works: dict[str, Work] = {}
        for name, arguments in commands.items():
            works[name] = _start(ROOT, Path(sys.executable), arguments)
            if before is not None:
                works[f"{name}, before"] = _start(before, before / _PYTHON, arguments)
        if hasattr(os, "fork"):
            works["frame"] = lambda: _first_frame(ROOT, Path(sys.executable))
            if before is not None:
                works["frame, before"] = lambda: _first_frame(before, before / _PYTHON)
        works["compile"] = _milliseconds(_compile)
        works["merge"] = _milliseconds(_merge)
        taken = take_rounds(works, rounds, warm=rounds > 1)
    return tables(_COMPARISONS, _TITLES, taken, "ms")


def _start(folder: Path, python: Path, arguments: list[str]) -> Work:
    def spent() -> Spent:
        taken = process_spent([str(python), "-m", *arguments], folder)
        return Spent(taken.cpu * 1e3, taken.wall * 1e3)

    return spent


def _milliseconds(work: Callable[[], object]) -> Work:
    return lambda: spent_by(work, 1e3)


def _compile() -> None:
    rule = CONFIG["mapping"]["order"]["complete"]
    mapping = {
        f"entity{entity}": {f"action{action}": rule for action in range(100)}
        for entity in range(_RULES // 100)
    }
    HubSpotDestination({**CONFIG, "mapping": mapping}, client_factory=lambda token: NullClient()).close()  # noqa: ARG005


def _merge() -> None:
    merge(
        {"seen": [f"a{number}" for number in range(_TEXTS)]},
        {"seen": [f"b{number}" for number in range(_TEXTS)]},
    )


def _first_frame(folder: Path, python: Path) -> Spent:
    """Return what the terminal took when the frame with its tabs had come."""
    import fcntl
    import pty
    import struct
    import termios

    begun = time.perf_counter()
    process, terminal = pty.fork()
    if process == 0:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        os.chdir(folder)
        os.execv(python, [str(python), "-m", "simulator", "tui"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    shown, ended = b"", begun
    while time.perf_counter() - begun < _FRAME_SECONDS and not (
        b"Live" in shown and len(shown) > _FRAME_BYTES
    ):
        if select.select([terminal], [], [], 1)[0]:
            try:
                shown += os.read(terminal, 65_536)
            except OSError:
                break
        ended = time.perf_counter()
    ticks = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[11:13]
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(terminal)
    cpu = sum(map(int, ticks)) * 1e3 / os.sysconf("SC_CLK_TCK")
    return Spent(cpu, (ended - begun) * 1e3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, help="another checkout, with an environment in .venv")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    sys.stdout.write(measure(options.rounds, before=options.before) + "\n")
