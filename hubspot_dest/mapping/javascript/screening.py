"""Decide from a function's source whether it is certain to end in time without a worker process.

The engine checks the clock every 10,000 calls or loop iterations. That suffices unless a single iteration takes long,
and it takes long only on something big: a long text, a long list, a long chain of prototypes. So a function is
*bounded* if its source names only a few built-ins that are cheap on small values, and its context's small memory keeps
values small. It must also be *pure*: it does not change its inputs, so that it can be called again where that memory
was too small, and it catches no exception, so that it cannot hide the failure.

The check reads tokens, not a syntax tree, and says no when in doubt, which costs 15 µs a call.
"""

from __future__ import annotations

from typing import Final

from hubspot_dest.mapping.javascript.tokens import Token, UnknownTextError, tokens

__all__ = ["is_bounded"]

_MAX_CHARS: Final = 20_000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYWORDS: Final = _words(
    """
    async await return const let var if else true false null undefined NaN Infinity typeof of in for throw
    new break continue case switch default void function
    """
)
# What may be called, or named before a dot.
_GLOBALS: Final = _words(
    """
    Array Boolean Buffer Date Error Intl JSON Map Math Number Object RangeError Set String TextDecoder
    TextEncoder TypeError URL URLSearchParams Uint8Array atob btoa console crypto decodeURIComponent
    encodeURIComponent isFinite isNaN parseFloat parseInt performance structuredClone decodeURI encodeURI
    Symbol Promise
    """
)
_CALLED: Final = _GLOBALS - {
    "Array", "Object", "JSON", "Math", "Intl", "Buffer", "console", "crypto", "performance", "Promise",
}  # fmt: skip
_CONSTRUCTED: Final = _words(
    """
    Date Error Map RangeError Set TypeError URL URLSearchParams TextEncoder TextDecoder Uint8Array
    NumberFormat DateTimeFormat Collator PluralRules
    """
)
_METHODS: Final = _words(
    """
    UTC abs all at atob btoa ceil charAt charCodeAt codePointAt concat debug decode decodeURI description
    digest encode endsWith entries error every exec filter find findIndex findLast findLastIndex flat
    flatMap floor forEach format formatToParts from fromCharCode fromCodePoint fromEntries get getAll
    getDate getDay getFullYear getHours getMilliseconds getMinutes getMonth getSeconds getTime
    getTimezoneOffset getUTCDate getUTCDay getUTCFullYear getUTCHours getUTCMilliseconds getUTCMinutes
    getUTCMonth getUTCSeconds has hasOwn hasOwnProperty includes indexOf info is isArray isFinite isInteger
    isNaN isSafeInteger join keys lastIndexOf localeCompare log map match matchAll max min normalize now
    padEnd padStart parse parseFloat parseInt pow randomUUID random reduce repeat replace replaceAll resolve round
    scope search sign slice some split startsWith stringify substr substring test throw toDateString toFixed
    toISOString toJSON toLocaleDateString toLocaleLowerCase toLocaleString toLocaleTimeString
    toLocaleUpperCase toLowerCase toPrecision toReversed toSorted toString toUTCString toUpperCase trim
    trimEnd trimStart trunc valueOf values warn with json compare select sqrt log10 hypot cbrt isWellFormed
    toWellFormed
    """
)
# Methods that change their list or map, which must be one that the function itself has created.
_CHANGING: Final = _words(
    """
    add append copyWithin delete fill pop push reverse set shift sort splice unshift
    """
)
_COPYING: Final = _words(
    """
    concat entries filter flat flatMap from keys map slice split toReversed toSorted values reverse sort
    """
)
_REACHING: Final = _words(
    """
    __proto__ constructor prototype call apply bind defineProperty setPrototypeOf arguments getPrototypeOf
    """
)
_ASSIGNING: Final = _words("= += -= *= /= %= &= |= ^= <<= >>= >>>= **= &&= ||= ??=")
_BEFORE_PATTERN: Final = _words("const let var ( , { : ; }")
_AFTER_VALUE: Final = _words(", ; of in ) } ]")
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}


