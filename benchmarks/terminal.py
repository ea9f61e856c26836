"""How fast the terminal answers while a thousand events a second stream by: `python -m benchmarks.terminal`.

The app runs in a real pseudo-terminal of 160 by 50 in a process of its own, the HubSpot and the sender inside it.
Keys are typed every 50 ms; each is timed from its arrival to after the refresh that follows it. Memory is the process's
own; CPU is the process's own too, and told apart by thread: the screen, the sender, HubSpot's server.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path
from typing import Any

KEYS = (b"\x1b[A", b"\x1b[A", b"\x1b[B", b"\x1b[5~", b"\x1b[6~", b"\x1b[B", b"f", b"\x1b[A")
_SAMPLES = 5  # of the memory


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument(
        "--filled", type=int, default=0, metavar="EVENTS", help="events before the clock starts"
    )
    parser.add_argument("--child", metavar="FILE")
    options = parser.parse_args()
    if options.child:
        _child(Path(options.child), options.rate, options.filled)
        return
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "latencies.json"
        measured = _drive(options.seconds, options.rate, options.filled, told)
        found = json.loads(told.read_text())
    latencies = sorted(found["milliseconds"])
    cut = statistics.quantiles(latencies, n=100)
    memory = measured["memory"]
    print(
        f"{options.seconds:g} s at {options.rate:g} events/s, {found['rows']:,} rows kept, "
        f"{found['taken'] - options.filled:,} events taken, after {options.filled:,} before them"
    )
    print(
        f"key to refresh  p50 {cut[49]:.1f} ms   p95 {cut[94]:.1f} ms   max {latencies[-1]:.1f} ms   "
        f"({len(latencies)} keys)"
    )
    parts = _parts(measured["threads"], found["threads"])
    print(
        f"CPU             {measured['cpu']:.0f}% of a core: {', '.join(f'{k} {v:.0f}%' for k, v in parts.items())}"
    )
    print(f"memory          {', '.join(f'{item:.0f}' for item in memory)} MB, at even distances to the end")
    print(f"books agree     {found['agree']}")


def _child(told: Path, rate: float, filled: int) -> None:
    from textual import events
    from textual._time import get_time

    from simulator.engine.engine import Engine
    from simulator.engine.story import story_config
    from simulator.tui.app import SimulatorApp
    from simulator.tui.shutdown import run_app

    latencies: list[float] = []

    class Timed(SimulatorApp):
        async def on_event(self, event: events.Event) -> None:
            await super().on_event(event)
            if isinstance(event, events.Key):
                begun = event.time
                self.call_after_refresh(lambda: latencies.append((get_time() - begun) * 1000))

    from dataclasses import replace

    config = replace(story_config(), batch_size=200, batch_chunk=200)
    with Engine(config, seed=1, rate=rate, remembered=100_000) as engine:
        if filled:
            engine.run(filled, 3600)
        engine.resume()
        run_app(Timed(engine, title="benchmark"))
        engine.pause()
        found = {"milliseconds": latencies, "taken": engine.counts.taken, "rows": len(engine.ring)}
        threads = {str(thread.native_id): thread.name for thread in threading.enumerate()}
        told.write_text(json.dumps({**found, "agree": engine.reconcile().agree, "threads": threads}))


def _drive(seconds: float, rate: float, filled: int, told: Path) -> dict[str, Any]:
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        command = [sys.executable, "-m", "benchmarks.terminal", "--child", str(told)]
        command += ["--rate", str(rate), "--filled", str(filled)]
        os.execv(command[0], command)  # the interpreter that runs this
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
    try:
        select.select([terminal], [], [], 3600)  # it draws when it is filled
        _read(terminal, 5.0)
        os.kill(pid, signal.SIGWINCH)
        begun, cpu, number = time.monotonic(), _cpu(Path(f"/proc/{pid}")), 0
        threads = _threads(pid)
        memory: list[float] = []
        while (passed := time.monotonic() - begun) < seconds:
            if passed > seconds * (len(memory) + 1) / _SAMPLES:
                memory.append(_memory(pid))
            os.write(terminal, KEYS[number % len(KEYS)])
            number += 1
            _read(terminal, 0.05)
        passed = time.monotonic() - begun
        used = 100 * (_cpu(Path(f"/proc/{pid}")) - cpu) / passed
        spent = {
            thread: 100 * (now - threads.get(thread, 0.0)) / passed for thread, now in _threads(pid).items()
        }
        memory.append(_memory(pid))
        os.write(terminal, b"q")
        _read(terminal, 8.0)
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return {"cpu": used, "memory": memory, "threads": spent}


def _read(terminal: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([terminal], [], [], left)
        try:
            if ready and not os.read(terminal, 1 << 16):
                return
        except OSError:
            return


def _parts(spent: dict[str, float], names: dict[str, str]) -> dict[str, float]:
    """Return what each part of the program used, in percent of a core."""
    parts = {"screen": 0.0, "sender": 0.0, "HubSpot": 0.0}
    for thread, used in spent.items():
        name = names.get(thread, "")
        part = "sender" if name == "engine" else "HubSpot" if "hubspot" in name.lower() else "screen"
        parts[part] += used
    return parts


def _threads(pid: int) -> dict[str, float]:
    return {path.name: _cpu(path) for path in Path(f"/proc/{pid}/task").iterdir()}


def _cpu(process: Path) -> float:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
