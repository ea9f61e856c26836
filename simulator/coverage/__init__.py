"""Coverage-guided events: they reach every rule, every alternative and every path that is reachable."""

from simulator.coverage.coverage import CoverageResult, Unreached, cover

__all__ = ["CoverageResult", "Unreached", "cover"]
