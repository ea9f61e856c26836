"""Where JSON or YAML is broken: the place of the fault, not the place where the parser noticed it.

A bracket or a quote that is not closed is noticed lines later, often at the end of the file. Which one it is follows
from the brackets that are open there, and from the indentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

__all__ = ["SyntaxFault", "fault_of_json", "json_fault", "yaml_fault"]

_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"?|[\[\]{},:]|[^\s\[\]{},:"]+')
_PAIRS: Final = {"}": "{", "]": "["}
_CLOSING: Final = {"{": "}", "[": "]"}
_OPEN_TEXT: Final = 'the " that is opened here is not closed in its line'
_QUOTED_NAME: Final = re.compile(
    r"found (?:undefined|duplicate) (?:alias|anchor|tag)|could not determine a constructor"
)
_REFERENCE: Final = (
    "an alias (*), anchor (&) or tag (!) is invalid; quote a text that begins with one of these"
)
_LITERALS: Final = {"True": "true", "False": "false", "None": "null", "NULL": "null", "undefined": "null"}


@dataclass(frozen=True, slots=True)
class SyntaxFault:
    """A fault of a text.

    Attributes:
        message: what is wrong.
        line: counted from 1.
        column: counted from 1.

    """

    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class _Lexeme:
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def json_fault(text: str, message: str, position: int) -> SyntaxFault:
    """Return the fault behind an error of a JSON parser.

    Args:
        text: the whole text.
        message: what the parser says, for a fault that is not known here.
        position: where the parser noticed it, as an offset.

    """
    open_brackets: list[_Lexeme] = []
    previous: _Lexeme | None = None
    suspect: _Lexeme | None = None
    noticed: _Lexeme | None = None
    for token in _tokens(text):
        if token.end > position:
            noticed = token
            break
        if token.text in _CLOSING:
            open_brackets.append(token)
        elif token.text in _PAIRS and open_brackets:
            opener = open_brackets.pop()
            if suspect is None and _is_outside(text, token, opener):
                suspect = opener
        previous = token
    if previous is not None and _is_open_text(previous.text):
        return _at(text, previous.start, _OPEN_TEXT)
    if noticed is not None and noticed.start < position and not noticed.text.startswith('"'):
        noticed = _Lexeme(text[position : noticed.end], position)
    return _of_json(text, message, position, open_brackets, previous, suspect, noticed)


def fault_of_json(text: str, error: json.JSONDecodeError) -> SyntaxFault:
    """Return the fault behind an error of any JSON parser; where the standard library's finds none, the error's."""
    try:
        json.loads(text)
    except json.JSONDecodeError as found:
        error = found
    except (ValueError, RecursionError):
        pass
    return json_fault(text, error.msg, error.pos)


def _of_json(
    text: str,
    message: str,
    position: int,
    open_brackets: list[_Lexeme],
    previous: _Lexeme | None,
    suspect: _Lexeme | None,
    noticed: _Lexeme | None,
) -> SyntaxFault:
    if noticed is None:
        if open_brackets:
            return _unclosed(text, suspect or open_brackets[-1], "the end of the file")
        return _at(text, position, "the file ends too early" if previous else "the file holds no JSON")
    found = noticed.text
    if _is_open_text(found):
        return _at(text, noticed.start, _OPEN_TEXT)
    if found in _PAIRS:
        if previous is not None and previous.text == ",":
            return _at(text, previous.start, f"this comma is one too many: {found} follows it")
        if not open_brackets:
            return _at(text, noticed.start, f"this {found} is one too many")
        if open_brackets[-1].text != _PAIRS[found]:
            return _unclosed(text, open_brackets[-1], f"the {found} in line {_place(text, noticed.start)[0]}")
    if found.startswith(("//", "/*", "#")):
        return _at(text, noticed.start, "JSON has no comments")
    if found.startswith("'"):
        return _at(text, noticed.start, 'JSON takes double quotes: "…"')
    if found in _LITERALS:
        return _at(text, noticed.start, f"{found} is not JSON: write {_LITERALS[found]}")
    if previous is not None and message.startswith("Expecting ','"):
        inside = open_brackets[-1].text if open_brackets else "{"
        if suspect is not None:
            return _unclosed(text, suspect, f"line {_place(text, noticed.start)[0]}")
        if "\n" in text[previous.end : noticed.start]:
            return _at(text, previous.end, f"a comma is missing here, or a {_CLOSING[inside]}")
        return _at(text, noticed.start, f"a comma is missing before this, or a {_CLOSING[inside]}")
    if previous is not None and message.startswith("Expecting ':'"):
        return _at(text, previous.end, "a colon is missing here")
    if message.startswith("Extra data") and previous is not None:
        return _at(text, noticed.start, "the document has ended before this")
    return _at(text, position, message)


def _tokens(text: str) -> Iterator[_Lexeme]:
    for found in _TOKEN.finditer(text):
        yield _Lexeme(found[0], found.start())


def _is_open_text(token: str) -> bool:
    """Tell whether a token is a text without its closing quote; an escaped quote closes nothing."""
    if not token.startswith('"'):
        return False
    escapes = len(token[:-1]) - len(token[:-1].rstrip("\\"))
    return len(token) == 1 or not token.endswith('"') or escapes % 2 == 1


def _is_outside(text: str, closer: _Lexeme, opener: _Lexeme) -> bool:
    """Tell whether a closing bracket that begins its line is indented less than the line of its opening one."""
    return _begins_line(text, closer.start) and _indent(text, closer.start) < _indent(text, opener.start)


def _begins_line(text: str, offset: int) -> bool:
    return not text[text.rfind("\n", 0, offset) + 1 : offset].strip()


def _indent(text: str, offset: int) -> int:
    start = text.rfind("\n", 0, offset) + 1
    return len(text[start:]) - len(text[start:].lstrip(" \t"))


def _place(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _at(text: str, offset: int, message: str) -> SyntaxFault:
    return SyntaxFault(message, *_place(text, offset))


def _unclosed(text: str, opener: _Lexeme, before: str) -> SyntaxFault:
    return _at(text, opener.start, f"the {opener.text} that is opened here is not closed before {before}")


def yaml_fault(text: str, error: Any) -> SyntaxFault:
    """Return the fault behind a `yaml.MarkedYAMLError`."""
    noticed, opened = error.problem_mark, error.context_mark
    context, problem = str(error.context or ""), str(error.problem or "it cannot be read")
    if _QUOTED_NAME.match(problem):
        problem = _REFERENCE  # an unquoted secret that begins with *, & or ! is such a name: it is not shown
    if noticed is None:
        return SyntaxFault(problem, 1, 1)
    problem = _yaml_problem(problem, text, noticed)
    if (quote := _quote_over_lines(text, noticed)) is not None:
        return SyntaxFault("the quote that is opened here is not closed in its line", *quote)
    if opened is None or opened.line == noticed.line:
        return SyntaxFault(problem, noticed.line + 1, noticed.column + 1)
    lines = text.splitlines()
    if context == "while scanning a quoted scalar" and "end of stream" in problem:
        return SyntaxFault("the quote that is opened here is not closed", opened.line + 1, opened.column + 1)
    if context.startswith("while parsing a flow"):
        if "stream end" in problem or _width(lines, noticed.line) <= _width(lines, opened.line):
            bracket = lines[opened.line][opened.column : opened.column + 1]
            before = "the end of the file" if "stream end" in problem else f"line {noticed.line + 1}"
            said = f"the {bracket} that is opened here is not closed before {before}"
            return SyntaxFault(said, opened.line + 1, opened.column + 1)
        before_it = next((row for row in range(noticed.line - 1, -1, -1) if lines[row].strip()), noticed.line)
        return SyntaxFault("a comma is missing here", before_it + 1, len(lines[before_it].rstrip()) + 1)
    if context == "while scanning a simple key":
        return SyntaxFault("a colon is missing in this line", opened.line + 1, opened.column + 1)
    return SyntaxFault(problem, noticed.line + 1, noticed.column + 1)


def _yaml_problem(problem: str, text: str, noticed: Any) -> str:
    """Return PyYAML's message in the words of a file's author; one that is not known here, unchanged."""
    if problem.startswith("expected <block end>"):
        return "this line does not fit the lines above it: correct its indentation"
    if problem.endswith("that cannot start any token"):
        found = text[noticed.index : noticed.index + 1]
        if found == "\t":
            return "YAML is not indented with tabs: replace the tab with spaces"
        return f"a text that begins with {found} must be in quotes"
    if problem == "mapping values are not allowed here":
        line = text.splitlines()[noticed.line]
        if re.search(r":\s", line[: noticed.column]):
            return "a text that contains a colon and a space must be in quotes"
        return "this line is indented more than the line above it, which has a value already"
    return problem


def _width(lines: list[str], row: int) -> int:
    """Return the indentation of a line; none behind the end."""
    return len(lines[row]) - len(lines[row].lstrip()) if row < len(lines) else 0


def _quote_over_lines(text: str, noticed: Any) -> tuple[int, int] | None:
    """Return where a quoted text begins that ends in the line of the problem and began in an earlier one.

    A quote that is not closed ends at the next quote, so that what follows that one cannot be read.
    """
    import yaml  # JSON needs no PyYAML

    found = None
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if token.start_mark.index > noticed.index:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ('"', "'"):
                start, end = token.start_mark, token.end_mark
                if start.line < end.line == noticed.line:
                    found = start.line + 1, start.column + 1
    except yaml.YAMLError:
        pass
    return found
