"""Pause Python's garbage collector while a configuration is compiled.

Compiling a large configuration allocates some hundred thousand objects, all of which stay alive. The collector would
scan them repeatedly and free nothing; that takes longer than the compilation itself.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused_gc"]


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause the garbage collector, and restore its previous state on exit."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
