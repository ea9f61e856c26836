"""How often Python looks for garbage while a hundred thousand rows are kept."""

from __future__ import annotations

import gc

__all__ = ["look_rarely"]


def look_rarely() -> None:
    """Keep whole collections from stopping the keys.

    The rows of the stream are no garbage, and there are millions of objects in them: looking through all of them takes
    a fifth of a second, in which no key is heard. What the screen leaves behind is young, and is still found at once.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)
