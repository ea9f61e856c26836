"""What a file seems to hold, by its first bytes: so that a message about a wrong file can say which one it is."""

from __future__ import annotations

import json
import re
import stat
import zlib
from enum import Enum
from pathlib import Path
from typing import Any, Final

__all__ = ["FileContent", "content_of"]

_PEEK: Final = 65_536
_SQLITE: Final = b"SQLite format 3\x00"
_GZIP: Final = b"\x1f\x8b"
_FLOW_KEYS: Final = ("flows",)
_CONFIG_KEYS: Final = ("settings", "mapping", "consent", "policy", "config", "batch")
_ACCOUNT_KEYS: Final = ("portalId", "eventDefinitions", "contactProperties")
_TRAIL_KEYS: Final = ("outcome", "reason")
_YAML_KEY: Final = re.compile(r"^([A-Za-z]\w*):(?:\s|$)", re.MULTILINE)
_JSON_KEY: Final = re.compile(r'^ {0,4}"([A-Za-z]\w*)"\s*:', re.MULTILINE)


class FileContent(Enum):
    """A kind of content; the value completes the sentence `it looks like …`."""

    EVENTS = "events"
    CONFIGURATION = "a configuration"
    FLOW = "a flow"
    ACCOUNT = "an account file"
    TRAIL = "a trail of outcomes"
    SQLITE = "an SQLite file"
    TEXT = "text"
    BINARY = "binary data"
    EMPTY = "an empty file"
    FOLDER = "a folder"
    UNKNOWN = "unknown"

    @property
    def is_configuration(self) -> bool:
        """Whether it can stand for CONFIG."""
        return self in (FileContent.CONFIGURATION, FileContent.FLOW)


def content_of(path: Path | str) -> FileContent:
    """Return what a regular file seems to hold. Never raises; `UNKNOWN` if it is not a file or cannot be read."""
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            return FileContent.FOLDER
        if not stat.S_ISREG(mode):
            return FileContent.UNKNOWN  # reading a pipe would take what it holds
        with Path(path).open("rb") as stream:
            first = stream.read(_PEEK)
    except (OSError, ValueError):
        return FileContent.UNKNOWN
    if first.startswith(_SQLITE):
        return FileContent.SQLITE
    if first.startswith(_GZIP):
        first = _decompressed(first)
    return _of_bytes(first)


def _decompressed(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(packed, _PEEK)
    except zlib.error:
        return packed


def _of_bytes(first: bytes) -> FileContent:
    if not first.strip():
        return FileContent.EMPTY
    if b"\x00" in first:
        return FileContent.BINARY
    text = first.decode("utf-8-sig", "replace")
    if text.count("\ufffd") > len(text) // 10 + 1:
        return FileContent.BINARY
    value = _first_value(text)
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, dict)), None)
    if isinstance(value, dict):
        if isinstance(value.get("batch"), list) and not any(key in value for key in ("settings", "mapping")):
            return FileContent.EVENTS
        if found := _by_keys(value):
            return found
        if isinstance(value.get("name"), str) or "entity" in value:
            return FileContent.EVENTS
    stripped = text.lstrip()
    keys = (_JSON_KEY if stripped[:1] in ("{", "[") else _YAML_KEY).findall(text)
    return _by_keys(dict.fromkeys(keys)) or FileContent.TEXT


def _by_keys(keys: dict[str, Any]) -> FileContent | None:
    """Return the kind of a document with these keys at its top; None where they do not tell."""
    if any(key in keys for key in _FLOW_KEYS):
        return FileContent.FLOW
    if any(key in keys for key in _ACCOUNT_KEYS):
        return FileContent.ACCOUNT
    if all(key in keys for key in _TRAIL_KEYS):
        return FileContent.TRAIL
    if any(key in keys for key in ("settings", "mapping")):
        return FileContent.CONFIGURATION
    is_event = isinstance(keys.get("name"), str)
    return None if is_event or not any(key in keys for key in _CONFIG_KEYS) else FileContent.CONFIGURATION


def _first_value(text: str) -> Any:
    """Return the JSON value that a text begins with: the whole document, or its first line; None for none."""
    stripped = text.lstrip()
    if stripped[:1] not in ("{", "["):
        return None
    try:
        return json.JSONDecoder().raw_decode(stripped)[0]
    except (ValueError, RecursionError):
        pass
    if stripped.startswith("["):  # a long array: its first item
        try:
            return json.JSONDecoder().raw_decode(stripped[1:].lstrip())[0]
        except (ValueError, RecursionError):
            pass
    return None
