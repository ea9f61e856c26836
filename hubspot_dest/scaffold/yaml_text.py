"""Write values as YAML that parses to the same values: block maps, and JSON for everything inside them."""

from __future__ import annotations

import json
import re
from typing import Any, Final

__all__ = ["printable_json", "yaml_key", "yaml_lines", "yaml_scalar"]

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_YAML_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def yaml_key(key: str) -> str:
    """Return a key of a block map, quoted if it could be parsed as something else."""
    plain = _PLAIN_KEY.fullmatch(key) is not None and key.lower() not in _YAML_WORDS
    return key if plain else printable_json(json.dumps(key, ensure_ascii=False))


def yaml_lines(key: str, value: Any, indent: str) -> list[str]:
    """Return the lines of an entry of a block map; strings are written as JSON, which is valid YAML."""
    head = f"{indent}{yaml_key(key)}:"
    inner = f"{indent}  "
    if isinstance(value, dict) and value:
        return [head, *(line for name, item in value.items() for line in yaml_lines(str(name), item, inner))]
    if isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        return [head, *(f"{inner}- {yaml_scalar(item)}" for item in value)]
    return [f"{head} {yaml_scalar(value)}"]


def yaml_scalar(value: Any) -> str:
    """Return a value on one line, as JSON, which is valid YAML."""
    return printable_json(json.dumps(value, ensure_ascii=False))


def printable_json(text: str) -> str:
    """Escape the characters of a JSON text that YAML does not allow, except for tabs and line feeds in its layout."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else json.dumps(character)[1:-1]
        for character in text
    )
