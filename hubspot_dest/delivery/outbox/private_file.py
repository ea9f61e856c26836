"""Files that only their owner may read: events are personal data."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["create_private", "private_opener"]

_MODE = 0o600


def create_private(path: Path | str) -> Path:
    """Create a file that only its owner may read, if it does not exist, and return its absolute path.

    The absolute path is what SQLite is to be given: it takes `:memory:` and names that begin with `file:` as words of
    its own, and would keep everything in memory, or create a file that everybody may read. Its `-wal` and `-shm` get
    the rights of the file itself.

    Raises:
        OSError: the file cannot be created or opened for writing.

    """
    absolute = Path(path).absolute()
    os.close(os.open(absolute, os.O_RDWR | os.O_CREAT, _MODE))
    return absolute


def private_opener(path: str, flags: int) -> int:
    """Open a file as `open` does, with rights for its owner only if it is created: `open(path, "w", opener=…)`."""
    return os.open(path, flags, _MODE)
