"""References in a flow file: `$var`, `$env`, `$secret`, `$flow`, `$contract` (walkerOS 4.4, sections 6.2 and 7)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from hubspot_dest.config.validation import Problem
from hubspot_dest.mapping.jsvalues import UNDEFINED, to_string

__all__ = ["FlowError", "References"]

Path = tuple[str | int, ...]

_MAX_VALUES: Final = (
    100_000  # bounds the expansion: variables that each contain nine others grow exponentially
)
_MAX_TEXT: Final = 16 * 1024 * 1024
_NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_STEPS: Final = r"((?:\.[A-Za-z0-9_]+)*)"
_WHOLE: Final = re.compile(rf"\$(var|contract|flow)\.({_NAME}){_STEPS}")
_SECRET: Final = re.compile(r"\$secret\.([A-Z0-9_]+)")
_INLINE_VAR: Final = re.compile(rf"\$var\.({_NAME}){_STEPS}")
_INLINE_ENV: Final = re.compile(rf'\$env\.({_NAME})(?::([^"}}\s]*))?')
# A default after anything but a colon: `$env.TOKEN=x`, `$env.TOKEN || x`.
_WRONG_DEFAULT: Final = re.compile(rf"\$env\.({_NAME})\s*(?:=|\|\|?|\?\?)\s*(\S*)", re.DOTALL)
_ANY: Final = re.compile(rf"\$({_NAME})([.:])([A-Za-z0-9_][A-Za-z0-9_.]*)?")
_KNOWN: Final = ("var", "env", "secret", "flow", "contract", "store", "def", "code")
_WHOLE_ONLY: Final = re.compile(rf"\$(secret|flow|contract|store)\.{_NAME}")
_CODE: Final = "$code:"
# Strings and comments of JavaScript, in which a dollar sign has no meaning.
_JS_TEXT: Final = re.compile(
    r"""'(?:\\.|[^'\\\n])*+'|"(?:\\.|[^"\\\n])*+"|`(?:\\.|[^`\\])*+`|//[^\n]*+|/\*.*?\*/""", re.DOTALL
)
_JS_NAME: Final = re.compile(rf"(?<![A-Za-z0-9_$.])\$({_NAME})(\s*\.)?")


class FlowError(Exception):
    """A flow file that cannot be used.

    Attributes:
        problem: what is wrong, with its path from the root of the file.

    """

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(path, message, hint)


def _unknown(reference: str, kind: str, path: Path) -> FlowError:
    near = difflib.get_close_matches(kind, _KNOWN, n=1, cutoff=0.5)
    hint = (
        f"did you mean ${near[0]}.?"
        if near
        else f"references are: {', '.join(f'${known}' for known in _KNOWN[:6])}"
    )
    return FlowError(path, f"{reference!r} is not a reference: walkerOS has no ${kind}", hint)


def _no_flow(name: str) -> Any:
    raise KeyError(name)


