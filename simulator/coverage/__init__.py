"""Generate events that cover a configuration: every reachable rule, alternative and path."""

from simulator.coverage.coverage import CoverageResult, Unreached, cover

__all__ = ["CoverageResult", "Unreached", "cover"]
