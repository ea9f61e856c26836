"""Write files atomically: readers see the old content or the new content, never a part."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from pathlib import Path
from typing import Final

from hubspot_dest.storage.file_format import PRIVATE_MODE

__all__ = ["write_whole_file"]

_COMMON_MODE: Final = 0o666  # reduced by the umask
_NO_NEIGHBOURS: Final = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)
_DESCRIPTORS: Final = ("/dev/", "/proc/")  # /dev/stdout may be a regular file that other code writes to, too


def write_whole_file(path: Path, content: bytes, *, private: bool = False) -> None:
    """Write a file through a temporary file in the duplicate folder, which is then renamed.

    A symbolic link is kept, and an existing file keeps its mode. A device or a pipe is written directly, and so is an
    existing file in a folder where no file can be created, such as a file that is mounted into a container.

    Args:
        path: the file.
        content: the complete content.
        private: whether only the owner may read a new file.

    Raises:
        OSError: the file cannot be written; an existing file is unchanged.

    """
    if str(path.absolute()).startswith(_DESCRIPTORS) or (path.exists() and not path.is_file()):
        _write_through(path, content)
        return
    target = Path(os.path.realpath(path))
    exists = target.exists()
    if exists and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE if private else _COMMON_MODE
        )
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            if exists:
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        if not exists or error.errno not in _NO_NEIGHBOURS:
            raise
        target.write_bytes(content)


def _write_through(path: Path, content: bytes) -> None:
    """Write to a device or a pipe; append to a standard stream, even if that is redirected to a regular file."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        if path.exists() and os.path.samestat(path.stat(), os.fstat(number)):
            stream.flush()
            with os.fdopen(os.dup(number), "wb") as duplicate:
                duplicate.write(content)
            return
    path.write_bytes(content)