@dataclass(slots=True)
class References:
    """Replace references by their values.

    Args:
        variables: the variables in effect: the step's override the flow's, which override the root's.
        environment: the environment variables.
        contract: the file's contracts by name, merged with what they extend.
        sibling: returns the `config` block of another flow of the file, with its references replaced; raises KeyError
            for an unknown flow.

    Attributes:
        warnings: references with a surprising result: an unset environment variable, whose setting is left out as in
            walkerOS' server bundle; a reference that stays text.

    """

    variables: Mapping[str, Any]
    environment: Mapping[str, str]
    contract: Mapping[str, Any] = field(default_factory=dict)
    sibling: Callable[[str], Any] = _no_flow
    warnings: list[Problem] = field(default_factory=list)
    _values: int = 0
    _text_length: int = 0

    def resolve(self, value: Any, path: Path = ()) -> Any:
        """Return a value with its references replaced; keys and `$store.` references are left unchanged.

        Inside `$code:`, variables and the environment are inserted as text, before the code is parsed (section 7).

        Raises:
            FlowError: a reference has no target, is circular or of an unknown kind, or the expansion is too large.

        """
        return self._value(value, path, ())

    def _count(self, path: Path, *, values: int = 0, text: int = 0) -> None:
        self._values += values
        self._text_length += text
        if self._values > _MAX_VALUES:
            raise FlowError(path, f"the references expand to more than {_MAX_VALUES:,} values")
        if self._text_length > _MAX_TEXT:
            raise FlowError(path, f"the references expand to more than {_MAX_TEXT:,} characters of text")

    def _value(self, value: Any, path: Path, chain: tuple[str, ...]) -> Any:
        if chain:
            self._count(path, values=1)
        if isinstance(value, str):
            if "$" not in value:
                return value
            if value.startswith(_CODE):
                return _CODE + self._code(value.removeprefix(_CODE), path, chain)
            return self._text(value, path, chain)
        if isinstance(value, dict):
            if len(value) == 1 and isinstance(value.get("$code"), str):
                return {"$code": self._code(value["$code"], (*path, "$code"), chain)}
            resolved = {key: self._value(item, (*path, key), chain) for key, item in value.items()}
            return {key: item for key, item in resolved.items() if item is not UNDEFINED}
        if isinstance(value, list):
            items = [self._value(item, (*path, index), chain) for index, item in enumerate(value)]
            return [None if item is UNDEFINED else item for item in items]
        return value

    def _text(self, text: str, path: Path, chain: tuple[str, ...]) -> Any:
        if whole := _WHOLE.fullmatch(text):
            kind, name, steps = whole[1], whole[2], whole[3].split(".")[1:]
            return self._dereference(kind, name, steps, path, chain)
        if secret := _SECRET.fullmatch(text):
            return self.environment.get(secret[1]) or self._unset(secret[1], path)
        self._check(text, path)
        text = _INLINE_VAR.sub(lambda match: self._inline(match, path, chain), text)
        if (alone := _INLINE_ENV.fullmatch(text)) and alone[2] is None and alone[1] not in self.environment:
            return self._unset(alone[1], path)
        return _INLINE_ENV.sub(lambda match: self._environment(match, path), text)

    def _code(self, code: str, path: Path, chain: tuple[str, ...]) -> str:
        """Return a function's source with variables and the environment inserted as text."""
        # A name that the code declares itself (`$event => $event.id`) appears without a dot in its declaration.
        declared = {match[1] for match in _JS_NAME.finditer(code) if match[2] is None}
        for match in _JS_NAME.finditer(_JS_TEXT.sub(" ", code)):
            if match[1] not in _KNOWN and match[1] not in declared:
                raise _unknown(f"${match[1]}.", match[1], path)
        self._warn_whole_only(code, path)
        if inserted := _INLINE_ENV.search(code):
            message = (
                f"{inserted[0]} inside a function is resolved here; walkerOS' server bundle leaves a marker"
            )
            self.warnings.append(Problem(path, message, "define a variable and use $var", severity="warning"))
        code = _INLINE_VAR.sub(lambda match: self._inline(match, path, chain), code)
        return _INLINE_ENV.sub(lambda match: self._environment(match, path), code)

    def _check(self, text: str, path: Path) -> None:
        """Raise FlowError for a reference of an unknown kind, and warn about a reference that stays text."""
        match = _ANY.fullmatch(text)
        if match is not None and match[2] == "." and match[1] not in _KNOWN:
            raise _unknown(text, match[1], path)
        if wrong := _WRONG_DEFAULT.fullmatch(text):
            hint = f"write $env.{wrong[1]}:{wrong[2]}"
            if wrong[1] not in self.environment:
                message = f"environment variable {wrong[1]} is not set, and {text!r} has no default"
                raise FlowError(path, f"{message}: a default follows a colon", hint)
            message = f"a default follows a colon; here the rest of {text!r} is appended to the value"
            self.warnings.append(Problem(path, message, hint, severity="warning"))
        if match is not None and (match[2] == ":" or match[1] == "def") and match[1] != "code":
            kind = "var" if match[1] == "def" else match[1]
            message = f"{text!r} is not a reference of walkerOS 4 and stays text"
            self.warnings.append(
                Problem(path, message, f"write ${kind}.{match[3] or 'NAME'}", severity="warning")
            )
        elif match is not None and match[1] == "secret":
            message = f"{text!r} stays text: the name of a secret may only have capital letters, digits and _"
            self.warnings.append(Problem(path, message, severity="warning"))
        elif match is None:
            self._warn_whole_only(text, path)

    def _warn_whole_only(self, text: str, path: Path) -> None:
        for inline in _WHOLE_ONLY.finditer(text):
            message = f"{inline[0]} stays text here: only $var and $env are resolved inside a longer text"
            self.warnings.append(Problem(path, message, "make it the whole value", severity="warning"))

    def _dereference(self, kind: str, name: str, steps: list[str], path: Path, chain: tuple[str, ...]) -> Any:
        reference = f"${kind}.{name}"
        if reference in chain:
            circle = " -> ".join([*chain[chain.index(reference) :], reference])
            raise FlowError(path, f"circular reference: {circle}")
        value = self._origin(kind, name, path)
        for step in steps:
            if not isinstance(value, dict) or step not in value:
                message = f'{reference} has no path "{".".join(steps)}": "{step}" does not exist'
                raise FlowError(path, message)
            value = value[step]
        return self._value(value, path, (*chain, reference))

    def _origin(self, kind: str, name: str, path: Path) -> Any:
        if kind == "flow":
            try:
                return self.sibling(name)
            except KeyError:
                raise FlowError(path, f'there is no flow "{name}"') from None
        source = self.variables if kind == "var" else self.contract
        if name not in source:
            known = ", ".join(sorted(source)) or "none"
            what = "variable" if kind == "var" else "contract"
            raise FlowError(path, f'there is no {what} "{name}"', f"{what}s: {known}")
        return source[name]

    def _inline(self, match: re.Match[str], path: Path, chain: tuple[str, ...]) -> str:
        steps = match[2].split(".")[1:]
        value = self._dereference("var", match[1], steps, path, chain)
        if isinstance(value, (dict, list)):
            kind = "a map" if isinstance(value, dict) else "a list"
            raise FlowError(path, f'variable "{match[1]}" is {kind} and cannot be part of a longer text')
        text = to_string(value)
        self._count(path, text=len(text))
        return text

    def _environment(self, match: re.Match[str], path: Path) -> str:
        value: str | None = self.environment.get(match[1], match[2])
        if value is None:
            message = f"environment variable {match[1]} is not set and has no default"
            raise FlowError(path, message, f"set it, or write $env.{match[1]}:default")
        return value

    def _unset(self, name: str, path: Path) -> Any:
        message = f"environment variable {name} is not set; the setting is left out"
        self.warnings.append(Problem(path, message, severity="warning"))
        return UNDEFINED
