"""How a figure is taken and told: rounds in turn, minimum, median and maximum, machine and versions."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

__all__ = ["Figure", "greatest_memory", "machine"]


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
    return f"{model}, {os.cpu_count()} cores; Python {platform.python_version()}; {packages}"


def greatest_memory() -> float:
    """Return the greatest resident size of this process so far in MB (10^6 bytes).

    Not `ru_maxrss`: a process inherits that from whoever started it.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    line = next(text for text in status.read_text(encoding="ascii").splitlines() if text.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6