def is_bounded(source: str) -> bool:
    """Return whether a function is certain to end near its time limit in this process, and changes no input."""
    if len(source) > _MAX_CHARS:
        return False
    try:
        return _Text(tokens(source)).bounded()
    except (UnknownTextError, IndexError, KeyError, RecursionError):
        return False


class _Text:
    """The tokens of one function, and its local names."""

    def __init__(self, words: list[Token]) -> None:
        self._words = [Token("sign", ";"), *words, Token("sign", ";")]
        self._partner = self._pair()
        self._parameters = self._find_parameters()
        self._declarations = self._find_declarations()
        self._declared = {self._words[at].text for _, at in self._declarations}
        self._fresh = self._find_fresh()
        self._local = self._declared | self._parameters | self._destructured()

    def bounded(self) -> bool:
        """Return whether every token is known to be harmless where it is used."""
        first = self._words[1].text
        if first not in ("(", "async", "function") and self._words[2].text != "=>":
            return False
        return all([self._harmless(at) for at in range(1, len(self._words) - 1)])

    def _pair(self) -> dict[int, int]:
        partner: dict[int, int] = {}
        opened: list[int] = []
        for at, word in enumerate(self._words):
            if word.kind != "sign":
                continue
            if word.text in _PAIRS:
                opened.append(at)
            elif word.text in _PAIRS.values():
                start = opened.pop()
                partner[start], partner[at] = at, start
        return partner

    def _find_parameters(self) -> set[str]:
        """Return the names before an arrow, and in the parentheses before an arrow or after `function`."""
        found: set[str] = set()
        for at, word in enumerate(self._words):
            start = -1
            if word.text == "=>":
                if self._words[at - 1].kind == "name":
                    found.add(self._words[at - 1].text)
                elif self._words[at - 1].text == ")":
                    start = self._partner[at - 1]
            elif word.text == "function" and word.kind == "name":
                start = at + 1 + (self._words[at + 1].kind == "name")
                if self._words[start].text != "(":
                    start = -1
            if start >= 0:
                inside = self._words[start : self._partner[start]]
                found.update([inner.text for inner in inside if inner.kind == "name"])
        return found

    def _destructured(self) -> set[str]:
        found: set[str] = set()
        for at, word in enumerate(self._words):
            if word.text in ("const", "let", "var") and self._words[at + 1].text in ("{", "["):
                inside = self._words[at + 1 : self._partner[at + 1]]
                found.update([inner.text for inner in inside if inner.kind == "name"])
        return found

    def _find_declarations(self) -> list[tuple[str, int]]:
        """Return (declaring keyword, token index of the name) for all names outside of patterns."""
        found = []
        for at, word in enumerate(self._words):
            if word.text == "function" and self._words[at + 1].kind == "name":
                found.append(("function", at + 1))
            if word.text not in ("const", "let", "var"):
                continue
            place = at
            while place == at or self._words[place].text == ",":
                place += 1
                if self._words[place].kind == "name":
                    found.append((word.text, place))
                while self._words[place].text not in _AFTER_VALUE:
                    place = self._partner[place] + 1 if self._words[place].text in _PAIRS else place + 1
        return found

    def _find_fresh(self) -> set[str]:
        """Return the constants that hold a list, map or set created by the function itself."""
        names = [self._words[at].text for _, at in self._declarations]
        found = {
            self._words[at].text
            for how, at in self._declarations
            if how == "const" and self._words[at + 1].text == "=" and self._makes(at + 2)
        }
        return {name for name in found if names.count(name) == 1} - self._parameters

    def _makes(self, at: int) -> bool:
        """Return whether the expression at `at` is just a literal or a constructor call."""
        word = self._words[at].text
        opening = at + 2 if word == "new" else at
        if word not in ("new", "[", "{") or self._words[opening].text not in _PAIRS:
            return False
        after = self._words[self._partner[opening] + 1]
        return after.text in (";", ",") or (after.kind == "name" and after.text not in ("in", "of"))

    def _harmless(self, at: int) -> bool:
        word = self._words[at]
        before, after = self._words[at - 1], self._words[at + 1]
        if word.kind == "name":
            return self._harmless_name(at)
        if word.kind == "template":
            return not (before.kind == "name" and before.text not in _KEYWORDS) and before.text not in (
                ")",
                "]",
            )
        if word.kind == "string":
            return word.text[1:-1] not in _REACHING and "\\x" not in word.text and "\\u" not in word.text
        if word.kind != "sign":
            return True
        if word.text in _ASSIGNING:
            return self._assigns_locally(at)
        if word.text in ("++", "--"):
            name, outer = (
                (before, self._words[at - 2]) if before.kind == "name" else (after, self._words[at + 2])
            )
            return name.text in self._local and outer.text not in (".", "?.", "[")
        if word.text == "(":
            return self._harmless_call(at)
        return not (word.text == "?." and after.text in ("(", "["))

    def _harmless_name(self, at: int) -> bool:
        name = self._words[at].text
        before, after = self._words[at - 1].text, self._words[at + 1].text
        if name in _REACHING:
            return False
        if before in (".", "?."):
            return True
        if name in _KEYWORDS:
            return name != "for" or (after == "(" and self._goes_through(at + 1))
        if name in self._local or after == ":":
            return True
        if before in ("{", ",") and after in (",", "}"):  # a shorthand property reads an unknown name
            return False
        return name in _GLOBALS and after in (".", "(", "?.")

    def _goes_through(self, opening: int) -> bool:
        """Return whether a loop is `for (const x of …)` or `for (const x in …)`."""
        inside = [word.text for word in self._words[opening + 1 : self._partner[opening]]]
        return (
            inside[0] in ("const", "let", "var") and ("of" in inside or "in" in inside) and ";" not in inside
        )

    def _harmless_call(self, at: int) -> bool:
        """Return whether a parenthesis is not a call, or calls a known function."""
        called, before = self._words[at - 1], self._words[at - 2].text
        if called.kind in ("string", "regex", "template", "number") or called.text == "]":
            return False
        if called.kind == "embed":
            return True
        if called.text == ")":  # `if (…) (…)`, or a function that a call returned
            return self._words[self._partner[at - 1] - 1].text in ("if", "for", "switch")
        if called.kind != "name" or called.text in _KEYWORDS:
            return called.text not in ("function",) or self._words[self._partner[at] + 1].text == "{"
        if before in (".", "?."):
            if called.text in _CHANGING:
                return self._own(at - 3)
            return called.text in _METHODS or called.text in _CONSTRUCTED
        if before == "new":
            return called.text in _CONSTRUCTED
        if before == "function":
            return True
        return called.text in _CALLED or called.text in self._declared

    def _own(self, at: int) -> bool:
        """Return whether the value that ends at `at` was created by the function itself."""
        word = self._words[at]
        if word.text == "]":
            start = self._partner[at]
            outer = self._words[start - 1]
            # a literal, not an index
            return outer.text in _KEYWORDS or (outer.kind == "sign" and outer.text not in (")", "]"))
        if word.text == ")":
            method = self._partner[at] - 1
            return self._words[method - 1].text in (".", "?.") and self._words[method].text in _COPYING
        return word.text in self._fresh and self._words[at - 1].text not in (".", "?.")

    def _assigns_locally(self, at: int) -> bool:
        target, before = self._words[at - 1], self._words[at - 2].text
        if target.kind == "name":
            if before in (".", "?."):
                return self._words[at - 3].text in self._fresh and self._words[at - 4].text not in (".", "?.")
            return target.text in self._local
        start = self._partner[at - 1]
        outer = self._words[start - 1]
        if target.text == "]" and outer.text in self._fresh:
            return self._words[start - 2].text not in (".", "?.")
        return outer.text in _BEFORE_PATTERN and self._names_locals(start)

    def _names_locals(self, start: int) -> bool:
        """Return whether the pattern that begins at `start` assigns only to local names."""
        inside = self._words[start + 1 : self._partner[start]]
        return all([word.text not in (".", "?.", "[", "(") for word in inside]) and all(
            [
                word.text in self._local or after.text == ":"
                for word, after in zip(inside, [*inside[1:], self._words[0]], strict=True)
                if word.kind == "name"
            ]
        )
