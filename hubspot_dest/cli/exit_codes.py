"""Exit codes of `hubspot-dest` and `hubspot-sim`."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ExitCode"]


class ExitCode(IntEnum):
    """The exit codes of both programs."""

    OK = 0
    """Success."""
    CHECK_FAILED = 1
    """The command ran and found something wrong: a difference, a failed event, a bad line."""
    USAGE_ERROR = 2
    """The command could not run: an invalid configuration, a missing file, a wrong option."""
    INTERRUPTED = 130
    """Ended by Ctrl-C after a graceful shutdown."""
    TERMINATED = 143
    """Ended by SIGTERM after a graceful shutdown."""
