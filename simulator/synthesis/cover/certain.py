"""What can be said for certain about a `$code:` function without trying events: little, but that without a doubt."""

from __future__ import annotations

from typing import Final

from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.context import CallContext
from hubspot_dest.mapping.jsvalues import truthy
from simulator.synthesis.cover.hints import Look, read_hints
from simulator.synthesis.cover.jstokens import Token, tokens
from simulator.synthesis.cover.places import Code, Path, RulePlace

__all__ = ["is_constant", "needs"]

_KEYWORDS: Final = frozenset(
    """
    async await function return const let var if else true false null undefined typeof new in of for while
    instanceof void switch case break default try catch finally throw
    """.split()  # noqa: SIM905 - words read better as words
)
_COMPARED: Final = frozenset({"===", ">", ">=", "<", "<="})


def is_constant(code: Code, *, true: bool) -> bool:
    """Tell whether a function looks at nothing, and what it returns is true (or untrue)."""
    body = _body(code)
    if body is None:
        return False
    names = {one.text for one in body if one.kind == "name"} - _KEYWORDS
    if names or any("${" in one.text for one in body):
        return False
    runner, source = Callbacks(), str(code)
    try:
        owned = isinstance(code.owner, RulePlace)
        function = runner.rule_condition(source) if owned else runner.callable(source)
        return truthy(function({}, CallContext())) is true
    except Exception:  # it throws, or is no function: nothing is known
        return False


def needs(code: Code, path: Path) -> bool:
    """Tell whether a condition cannot hold where nothing usable stands at `path` of its input.

    That is so where it is `A && B && …`, and one of them compares the path with a literal that neither null, nor a map
    or list with null in it, can be equal to, greater or less than.
    """
    body = _body(code)
    if body is None:
        return False
    return any(_fails_without(code, part, path) for part in _conjuncts(body))


def _body(code: Code) -> list[Token] | None:
    """Return the expression of an arrow function; None for any other function."""
    words = tokens(code.removeprefix("$code:"))
    arrow = next((at for at, one in enumerate(words) if one.text == "=>" and one.kind == "sign"), None)
    if arrow is None or words[arrow + 1 : arrow + 2] == [Token("sign", "{")]:
        return None
    return words[arrow + 1 :]


def _conjuncts(body: list[Token]) -> list[list[Token]]:
    """Return what stands between `&&`; nothing where anything else could decide."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for word in body:
        sign = word.text if word.kind == "sign" else ""
        depth += (sign in ("(", "[", "{")) - (sign in (")", "]", "}"))
        if depth == 0 and sign in ("||", "??", "?", ",", ";", "=", "=>"):
            return []
        if depth == 0 and sign == "&&":
            parts.append([])
        else:
            parts[-1].append(word)
    return parts


def _fails_without(code: Code, part: list[Token], path: Path) -> bool:
    head = code.removeprefix("$code:").split("=>")[0]
    if any(one.kind == "sign" and one.text not in _COMPARED | {".", "?.", "-"} for one in part):
        return False
    compared = read_hints(f"{head}=> {' '.join(_source(one) for one in part)}").comparisons
    if len(compared) != 1 or compared[0].look != Look(path):
        return False
    operator, literal = compared[0].operator, compared[0].literal
    if operator == "===":
        return literal is not None
    if isinstance(literal, bool) or not isinstance(literal, (int, float)):
        return False
    # What is not there compares as NaN, null and [null] as 0: then 0 must fail as well.
    holds = {">": literal < 0, ">=": literal <= 0, "<": literal > 0, "<=": literal >= 0}
    return operator in holds and not holds[operator]


def _source(word: Token) -> str:
    return f"'{word.text}'" if word.kind == "text" else word.text
