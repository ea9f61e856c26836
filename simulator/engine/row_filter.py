"""The filter language of the stream, after mitmproxy's: `outcome:failed and not person:ada*`.

    field:value   one of outcome, event, person, rule, status, reason, is, text
    path:value    a value inside the event: data.total:>100, user.country:de, nested.*.data.id:ers, data.total:none
    field:=value  the whole value, where `*`, `?` and brackets mean themselves: rule:="order complete [2]"
    word          looks for the word in everything, like text:word
    a b, a and b  both;  a or b  either;  not a  neither;  ( ) group;  " " keep spaces together

Values are compared without case. With `*` or `?` in it a value is a pattern for the whole, else it may stand anywhere;
an outcome must be the whole word. `rule:none` are events that no rule matched. A status may be 429, 4xx, >=400 or
none; one of an event's calls has it. `is:kept` are events that are run again at every save, `is:different` those that
walkerOS would have treated otherwise, and `is:refused` those whose contact HubSpot did not take.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from difflib import get_close_matches
from fnmatch import translate
from operator import ge, gt, le, lt
from typing import Any

import orjson

from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.paths import compile_path
from simulator.engine.rows import UNSOUGHT, Row

__all__ = ["FIELDS", "Filter", "FilterError", "exactly", "is_path", "parse_filter"]

FIELDS = ("outcome", "event", "person", "rule", "status", "reason", "is", "text")
OUTCOMES = ("denied", "ignored", "skipped", "identified", "sent", "queued", "flushed", "failed")
Filter = Callable[[Row], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>(?:[A-Za-z][\w.*]*:=?)?"(?:[^"\\]|\\.)*"|[^\s()"]+)|(?P<bad>\S))"""
)
_DEEPEST = 50
# What begins with a section of an event is a path; www.example.com:8080 is text.
_PATH = re.compile(r"(?:consent|context|custom|data|globals|nested|source|user)(?:\.[\w*]+)+")


class FilterError(ValueError):
    """A filter that cannot be read: what is wrong, and what would be right."""


def parse_filter(text: str) -> Filter | None:
    """Return what decides about a row, or None for an empty filter: everything.

    Raises:
        FilterError: the text is no filter.

    """
    tokens = _tokens(text)
    if not tokens:
        return None
    parser = _Parser(tokens)
    found = parser.either(0)
    if parser.left:
        raise FilterError(f"{parser.left[0]!r} has no partner here; quote a text with a bracket in it")
    return found


def exactly(name: str, value: str) -> str:
    """Return a filter for what is exactly this: a rule's label, an event's name."""
    quoted = re.sub(r'(["\\])', r"\\\1", value)
    return f"{name}:={value}" if re.fullmatch(r"[\w.@-]+", value) else f'{name}:="{quoted}"'


def is_path(text: str) -> bool:
    """Tell whether a filter can look at this path inside an event."""
    return _PATH.fullmatch(text) is not None


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["bad"]:
            raise FilterError("a quotation mark has no partner")
        tokens.append(match[0].strip())
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens

    def either(self, depth: int) -> Filter:
        choices = [self.both(depth)]
        while self._takes("or"):
            choices.append(self.both(depth))
        return choices[0] if len(choices) == 1 else lambda row: any(one(row) for one in choices)

    def both(self, depth: int) -> Filter:
        parts = [self.one(depth)]
        while self.left and self.left[0] != ")" and self.left[0].lower() != "or":
            self._takes("and")
            parts.append(self.one(depth))
        return parts[0] if len(parts) == 1 else lambda row: all([one(row) for one in parts])

    def one(self, depth: int) -> Filter:
        if depth > _DEEPEST:
            raise FilterError("nested too deeply")
        if not self.left:
            raise FilterError("something is missing at the end: outcome:failed and …")
        if self._takes("not"):
            inner = self.one(depth + 1)
            return lambda row: not inner(row)
        token = self.left.pop(0)
        if token == "(":  # noqa: S105 - a bracket
            found = self.either(depth + 1)
            if not self._takes(")"):
                raise FilterError("a bracket is not closed")
            return found
        if token == ")" or token.lower() in ("and", "or"):  # noqa: S105 - a bracket
            raise FilterError(f"{token!r} has nothing before it")
        return _condition(token)

    def _takes(self, word: str) -> bool:
        if self.left and self.left[0].lower() == word:
            self.left.pop(0)
            return True
        return False


def _condition(token: str) -> Filter:
    name, colon, value = token.partition(":")
    whole = colon and value.startswith("=") and (name.lower() in _WHOLE or is_path(name))
    if whole:
        value = value[1:]
    if colon and is_path(name):
        value = _plain(value).lower()
        if not value:
            raise FilterError(f"{name}: needs a value; none stands for nothing there")
        return _inside(name, value, whole=bool(whole))
    if token.startswith('"') or not colon or name.lower() not in FIELDS:
        if colon and name.isalpha() and not token.startswith('"') and not value.startswith("//"):
            close = get_close_matches(name.lower(), FIELDS, n=1)
            hint = (
                f"; did you mean {close[0]}:?"
                if close
                else f"; there are {', '.join(FIELDS)}, and paths like data.total"
            )
            raise FilterError(f"there is no field {name!r}{hint}")
        name, value = "text", token
    value = _plain(value).lower()
    if not value:
        raise FilterError(f"{name}: needs a value")
    if whole:
        read = _WHOLE[name.lower()]
        return lambda row: read(row).lower() == value
    return _FIELDS[name.lower()](value)


def _plain(value: str) -> str:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    return value


