"""What one kind of SQLite file is: its name in messages, its identifier, its schema. Imports no SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

__all__ = ["PRIVATE_MODE", "FileFormat", "StorageError"]

PRIVATE_MODE: Final = 0o600
"""Permissions of files with personal data: only their owner may read them."""


class StorageError(Exception):
    """A file cannot be used; the message says which, why, and what to do.

    Attributes:
        disk_full: whether the disk has no room for it.

    """

    disk_full = False


E = TypeVar("E", bound=StorageError)


@dataclass(frozen=True, slots=True)
class FileFormat(Generic[E]):
    """One kind of SQLite file.

    Attributes:
        name: what messages call the file: `outbox`.
        application_id: SQLite's `application_id`; it distinguishes these files from those of other programs.
        migrations: SQL scripts, each of which upgrades a file by one version; `user_version` is the number of scripts
            that were applied. Never change one, add one.
        alternative: how to choose another file, for messages: `choose another file with --store`.
        error: the exception to raise.

    """

    name: str
    application_id: int
    migrations: tuple[str, ...]
    alternative: str
    error: type[E]

    @property
    def one(self) -> str:
        """The name with its article: `an outbox`."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"
