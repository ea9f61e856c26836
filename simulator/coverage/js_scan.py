"""Scan a `$code:` function for the properties that it reads and the literals that it compares them with.

This is a scanner, not a parser: its results are hints, to be confirmed by planning an event.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.coverage.js_tokens import JsToken, tokens
from simulator.coverage.mapping_tree import Path
from simulator.coverage.regex_samples import sample

__all__ = ["JsComparison", "CodeHints", "PropertyRead", "read_hints"]

_OPERATORS: Final = frozenset({"===", "!==", "==", "!=", ">=", "<=", ">", "<"})
_TURNED: Final = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
_EACH: Final = frozenset(
    {"some", "every", "find", "filter", "map", "forEach", "findIndex", "flatMap", "reduce"}
)
_SAME: Final = frozenset(
    {"toLowerCase", "toUpperCase", "trim", "toString", "toFixed", "valueOf", "normalize"}
)
_TESTS: Final = frozenset(
    {"includes", "startsWith", "endsWith", "indexOf", "match", "search", "hasOwnProperty"}
)


@dataclass(frozen=True, slots=True)
class PropertyRead:
    """A property that a function reads: of its input, or of the event (`whole`)."""

    path: Path
    whole: bool = False


@dataclass(frozen=True, slots=True)
class JsComparison:
    """A read property, the operator and the literal: `===`, `>=`, …, `includes`, `startsWith`, `length >` and so on."""

    look: PropertyRead
    operator: str
    literal: Any


@dataclass(slots=True)
class CodeHints:
    """The properties that a function reads, in source order."""

    looks: list[PropertyRead] = field(default_factory=list)
    comparisons: list[JsComparison] = field(default_factory=list)
    literals: list[Any] = field(default_factory=list)


def read_hints(code: str) -> CodeHints:
    """Return the hints of a function's source."""
    reader = _Scanner(tokens(code.removeprefix("$code:")))
    reader.read()
    return reader.hints


