"""Wait until the app has dealt with what it was sent, not until the process is idle.

Textual's pilot waits 20 ms and more for every key, until the process uses no CPU; with an engine in the same process
that may be never. What a test needs to know is that every widget has emptied its queue: that is asked for instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from textual._context import active_app
from textual.pilot import Pilot

_HOPS = 3  # a key goes from the app to a widget, comes back as an action, and sends messages of its own


async def settled(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Return when every widget has dealt with what it was sent, and with what came of that."""
    pilot: Pilot[object] = Pilot(active_app.get())
    for _ in range(_HOPS):
        await asyncio.sleep(0)
        await pilot._wait_for_screen()


@contextmanager
def settling() -> Iterator[None]:
    """Let Textual's pilot wait like that."""
    with patch("textual.app.wait_for_idle", settled), patch("textual.pilot.wait_for_idle", settled):
        yield
