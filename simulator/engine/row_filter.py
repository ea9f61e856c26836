"""The filter language of the stream: a table of operators, expressions that print as they are read, and tests of rows.

    field:value   one of the operators in `OPERATORS`
    path:value    a value inside the event: data.total:>100, user.country:de, nested.*.data.id:ers, data.total:none
    field:=value  the whole value, in which `*`, `?` and brackets are literal: rule:="order complete [2]"
    word          the same as text:word
    a b, a and b  both;  a or b  either;  not a  the others;  ( ) group;  " " keep spaces together

Values are compared without case. A value with `*` or `?` is a pattern for the whole value, any other value may be a
part of it; an outcome must be the whole word. The language is modelled on mitmproxy's filter expressions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import translate
from operator import ge, gt, le, lt
from typing import Any, get_args

import orjson

from hubspot_dest.coverage.rule_coverage import NO_RULE_SOUGHT
from hubspot_dest.mapping.jsvalues import UNDEFINED
from hubspot_dest.mapping.paths import compile_path
from hubspot_dest.outcome import Kind
from simulator.engine.rows import Row

__all__ = [
    "NOTATION",
    "OPERATORS",
    "Condition",
    "Conjunction",
    "Disjunction",
    "Filter",
    "FilterError",
    "FilterExpression",
    "Negation",
    "Operator",
    "complete",
    "exactly",
    "filter_help",
    "is_path",
    "parse_expression",
    "parse_filter",
]

OUTCOMES: tuple[str, ...] = get_args(Kind)
Filter = Callable[[Row], bool]
"""Decides about a row."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<word>(?:[A-Za-z][\w.*]*:=?)?"(?:[^"\\]|\\.)*"|[^\s()"]+)|(?P<bad>\S))""",
    re.DOTALL,
)
_DEEPEST = 50
_UNQUOTED = re.compile(r"[\w@*?<>%+./\[\]-][\w@*?<>=%+./:\[\]-]*")
# A path begins with a section of an event; www.example.com:8080 is text.
_PATH = re.compile(r"(?:consent|context|custom|data|globals|nested|source|user)(?:\.[\w*]+)+")


class FilterError(ValueError):
    """A filter that cannot be parsed; the message explains what is wrong, with a correct form."""


# ---- expressions


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator with its value, or a path inside the event with its value.

    Attributes:
        name: an operator's name, or a path.
        value: in lower case, without quotation marks.
        whole: the value is compared whole.

    """

    name: str
    value: str
    whole: bool = False

    def __str__(self) -> str:
        plain = _UNQUOTED.fullmatch(self.value) is not None
        return f"{self.name}:{'=' * self.whole}{self.value if plain else _quoted(self.value)}"

    def test(self) -> Filter:
        """Return what decides about a row. Raises FilterError for a value that the operator does not know."""
        if is_path(self.name):
            return _inside(self.name, self.value, whole=self.whole)
        operator = _BY_NAME[self.name]
        if self.whole and operator.whole is not None:
            read, value = operator.whole, self.value
            return lambda row: read(row).lower() == value
        return operator.make(self.value)


@dataclass(frozen=True, slots=True)
class Negation:
    """`not a`."""

    part: FilterExpression

    def __str__(self) -> str:
        return f"not {_part(self.part)}"

    def test(self) -> Filter:
        """Return what decides about a row."""
        inner = self.part.test()
        return lambda row: not inner(row)


@dataclass(frozen=True, slots=True)
class Conjunction:
    """`a and b`; at least two parts."""

    parts: tuple[FilterExpression, ...]

    def __str__(self) -> str:
        return " and ".join(map(_part, self.parts))

    def test(self) -> Filter:
        """Return what decides about a row."""
        tests = [part.test() for part in self.parts]
        return lambda row: all([test(row) for test in tests])


@dataclass(frozen=True, slots=True)
class Disjunction:
    """`a or b`; at least two parts."""

    parts: tuple[FilterExpression, ...]

    def __str__(self) -> str:
        return " or ".join(map(_part, self.parts))

    def test(self) -> Filter:
        """Return what decides about a row."""
        tests = [part.test() for part in self.parts]
        return lambda row: any(test(row) for test in tests)


FilterExpression = Condition | Negation | Conjunction | Disjunction


def _part(expression: FilterExpression) -> str:
    return f"({expression})" if isinstance(expression, Conjunction | Disjunction) else str(expression)


def _quoted(value: str) -> str:
    escaped = re.sub(r'(["\\])', r"\\\1", value)
    return f'"{escaped}"'


# ---- reading


def parse_filter(text: str) -> Filter | None:
    """Return what decides about a row, or None for an empty filter, which every row matches.

    Raises:
        FilterError: the text is not a filter.

    """
    expression = parse_expression(text)
    return None if expression is None else expression.test()


def parse_expression(text: str) -> FilterExpression | None:
    """Return the expression of a filter; `str()` of it reads as the same expression. None for an empty filter.

    Raises:
        FilterError: the text is not a filter.

    """
    tokens = _tokens(text)
    if not tokens:
        return None
    parser = _Parser(tokens)
    found = parser.either(0)
    if parser.left:
        raise FilterError(f"{parser.left[0]!r} has no opening bracket; quote a text with a bracket in it")
    found.test()  # an unknown outcome or status is an error now
    return found


def exactly(name: str, value: str) -> str:
    """Return a filter for exactly this value: a rule's label, an event's name."""
    plain = re.fullmatch(r"[\w.@-]+", value) is not None
    return f"{name}:={value if plain else _quoted(value)}"


def is_path(text: str) -> bool:
    """Tell whether a filter can look at this path inside an event."""
    return _PATH.fullmatch(text) is not None


def complete(text: str) -> list[str]:
    """Return completions of a filter that is being typed: the text with its last word completed, best first."""
    head, word = re.fullmatch(r"(.*?)([^\s()]*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if not word or '"' in word:
        return []
    name, colon, value = word.partition(":")
    if not colon:
        return [
            f"{head}{current_operator.name}:"
            for current_operator in OPERATORS
            if current_operator.name.startswith(word.lower())
        ]
    operator = _BY_NAME.get(name.lower())
    values = operator.values if operator is not None else ()
    return [
        f"{head}{name}:{current_value}"
        for current_value in values
        if current_value.startswith(value.lower()) and current_value != value
    ]


def _tokens(text: str) -> list[str]:
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match["bad"]:
            raise FilterError("a quotation mark is not closed")
        tokens.append(match[0].strip())
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self.left = tokens

    def either(self, depth: int) -> FilterExpression:
        choices = [self.both(depth)]
        while self._takes("or"):
            choices.append(self.both(depth))
        return choices[0] if len(choices) == 1 else Disjunction(tuple(choices))

    def both(self, depth: int) -> FilterExpression:
        parts = [self.single(depth)]
        while self.left and self.left[0] != ")" and self.left[0].lower() != "or":
            self._takes("and")
            parts.append(self.single(depth))
        return parts[0] if len(parts) == 1 else Conjunction(tuple(parts))

    def single(self, depth: int) -> FilterExpression:
        if depth > _DEEPEST:
            raise FilterError("nested too deeply")
        if not self.left:
            raise FilterError("something is missing at the end: outcome:failed and …")
        if self._takes("not"):
            return Negation(self.single(depth + 1))
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


def _condition(token: str) -> Condition:
    name, colon, value = token.partition(":")
    operator = _BY_NAME.get(name.lower())
    comparable = is_path(name) or (operator is not None and operator.whole is not None)
    whole = bool(colon) and value.startswith("=") and comparable
    if whole:
        value = value[1:]
    if colon and is_path(name):
        value = _plain(value).lower()
        if not value:
            raise FilterError(f"{name}: needs a value; none matches a missing value")
        return Condition(name, value, whole)
    if token.startswith('"') or not colon or operator is None:
        if colon and name.isalpha() and not token.startswith('"') and not value.startswith("//"):
            close = get_close_matches(name.lower(), _BY_NAME, n=1)
            hint = (
                f"; did you mean {close[0]}:?"
                if close
                else f"; there are {', '.join(_BY_NAME)}, and paths like data.total"
            )
            raise FilterError(f"there is no field {name!r}{hint}")
        name, value = "text", token
    value = _plain(value).lower()
    if not value:
        raise FilterError(f"{name}: needs a value")
    return Condition(name.lower(), value, whole)


def _plain(value: str) -> str:
    if value.startswith('"') and value.endswith('"') and len(value) > 1:
        return re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL)
    return value


# ---- operators


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
        return lambda row: not (row.rule or row.is_batch or row.reason in NO_RULE_SOUGHT)
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
    return lambda row: any(
        [exchange.status is not None and test(exchange.status) for exchange in row.exchanges]
    )


def _inside(path: str, value: str, *, whole: bool = False) -> Filter:
    """Return a filter of one value inside the event, or of any of several where the path has a wildcard."""
    getter, number = compile_path(path), re.fullmatch(r"(>=|<=|>|<)(-?\d+(?:\.\d+)?)", value)
    tests = {">=": ge, "<=": le, ">": gt, "<": lt}
    pattern = re.compile(translate(value)) if not whole and ("*" in value or "?" in value) else None
    # The event's JSON must contain these for the path to lead anywhere; most events need not be parsed.
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
            several = [item for item in there if item is not UNDEFINED and item is not None]
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
    if value not in _MARKS:
        raise FilterError(f"a row is {', '.join(_MARKS)}, not {value!r}")
    return _MARKS[value]


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
            words += " ".join([exchange.error for exchange in row.exchanges])
        if said.search(words.lower()) is not None:
            return True
        if plain is not None:  # lower() knows ASCII's letters only, and they are all that is looked for
            return plain.encode() in row.event.lower()
        return held.search(row.event.decode().lower()) is not None

    return found


_MARKS: dict[str, Filter] = {
    "kept": lambda row: row.pinned,
    "different": lambda row: bool(row.upstream),
    "refused": lambda row: row.refusal is not None,
    "batch": lambda row: row.is_batch,
    "parked": lambda row: row.parked,
    "retrying": lambda row: row.retrying,
    "recovered": lambda row: row.recovered,
    "bisected": lambda row: row.bisected,
    "lost": lambda row: row.loses,
    "extra": lambda row: row.extra_call,
}


@dataclass(frozen=True, slots=True)
class Operator:
    """A field that a filter can ask for.

    Attributes:
        name: written before the colon.
        example: how it is used.
        says: what the example matches.
        make: returns what decides about a row, for a value in lower case.
        values: the values that it knows, for completion.
        whole: what `name:=value` compares; None where that makes no sense.

    """

    name: str
    example: str
    says: str
    make: Callable[[str], Filter]
    values: tuple[str, ...] = ()
    whole: Callable[[Row], str] | None = None


OPERATORS = (
    Operator("outcome", "outcome:failed", "one outcome, or a pattern such as f*", _outcome, OUTCOMES),
    Operator(
        "event", "event:order", "part of the event's name, or a pattern", _textual(lambda row: row.name),
        whole=lambda row: row.name,
    ),
    Operator(
        "person", "person:ada*", "the e-mail, user id, device or session", _textual(lambda row: row.person),
        whole=lambda row: row.person,
    ),
    Operator(
        "rule", 'rule:"order complete"', "the rule that matched; none: no rule", _rule, ("none",),
        whole=lambda row: row.rule,
    ),
    Operator(
        "status", "status:4xx", "HubSpot's response: 429, 4xx, >=500, none", _status,
        ("2xx", "4xx", "5xx", "404", "429", "503", "none"),
    ),
    Operator(
        "reason", "reason:no_identity", "the reason, as a code or as text",
        _textual(lambda row: f"{row.reason} {row.why}"), whole=lambda row: row.reason,
    ),
    Operator("is", "is:kept", f"a mark: {', '.join(_MARKS)} (lost and extra: by walkerOS)", _is, tuple(_MARKS)),
    Operator("text", "text:coupon", "a text anywhere in the row or its event", _anything),
)  # fmt: skip
"""Every operator: the parser, the help screen, docs/terminal.md and completion are made from this table."""
_BY_NAME = {operator.name: operator for operator in OPERATORS}

NOTATION = (
    ("data.total:>100", "a value inside the event: a path with >, >=, <, <=, part or pattern"),
    ("user.email:none", "the event has no value there"),
    ('event:="page  view"', "exactly this value; also person, rule, reason, a path"),
    ("coupon", "a bare word is text:coupon"),
    ("a b   a or b   not a   ( )", "both (also: and), either, all others, groups"),
)
"""What is written besides operators: an example, and what it means."""


def filter_help() -> Iterator[tuple[str, str]]:
    """Yield an example and its meaning for every form of a filter."""
    yield from ((operator.example, operator.says) for operator in OPERATORS)
    yield from NOTATION
