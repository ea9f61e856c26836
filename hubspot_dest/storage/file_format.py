"""The description of a kind of SQLite file: its name, identifier and schema. This module does not import SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Generic, TypeVar

__all__ = ["PRIVATE_MODE", "FileFormat", "StorageError"]

PRIVATE_MODE: Final = 0o600
"""The mode of files with personal data, which only their owner may read."""


class StorageError(Exception):
    """A file cannot be used; the message has the file, the reason and what to do.

    Attributes:
        disk_full: whether the disk is full.

    """

    disk_full = False


E = TypeVar("E", bound=StorageError)


@dataclass(frozen=True, slots=True)
class FileFormat(Generic[E]):
    """A kind of SQLite file.

    Attributes:
        name: the name of the file in messages: `outbox`.
        application_id: SQLite's `application_id`, which distinguishes these files from those of other programs.
        migrations: SQL scripts, each of which upgrades a file by one version; `user_version` is the number of applied
            scripts. Never change a script, only append new ones.
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
