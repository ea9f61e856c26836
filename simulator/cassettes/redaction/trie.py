"""Compile thousands of words into one trie-shaped pattern; a flat alternation would try each at every position."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

__all__ = ["one_of"]


def one_of(words: Iterable[str]) -> str:
    """Return a pattern that matches the longest of the words, which are escaped."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = None
    return _pattern(root)


def _pattern(node: dict[str, Any]) -> str:
    """Return the pattern of a node. Chains without branches are joined, so that nesting only grows at branches."""
    ends = "" in node
    ways = []
    for letter, rest in node.items():
        if letter:
            run = re.escape(letter)
            while len(rest) == 1 and "" not in rest:
                ((letter, rest),) = rest.items()
                run += re.escape(letter)
            ways.append(run + (_pattern(rest) if set(rest) != {""} else ""))
    if not ways:
        return ""
    pattern = f"(?:{'|'.join(ways)})" if len(ways) > 1 or ends else ways[0]
    return f"{pattern}?" if ends else pattern
