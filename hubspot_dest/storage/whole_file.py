"""Write a file as a whole: whoever opens it reads the old content or the new content, never a part."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from hubspot_dest.storage.file_format import PRIVATE_MODE

__all__ = ["whole_file", "write_whole_file"]

_COMMON_MODE: Final = 0o666  # reduced by the umask
_NO_NEIGHBOURS: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
_DESCRIPTORS: Final = ("/dev/", "/proc/")  # /dev/stdout may be a regular file that is written to further


def write_whole_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file whose content is at hand; see `whole_file`.

    Args:
        path: the file.
        content: all bytes of it.
        private: whether a new file is for its owner only.

    Raises:
        OSError: it cannot be written; an existing file is unchanged then.

    """
    with whole_file(path, private=private) as stream:
        stream.write(content)


@contextlib.contextmanager
def whole_file(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """Write a file through a temporary neighbour, which takes its name at the end; after an error nothing has changed.

    A link stays a link, and an existing file keeps its mode. A device or a pipe is written directly; so is an
    existing file whose folder takes no further file, such as one that is mounted into a container.

    Args:
        path: the file.
        private: whether a new file is for its owner only.

    Raises:
        OSError: it cannot be written.

    """
    if str(path.absolute()).startswith(_DESCRIPTORS) or (path.exists() and not path.is_file()):
        with _written_through(path) as stream:
            yield stream
        return
    target = Path(os.path.realpath(path))
    known = target.exists()
    if known and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    mode = PRIVATE_MODE if private else _COMMON_MODE
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except OSError as error:
        if not known or error.errno not in _NO_NEIGHBOURS:
            raise
        with target.open("wb") as stream:
            yield stream
        return
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        if known:
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        _take_name(beside, target, known=known)
    finally:
        beside.unlink(missing_ok=True)


def _take_name(beside: Path, target: Path, *, known: bool) -> None:
    try:
        beside.replace(target)
    except OSError as error:
        if not known or error.errno not in _NO_NEIGHBOURS:
            raise
        shutil.copyfile(beside, target)


@contextlib.contextmanager
def _written_through(path: Path) -> Iterator[BinaryIO]:
    """Write to a device or a pipe; to a standard stream behind what it has already, also if it is a regular file."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        if path.exists() and os.path.samestat(path.stat(), os.fstat(number)):
            stream.flush()
            with os.fdopen(os.dup(number), "wb") as same:
                yield same
            return
    with path.open("wb") as device:
        yield device
