"""Mechanical fixes: edits that change nothing but the value or key that they correct."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hubspot_dest.config.loading import Position
from hubspot_dest.lint.linter import LintResult, LocatedFinding
from hubspot_dest.lint.source_file import SourceFile

__all__ = ["FIXABLE", "Edit", "apply_edits", "edits_of"]

_SUGGESTED: Final = re.compile(r"did you mean '([^']+)'\?")
_REPLACEMENT: Final = re.compile(r"(?:did you mean|write) ([^\s?]+)\??")


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """The replacement of `text[start:end]` by `self.text`."""

    start: int
    end: int
    text: str


def edits_of(result: LintResult) -> list[Edit]:
    """Return the edits for the findings that have a mechanical fix, in text order and without overlaps."""
    if result.source is None:
        return []
    edits: list[Edit] = []
    for located in result.located:
        maker = _MAKERS.get(located.finding.code)
        edit = None if maker is None else maker(result.source, located)
        if edit is not None and all(edit.end <= other.start or edit.start >= other.end for other in edits):
            edits.append(edit)
    return sorted(edits)


def apply_edits(text: str, edits: list[Edit]) -> str:
    """Return the text with the edits applied."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _rename_key(source: SourceFile, located: LocatedFinding) -> Edit | None:
    suggestion = _SUGGESTED.search(located.finding.fix)
    if suggestion is None:
        return None
    parent = source.at(located.path[:-1])
    if isinstance(parent, dict) and suggestion[1] in parent:
        return None  # the map has both the right key and the misspelt one
    return _key_edit(source, located, suggestion[1])


def _silence(source: SourceFile, located: LocatedFinding) -> Edit | None:
    parent = source.at(located.path[:-1])
    if isinstance(parent, dict) and "silent" in parent:
        return None
    return _key_edit(source, located, "silent")


def _key_edit(source: SourceFile, located: LocatedFinding, new: str) -> Edit | None:
    position = source.positions.get(located.path)
    old = str(located.path[-1])
    if position is None or position.start == position.value_start:
        return None
    text = source.text
    if text.startswith(old, position.start):
        return Edit(position.start, position.start + len(old), new)
    quote = text[position.start : position.start + 1]
    if quote in ('"', "'") and text.startswith(f"{old}{quote}", position.start + 1):
        return Edit(position.start + 1, position.start + 1 + len(old), new)
    return None


def _replace_path(source: SourceFile, located: LocatedFinding) -> Edit | None:
    replacement = _REPLACEMENT.search(located.finding.fix)
    return None if replacement is None else _text_edit(source, located, replacement[1])


def _strip_prefix(source: SourceFile, located: LocatedFinding) -> Edit | None:
    value = source.at(located.path)
    if not isinstance(value, str):
        return None
    own = re.sub(r"^(?:pe\d+_)+", "", value)
    return _text_edit(source, located, own) if own and own != value else None


def _quote_number(source: SourceFile, located: LocatedFinding) -> Edit | None:
    value = source.at(located.path)
    position = source.positions.get(located.path)
    if position is None or not isinstance(value, (bool, int, float)):
        return None
    shown = (
        str(value).lower()
        if isinstance(value, bool)
        else source.text[position.value_start : position.value_end]
    )
    return Edit(position.value_start, position.value_end, f'"{shown.strip()}"')


def _text_edit(source: SourceFile, located: LocatedFinding, new: str) -> Edit | None:
    value = source.at(located.path)
    position = source.positions.get(located.path)
    if position is None or not isinstance(value, str):
        return None
    return _inside(source.text, position, value, new)


def _inside(text: str, position: Position, old: str, new: str) -> Edit | None:
    """Return the edit of a scalar's content, keeping its quotes; None if the text would need escapes."""
    written = text[position.value_start : position.value_end]
    start = position.value_start + written.find(old)
    if written in (old, f'"{old}"', f"'{old}'") and json.dumps(new) == f'"{new}"':
        return Edit(start, start + len(old), new)
    return None


_MAKERS: Final[dict[str, Callable[[SourceFile, LocatedFinding], Edit | None]]] = {
    "unknown_key": _rename_key,
    "skip_ignored": _silence,
    "path_old_field": _replace_path,
    "path_trailing_star": _replace_path,
    "event_prefix_doubled": _strip_prefix,
    "default_property_type": _quote_number,
}

FIXABLE: Final = frozenset(_MAKERS)
"""The codes whose findings `--fix` can correct, at least in part."""