def _outcome(value: str) -> Filter:
    if "*" not in value and "?" not in value and value not in OUTCOMES:
        close = get_close_matches(value, OUTCOMES, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(OUTCOMES)}"
        raise FilterError(f"there is no outcome {value!r}; {hint}")
    pattern = re.compile(translate(value))
    return lambda row: pattern.match(row.kind) is not None


def _textual(read: Callable[[Row], str]) -> Callable[[str], Filter]:
    def make(value: str) -> Filter:
        if "*" in value or "?" in value:
            pattern = re.compile(translate(value))
            return lambda row: pattern.match(read(row).lower()) is not None
        return lambda row: value in read(row).lower()

    return make


def _rule(value: str) -> Filter:
    if value == "none":
        return lambda row: not (row.rule or row.is_batch or row.reason in UNSOUGHT)
    return _textual(lambda row: row.rule)(value)


def _status(value: str) -> Filter:
    if value == "none":
        return lambda row: row.status is None
    if re.fullmatch(r"[1-5]xx", value):
        first = int(value[0])
        return _any_status(lambda status: status // 100 == first)
    match = re.fullmatch(r"(>=|<=|>|<|=)?(\d{1,3})", value)
    if match is None:
        raise FilterError(f"a status is 429, 4xx, >=400 or none, not {value!r}")
    number = int(match[2])
    tests: dict[str, Callable[[int], bool]] = {
        ">=": lambda status: status >= number,
        "<=": lambda status: status <= number,
        ">": lambda status: status > number,
        "<": lambda status: status < number,
    }
    tests["="] = lambda status: status == number
    return _any_status(tests[match[1] or "="])


def _any_status(test: Callable[[int], bool]) -> Filter:
    return lambda row: any([one.status is not None and test(one.status) for one in row.exchanges])


def _inside(path: str, value: str, *, whole: bool = False) -> Filter:
    """Return a filter of one value inside the event, or of any of several where the path has a wildcard."""
    getter, number = compile_path(path), re.fullmatch(r"(>=|<=|>|<)(-?\d+(?:\.\d+)?)", value)
    tests = {">=": ge, "<=": le, ">": gt, "<": lt}
    pattern = re.compile(translate(value)) if not whole and ("*" in value or "?" in value) else None
    # What must stand in the event's JSON for the path to lead anywhere: most events need not be read for that.
    needed = [step.encode() for step in path.split(".") if step not in ("*", "length") and not step.isdigit()]

    def holds(found: Any) -> bool:
        if number is not None and not whole:
            try:
                return bool(tests[number[1]](float(found), float(number[2])))
            except (TypeError, ValueError):
                return False
        text = found.lower() if isinstance(found, str) else json.dumps(found, ensure_ascii=False).lower()
        if whole:
            return text == value
        return pattern.match(text) is not None if pattern is not None else value in text

    def found(row: Row) -> bool:
        if not row.event:
            return False
        there: Any = UNDEFINED
        if all([step in row.event for step in needed]):
            there = getter(_quickly(row))
        if "*" in path and isinstance(there, list):
            several = [one for one in there if one is not UNDEFINED and one is not None]
            return not several if value == "none" and not whole else any(map(holds, several))
        if there is UNDEFINED or there is None:
            return value == "none" and not whole
        return (value != "none" or whole) and holds(there)

    return found


def _quickly(row: Row) -> Any:
    """Return a row's event; a filter may have to look into a hundred thousand."""
    try:
        return orjson.loads(row.event)
    except orjson.JSONDecodeError:  # a number that JSON does not have, or no event at all
        return row.plain_event()


def _is(value: str) -> Filter:
    marks: dict[str, Filter] = {
        "kept": lambda row: row.pinned,
        "different": lambda row: bool(row.upstream),
        "refused": lambda row: row.refusal is not None,
        "batch": lambda row: row.is_batch,
    }
    if value not in marks:
        raise FilterError(f"a row is {', '.join(marks)}, not {value!r}")
    return marks[value]


def _anything(value: str) -> Filter:
    parts = [part for part in re.split(r"([*?])", value) if part]
    if not set(parts) - {"*"}:
        return lambda row: True  # noqa: ARG005 - everything
    special = {"*": ".*?", "?": "."}
    # JSON writes a quotation mark, a backslash and a line's end in its own way; people type them as they are.
    typed = "".join(special.get(part) or re.escape(part) for part in parts)
    stored = "".join(
        special.get(part) or re.escape(json.dumps(part, ensure_ascii=False)[1:-1]) for part in parts
    )
    said, held = re.compile(typed, re.DOTALL), re.compile(stored, re.DOTALL)
    plain = value if value.isascii() and len(parts) == 1 and typed == stored else None

    def found(row: Row) -> bool:
        words = f"{row.kind} {row.reason} {row.sentence} {row.name} {row.person} {row.rule} {row.upstream}"
        if row.exchanges:
            words += " ".join([one.error for one in row.exchanges])
        if said.search(words.lower()) is not None:
            return True
        if plain is not None:  # lower() knows ASCII's letters only, and they are all that is looked for
            return plain.encode() in row.event.lower()
        return held.search(row.event.decode().lower()) is not None

    return found


_FIELDS: dict[str, Callable[[str], Filter]] = {
    "outcome": _outcome,
    "event": _textual(lambda row: row.name),
    "person": _textual(lambda row: row.person),
    "rule": _rule,
    "status": _status,
    "reason": _textual(lambda row: f"{row.reason} {row.why}"),
    "is": _is,
    "text": _anything,
}
_WHOLE: dict[str, Callable[[Row], str]] = {
    "event": lambda row: row.name,
    "person": lambda row: row.person,
    "rule": lambda row: row.rule,
    "reason": lambda row: row.reason,
}
"""What can be asked for exactly: `rule:="order complete"`."""
