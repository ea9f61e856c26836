"""How a figure is taken and told: rounds in turn, minimum, median and maximum, machine and versions."""

from __future__ import annotations

import os
import platform
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

__all__ = [
    "Comparison",
    "Figure",
    "Rounds",
    "Spent",
    "Work",
    "figure_table",
    "greatest_memory",
    "machine",
    "process_spent",
    "spent_by",
    "tables",
    "take_rounds",
]


@dataclass(frozen=True, slots=True)
class Spent:
    """What one round of something took.

    Attributes:
        cpu: CPU time, of all threads.
        wall: time on the clock, in the same unit.

    """

    cpu: float
    wall: float


Work = Callable[[], Spent]
"""Does something once, and returns what it took."""
Rounds = Mapping[str, Sequence[Spent]]
"""What each work took, round by round."""


def spent_by(work: Callable[[], object], scale: float) -> Spent:
    """Return what a call in this process takes, in seconds times `scale`."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent((time.process_time() - cpu) * scale, (time.perf_counter() - wall) * scale)


def process_spent(command: Sequence[str], folder: Path) -> Spent:
    """Return what a command takes, in seconds; whatever it ends with."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        command,
        check=False,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(cpu, time.perf_counter() - wall)


def _environment() -> dict[str, str]:
    # Without compiled modules a start is a compilation.
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def take_rounds(works: Mapping[str, Work], rounds: int, *, warm: bool = True) -> dict[str, list[Spent]]:
    """Do all works in turn, so many rounds, and one before that does not count."""
    taken: dict[str, list[Spent]] = {name: [] for name in works}
    for number in range(rounds + warm):
        for name, work in works.items():
            spent = work()
            if number >= warm:
                taken[name].append(spent)
    return taken


@dataclass(frozen=True, slots=True)
class Comparison:
    """One work in relation to another of the same round.

    Attributes:
        title: what is compared, `a : b`.
        upper: the name of the work a.
        lower: the name of the work b.
        goal: what is aimed at: `CPU ≤ 1.7`.

    """

    title: str
    upper: str
    lower: str
    goal: str

    def row(self, taken: Rounds) -> str:
        """Return a line of a Markdown table."""
        upper, lower = taken[self.upper], taken[self.lower]
        pairs = list(zip(upper, lower, strict=True))
        cells = [
            self.title,
            _number(statistics.median(spent.cpu for spent in upper)),
            _number(statistics.median(spent.cpu for spent in lower)),
            _spread([a.cpu / b.cpu for a, b in pairs]),
            _spread([a.wall / b.wall for a, b in pairs]),
            self.goal,
        ]
        return f"| {' | '.join(cells)} |"


def tables(
    comparisons: Sequence[Comparison], titles: Mapping[str, str], taken: Rounds, unit: str, of: str = ""
) -> str:
    """Return what was done as Markdown tables: how the works compare, if any do, and what each of them took.

    Args:
        comparisons: those whose works were not done are left out.
        titles: the name of a work to its title.
        taken: what each work took.
        unit: the unit of its figures: `ms`.
        of: what they refer to: ` an event`.

    """
    compared = _comparison_table(comparisons, taken, unit)
    return "\n\n".join([*compared, _spent_table(titles, taken, f"{unit}{of}")])


def _comparison_table(comparisons: Sequence[Comparison], taken: Rounds, unit: str) -> list[str]:
    rows = [item.row(taken) for item in comparisons if item.upper in taken and item.lower in taken]
    head = [
        f"| a : b | a, {unit} of CPU | b, {unit} of CPU | ratio of CPU | ratio of wall | goal |",
        "|---|---:|---:|---:|---:|---|",
    ]
    return ["\n".join([*head, *rows])] if rows else []


def _spent_table(titles: Mapping[str, str], taken: Rounds, unit: str) -> str:
    head = [f"| what | CPU, {unit} | wall, {unit} | rounds |", "|---|---:|---:|---:|"]
    rows = []
    for name, title in titles.items():
        if name in taken:
            cpu, wall = ([getattr(spent, kind) for spent in taken[name]] for kind in ("cpu", "wall"))
            rows.append(f"| {title} | {_spread(cpu)} | {_spread(wall)} | {len(taken[name])} |")
    return "\n".join([*head, *rows])


def _spread(values: Sequence[float]) -> str:
    return f"**{_number(statistics.median(values))}** ({_number(min(values))} to {_number(max(values))})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured rate or ratio over several rounds of the same run."""

    name: str
    rounds: tuple[float, ...]
    unit: str = "/s"

    @classmethod
    def of(cls, name: str, rounds: Sequence[float], unit: str = "/s") -> Figure:
        """Make a figure from its rounds."""
        return cls(name, tuple(rounds), unit)

    @property
    def median(self) -> float:
        """The figure to quote."""
        return statistics.median(self.rounds)

    def row(self) -> str:
        """Return a line of a Markdown table: name, median, minimum, maximum, rounds."""
        shown = [self._show(value) for value in (self.median, min(self.rounds), max(self.rounds))]
        return f"| {self.name} | {' | '.join(shown)} | {len(self.rounds)} |"

    def _show(self, value: float) -> str:
        text = f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
        return f"{text} {self.unit}".strip() if self.unit != "/s" else f"{text}/s"


def figure_table(figures: Sequence[Figure]) -> str:
    """Return figures as a Markdown table."""
    head = ["| what | median | min | max | rounds |", "|---|---:|---:|---:|---:|"]
    return "\n".join([*head, *(figure.row() for figure in figures)])


def machine() -> str:
    """Return one line on the machine and the versions that matter."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        )
        if Path("/proc/cpuinfo").exists()
        else iter(()),
        platform.processor() or platform.machine(),
    )
    packages = ", ".join(f"{name} {version(name)}" for name in ("orjson", "hubspot-api-client", "urllib3"))
    load = f"; load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}; {packages}{load}"


def greatest_memory() -> float:
    """Return the greatest resident size of this process so far in MB (10^6 bytes).

    Not `ru_maxrss`: a process inherits that from whoever started it.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    line = next(text for text in status.read_text(encoding="ascii").splitlines() if text.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6
