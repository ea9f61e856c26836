"""Two hundred functions that try to take more than their share: time, memory, stack, the log, or their neighbours'."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

__all__ = ["HOSTILE", "SAMPLE"]

HOSTILE: Final[dict[str, str]] = json.loads((Path(__file__).parent / "hostile.json").read_text())
"""What each tries, and its source without `$code:`."""

SAMPLE: Final = (
    "typed: Float64Array fill",
    "text: compare less",
    "chain: instanceof",
    "integer: big multiplication",
    "steady: a fortieth of it, always",
    "evading: repeat and compare",
)
"""One of each kind, for the tests of every day."""
