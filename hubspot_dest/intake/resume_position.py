"""Which file this is, and how far it was read: what `--resume` goes by."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hubspot_dest.delivery.outbox.queue import Progress

__all__ = ["Resumption", "same_file"]

_HEAD_BYTES = 4096


class Resumption:
    """Makes the notes about one file's progress.

    A file is known by its path and its first 4 KiB, so that a log may grow and a new file under an old name is new.

    Args:
        source: a path; standard input has no progress.

    Raises:
        OSError: the file cannot be read.

    """

    def __init__(self, source: str) -> None:
        self._path = Path(source)
        self.name = str(self._path.resolve())
        with self._path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        self._head, self._head_bytes = _hash(head), len(head)

    def at(self, line: int, position: int | None) -> Progress:
        """Return the note that everything up to here was taken."""
        where = -1 if position is None else position
        return Progress(self.name, self._head, self._head_bytes, line, where)


def same_file(progress: Progress) -> bool:
    """Tell whether the file still begins as it did.

    Raises:
        OSError: the file cannot be read.

    """
    with Path(progress.source).open("rb") as stream:
        return _hash(stream.read(progress.head_bytes)) == progress.head


def _hash(head: bytes) -> str:
    return hashlib.sha256(head).hexdigest()
