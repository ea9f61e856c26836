"""Insert a step example into the text of a flow file without changing anything else."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from hubspot_dest.config.loading import Document, DocumentError, is_json, parse_document
from hubspot_dest.scaffold.yaml_text import printable_json, yaml_lines

__all__ = ["ExampleInsertionError", "insert_example"]

Path = tuple[str | int, ...]

_EXAMPLES: Final = "examples"


class ExampleInsertionError(ValueError):
    """Raised if the example cannot be inserted; the message says why."""


def insert_example(file: str, text: str, entry: Path, name: str, example: dict[str, Any]) -> str:
    """Return the text of a flow file with a step example added.

    Args:
        file: the file's name, which determines whether it is JSON or YAML.
        text: the file's text.
        entry: the path of the destination's entry: `("flows", "shop", "destinations", "hubspot")`.
        name: the example's name.
        example: `{"in": event, "out": calls}`.

    Raises:
        ExampleInsertionError: an example with this name exists, or the file cannot be extended without changing other
            parts of it.

    """
    document = _parsed(file, text)
    owner = _at(document.value, entry)
    known = owner.get(_EXAMPLES) if isinstance(owner, dict) else None
    if isinstance(known, dict) and name in known:
        msg = f"there is an example {name!r} already"
        raise ExampleInsertionError(msg)
    newline = "\r\n" if "\r\n" in text else "\n"
    if isinstance(known, dict):
        extended = _with_key(file, text, document, (*entry, _EXAMPLES), known, name, example, newline)
    elif _EXAMPLES in (owner or {}):
        msg = "examples is not a map"
        raise ExampleInsertionError(msg)
    else:
        extended = _with_key(file, text, document, entry, owner or {}, _EXAMPLES, {name: example}, newline)
    _require_same(_parsed(file, extended).value, document.value, entry, name, example)
    return extended


def _with_key(
    file: str,
    text: str,
    document: Document,
    path: Path,
    owner: dict[str, Any],
    key: str,
    value: Any,
    newline: str,
) -> str:
    """Return the text with `key: value` as the first entry of the map at a path."""
    place = document.positions.get(path)
    if place is None:
        msg = "the map for the example is not in the file"
        raise ExampleInsertionError(msg)
    if not owner:
        if text[place.value_start : place.value_start + 1] != "{":
            msg = "the map for the example is empty"
            raise ExampleInsertionError(msg)
        body = _json({key: value}, newline, _indent_of_line(text, place.value_start), _unit(text))
        return text[: place.value_start] + body + text[place.value_end :]
    first = document.positions.get((*path, next(iter(owner))))
    if first is None:
        msg = "the map for the example is an alias, or is merged from another map"
        raise ExampleInsertionError(msg)
    line_start = text.rfind("\n", 0, first.start) + 1
    indent = text[line_start : first.start]
    own_line = not indent.strip()
    if text[place.value_start : place.value_start + 1] == "{" or is_json(file, text):
        unit = _unit(text) if own_line else ""
        body = f"{json.dumps(key)}: {_json(value, newline, indent if own_line else '', unit)}"
        return f"{text[: first.start]}{body},{newline + indent if own_line else ' '}{text[first.start :]}"
    column = " " * (first.start - line_start)
    lines = [*yaml_lines(key, value, column), ""]
    if own_line:
        return text[:line_start] + newline.join(lines) + text[line_start:]
    return f"{text[: first.start]}{newline.join(lines).lstrip(' ')}{column}{text[first.start :]}"


def _json(value: Any, newline: str, indent: str, unit: str) -> str:
    text = printable_json(json.dumps(value, ensure_ascii=False, indent=unit or None))
    return text.replace("\n", newline + indent)


def _unit(text: str) -> str:
    """Return the indentation of one level, which is that of the first indented line."""
    match = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    return match[1] if match else "  "


def _indent_of_line(text: str, offset: int) -> str:
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    return line[: len(line) - len(line.lstrip())]


def _parsed(file: str, text: str) -> Document:
    try:
        return parse_document(file, text)
    except DocumentError as error:
        msg = f"line {error.line}: {error}"
        raise ExampleInsertionError(msg) from None


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _require_same(extended: Any, before: Any, entry: Path, name: str, example: dict[str, Any]) -> None:
    """Check that nothing but the example has changed.

    Raises:
        ExampleInsertionError: something else has changed.

    """
    owner = _at(extended, entry)
    examples = dict(owner.get(_EXAMPLES) or {})
    inserted = examples.pop(name, None)
    old = _at(before, entry)
    without_example = {**owner, _EXAMPLES: examples}
    if not examples and _EXAMPLES not in old:
        del without_example[_EXAMPLES]
    if inserted != example or _replaced(extended, entry, without_example) != before:
        msg = "the file is written in a way that cannot be extended without changing other parts of it"
        raise ExampleInsertionError(msg)


def _replaced(value: Any, path: Path, replacement: Any) -> Any:
    if not path:
        return replacement
    if isinstance(value, list):
        return [
            _replaced(item, path[1:], replacement) if at == path[0] else item for at, item in enumerate(value)
        ]
    return {
        key: _replaced(item, path[1:], replacement) if key == path[0] else item for key, item in value.items()
    }
