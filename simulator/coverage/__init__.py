"""Events made for a configuration: they reach every rule, every alternative and every path that can be reached."""

from simulator.coverage.coverage import Coverage, Unreached, cover

__all__ = ["Coverage", "Unreached", "cover"]