class _Scanner:
    """Scans the tokens once and tracks what names refer to."""

    def __init__(self, words: list[JsToken]) -> None:
        self.words = words
        self.hints = CodeHints()
        self._names: dict[str, PropertyRead] = {}

    def read(self) -> None:
        start = self._parameters()
        at = start
        while at < len(self.words):
            at = self._one(at)
        self._note_literals(start)

    def _word(self, at: int) -> str:
        return (
            self.words[at].text
            if 0 <= at < len(self.words) and self.words[at].kind in ("name", "sign")
            else ""
        )

    # ---- names

    def _parameters(self) -> int:
        """Scan the parameters: the input, then the context."""
        at = 0
        while self._word(at) in ("async", "function") or (
            self._word(at - 1) == "function" and self._word(at) != "("
        ):
            at += 1
        roots = (PropertyRead(()), None)
        if self._word(at) != "(":
            if self._word(at + 1) == "=>":
                self._names[self.words[at].text] = PropertyRead(())
            return at + 2
        at += 1
        for number in range(8):
            if self._word(at) == ")":
                break
            if number < len(roots) and self._word(at) == "{":
                look = roots[number]
                at = self._pattern(at, look) if look is not None else self._context(at)
            elif self.words[at : at + 1] and self.words[at].kind == "name":
                look = roots[number] if number < len(roots) else None
                if look is not None:
                    self._names[self.words[at].text] = look
                elif number == 1:
                    self._names[self.words[at].text] = PropertyRead(("$context",), whole=True)
                at += 1
            while at < len(self.words) and self._word(at) not in (",", ")"):
                at += 1
            if self._word(at) == ",":
                at += 1
        return at + 1

    def _pattern(self, at: int, look: PropertyRead) -> int:
        """Read `{ a, b: c, d: { e } }` as names for properties; return the end index."""
        at += 1
        while at < len(self.words) and self._word(at) != "}":
            if self.words[at].kind in ("name", "text"):
                below = PropertyRead((*look.path, self.words[at].text), look.whole)
                if self._word(at + 1) == ":" and self._word(at + 2) == "{":
                    at = self._pattern(at + 2, below)
                    continue
                if self._word(at + 1) == ":":
                    self._names[self.words[at + 2].text] = below
                    at += 2
                else:
                    self._names[self.words[at].text] = below
            at += 1
        return at + 1

    def _context(self, at: int) -> int:
        """Scan the destructured context: `{ event }` is the event, `{ consent }` its consent."""
        return self._pattern(at, PropertyRead(("$context",), whole=True))

    @staticmethod
    def _plain(look: PropertyRead) -> PropertyRead | None:
        """Map a context property to an event property; None for one that events cannot change."""
        if look.path[:1] != ("$context",):
            return look
        below = look.path[1:]
        if below[:1] == ("event",):
            return PropertyRead(below[1:], whole=True)
        return PropertyRead(below, whole=True) if below[:1] == ("consent",) else None

    # ---- property reads

    def _chain(self, at: int) -> tuple[PropertyRead | None, int, str]:
        """Read `event.data?.items[0].length`: the property, the end index, and the called method."""
        found = self._names.get(self.words[at].text) if self.words[at].kind == "name" else None
        if found is None or self._word(at - 1) in (".", "?."):
            return None, at + 1, ""
        path = list(found.path)
        at += 1
        while at < len(self.words):
            following = self.words[at + 1] if at + 1 < len(self.words) else None
            if self._word(at) in (".", "?.") and following is not None and following.kind == "name":
                if self._word(at + 2) == "(" or (self._word(at + 2) == "?." and self._word(at + 3) == "("):
                    return PropertyRead(tuple(path), found.whole), at + 2, following.text
                path.append(following.text)
                at += 2
            elif self._word(at) == "?." and self._word(at + 1) == "[":
                at += 1
            elif (
                self._word(at) == "["
                and following is not None
                and following.kind in ("text", "number")
                and self._word(at + 2) == "]"
            ):
                path.append(following.text)
                at += 3
            else:
                break
        return PropertyRead(tuple(path), found.whole), at, ""

    def _one(self, at: int) -> int:
        if self._word(at) in ("const", "let", "var"):
            return self._declared(at + 1)
        look, end, method = self._chain(at)
        if look is None:
            return end
        plain = self._plain(look)
        if plain is None:
            return end
        self.hints.looks.append(plain)
        if method in _EACH:
            self._each(end, look, method)
            return end
        while method in _SAME:
            end = self._closing(end)
            following = self._word(end)
            method = ""
            if following in (".", "?.") and self._word(end + 2) == "(":
                method, end = self._word(end + 1), end + 2
        if method in _TESTS:
            for literal in self._arguments(end):
                self.hints.comparisons.append(JsComparison(plain, method, literal))
            return end
        self._compared(plain, at, end)
        return end

    def _declared(self, at: int) -> int:
        """Read `const total = event.data.total` and `const { data } = event` as new names."""
        if self._word(at) == "{":
            end = self._skip(at, "{", "}")
            if self._word(end) == "=":
                look, after, method = self._chain(end + 1) if end + 1 < len(self.words) else (None, end, "")
                if look is not None and not method:
                    self._pattern(at, look)
                    return after
            return end
        if self._word(at + 1) == "=" and at + 2 < len(self.words):
            begin = at + 2
            while self._word(begin) in ("(",) or self._word(begin) in (
                "Number",
                "String",
                "parseFloat",
                "parseInt",
            ):
                begin += 1
            look, _, method = self._chain(begin) if begin < len(self.words) else (None, at, "")
            if look is not None and (not method or method in _SAME):
                self._names[self.words[at].text] = look
        return at + 1

    def _each(self, at: int, look: PropertyRead, method: str) -> None:
        """Scan the parameter of a callback: `nested.some(n => …)`."""
        at += 1
        if self._word(at) == "(":
            at += 1
        if method == "reduce":
            at += 2
        below = PropertyRead((*look.path, "*"), look.whole)
        if self._word(at) == "{":
            self._pattern(at, below)
        elif at < len(self.words) and self.words[at].kind == "name":
            self._names[self.words[at].text] = below

    def _compared(self, look: PropertyRead, begin: int, end: int) -> None:
        # `(event.data.total ?? 0) >= 5`, `Number(event.data.total) >= 5`: skip the default and the brackets.
        after = end
        while self._word(after) in (")", "??", "||") and after < end + 4:
            after += 2 if self._word(after) in ("??", "||") else 1
        operator = self._word(after)
        if operator in _OPERATORS:
            negative = self._word(after + 1) == "-"
            at = after + 1 + negative
            if at < len(self.words) and (literal := _literal(self.words[at])) is not _NOTHING:
                value = -literal if negative and isinstance(literal, (int, float)) else literal
                self._add(look, operator, value, begin)
                return
        before = begin - 1
        while self._word(before) == "(" or self._word(before) in (
            "Number",
            "String",
            "parseFloat",
            "parseInt",
        ):
            before -= 1
        if self._word(before) in _OPERATORS and before > 0:
            literal = _literal(self.words[before - 1])
            if literal is not _NOTHING:
                operator = self._word(before)
                self._add(look, _TURNED.get(operator, operator), literal, begin)
                return
        if self._word(before) == "in" and before > 0 and self.words[before - 1].kind == "text":
            below = PropertyRead((*look.path, self.words[before - 1].text), look.whole)
            self.hints.looks.append(below)
            self.hints.comparisons.append(JsComparison(below, "truthy", None))
            return
        self._asked_by(look, begin)

    def _asked_by(self, look: PropertyRead, begin: int) -> None:
        """Read `["a", "b"].includes(event.data.x)`, `/a/.test(event.data.x)`, `Array.isArray(…)`, a bare property."""
        call = begin - 1
        while call > 0 and self._word(call) != "(" and self._word(call) in (")",):
            call -= 1
        method = self._word(call - 1) if self._word(call) == "(" else ""
        if method == "test" and call >= 3 and self.words[call - 3].kind == "regex":
            self.hints.comparisons.append(JsComparison(look, "test", self.words[call - 3].text))
        elif method == "includes" and self._word(call - 3) == "]":
            at = call - 4
            while at >= 0 and self._word(at) != "[":
                if (literal := _literal(self.words[at])) is not _NOTHING:
                    self.hints.comparisons.append(JsComparison(look, "===", literal))
                at -= 1
        elif method == "isArray":
            self.hints.comparisons.append(JsComparison(look, "isArray", None))
        elif self._word(begin - 1) != "." and look.path:
            asked = "falsy" if self._word(begin - 1) == "!" and self._word(begin - 2) != "!" else "truthy"
            self.hints.comparisons.append(JsComparison(look, asked, None))

    def _add(self, look: PropertyRead, operator: str, literal: Any, begin: int) -> None:
        if self._word(begin - 1) == "typeof":
            operator = "typeof" if operator in ("===", "==") else "not typeof"
        self.hints.comparisons.append(JsComparison(look, operator, literal))

    # ---- brackets

    def _skip(self, at: int, opens: str, closes: str) -> int:
        depth = 0
        while at < len(self.words):
            depth += (self._word(at) == opens) - (self._word(at) == closes)
            at += 1
            if depth == 0:
                break
        return at

    def _closing(self, at: int) -> int:
        if self._word(at) == "?.":
            at += 1
        return self._skip(at, "(", ")")

    def _arguments(self, at: int) -> Iterator[Any]:
        for word in self.words[at : self._closing(at)]:
            if word.kind == "regex":
                yield sample(word.text)
            elif (literal := _literal(word)) is not _NOTHING:
                yield literal

    def _note_literals(self, start: int) -> None:
        for word in self.words[start:]:
            literal = sample(word.text) if word.kind == "regex" else _literal(word)
            if literal is not _NOTHING and literal not in self.hints.literals:
                self.hints.literals.append(literal)


_NOTHING: Final = object()


def _literal(word: JsToken) -> Any:
    if word.kind == "name" and word.text == "undefined":
        return None
    try:
        return word.literal
    except ValueError:
        return _NOTHING
