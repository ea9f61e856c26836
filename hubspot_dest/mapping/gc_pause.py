"""Pause Python's garbage collector while a configuration is compiled.

Compiling makes a hundred thousand objects that all stay. The collector would look through them again and again and
find nothing to free, which is most of the time that a large configuration takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused_gc"]


@contextmanager
def paused_gc() -> Iterator[None]:
    """Pause the garbage collector; it is on again afterwards if it was on before."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
