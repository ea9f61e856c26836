"""Record how far a file was read, and check whether it is still the same file, for `--resume`."""

from __future__ import annotations

import hashlib
from collections import deque
from pathlib import Path

from hubspot_dest.delivery.outbox.queue import Progress
from hubspot_dest.intake.byte_stream import ByteStream
from hubspot_dest.intake.reader import BadLine, Line

__all__ = ["PrefixDigest", "Resumption", "difference"]


class PrefixDigest:
    """The digest of a stream up to a position, computed while the stream is read."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._offset = 0
        self._pending: deque[bytes] = deque()

    def feed(self, chunk: bytes) -> None:
        """Add the next bytes of the stream; they are kept until `at` has passed them."""
        self._pending.append(chunk)

    def at(self, offset: int) -> str:
        """Return the SHA-256 digest of the first `offset` bytes, in hexadecimal digits.

        The offset must not decrease from call to call, nor exceed the bytes fed so far.
        """
        while self._offset < offset:
            chunk = self._pending.popleft()
            needed = offset - self._offset
            if len(chunk) > needed:
                self._pending.appendleft(chunk[needed:])
                chunk = chunk[:needed]
            self._hash.update(chunk)
            self._offset += len(chunk)
        return self._hash.hexdigest()


class Resumption:
    """Record the progress of reading a regular file.

    A file is identified by its path and all of its (decompressed) bytes before the position, so a log may grow, but a
    file that was replaced, rewritten, rotated or truncated counts as another one.

    Args:
        source: the path of the file.

    Raises:
        OSError: the path cannot be resolved.

    """

    def __init__(self, source: str) -> None:
        self.name = str(Path(source).resolve())
        self.digest = PrefixDigest()

    def at(self, read: Line | BadLine) -> Progress:
        """Return the progress record for having accepted everything up to and including this line or item."""
        position = -1 if read.position is None else read.position
        return Progress(self.name, self.digest.at(read.end), read.end, read.number, position)


def difference(progress: Progress) -> str:
    """Return why the file is not the one of the progress record; empty if it is.

    Raises:
        OSError: the file cannot be read.

    """
    left, lines, last = progress.head_bytes, 0, b"\n"
    digest = hashlib.sha256()
    with Path(progress.source).open("rb") as file:
        stream = ByteStream(file)
        while left or lines < progress.line:
            chunk = stream.read1()
            if not chunk:
                break
            digest.update(chunk[:left])
            left -= min(left, len(chunk))
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    lines += last != b"\n"
    if left or lines < progress.line:
        return f"it ends before line {progress.line}, where the earlier run stopped"
    if digest.hexdigest() != progress.head:
        return f"its lines up to line {progress.line}, where the earlier run stopped, have changed"
    return ""
