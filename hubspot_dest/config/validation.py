"""The validation of a configuration against its schema and the rules of mapping values.

Validation covers names, types, ranges and the shapes of mapping values.

The schema has upstream's names. It is written for pydantic's core and not as models: importing pydantic and
building five models takes longer than all the rest of a `preview` of one event.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic_core import SchemaValidator, ValidationError
from pydantic_core.core_schema import (
    CoreSchema,
    any_schema,
    bool_schema,
    dict_schema,
    float_schema,
    int_schema,
    list_schema,
    no_info_after_validator_function,
    no_info_before_validator_function,
    nullable_schema,
    str_schema,
    typed_dict_field,
    typed_dict_schema,
    union_schema,
)

from hubspot_dest.config.connection import ApiVersion, Connection, Proxy
from hubspot_dest.mapping.jsvalues import UNDEFINED, kind_of, truthy
from hubspot_dest.mapping.rules import rule_entries
from hubspot_dest.mapping.values import PRODUCERS, code_source

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["Problem", "find_problems", "usable_client"]


def _not_null(value: Any) -> Any:
    if value is None:
        msg = "must not be null; leave it out"
        raise ValueError(msg)
    return value


def _base_url(text: str) -> str:
    Connection(base_url=text).host  # noqa: B018 - raises
    return text


def _api_version(text: str) -> str:
    ApiVersion.parse(text)
    return text


def _proxy(text: str) -> str:
    Proxy.parse(text)
    return text


def _map_of(fields: Mapping[str, CoreSchema]) -> CoreSchema:
    """Return the schema of a map with these keys only, each of which may be left out."""
    return typed_dict_schema(
        {name: typed_dict_field(schema, required=False) for name, schema in fields.items()},
        extra_behavior="forbid",
    )


def _checked_text(check: Callable[[str], str]) -> CoreSchema:
    return nullable_schema(no_info_after_validator_function(check, str_schema(strict=True)))


_ANY: Final = any_schema()
_MAPPING_VALUE: Final = no_info_before_validator_function(_not_null, any_schema())
_TEXT: Final = nullable_schema(str_schema(strict=True))
_FLAG: Final = nullable_schema(bool_schema(strict=True))
_TEXTS: Final = nullable_schema(list_schema(str_schema(strict=True)))
_COUNT: Final = nullable_schema(int_schema(strict=True, ge=0))
_POLICY: Final = nullable_schema(dict_schema(str_schema(strict=True), any_schema()))
_CONSENT: Final = nullable_schema(dict_schema(str_schema(strict=True), bool_schema(strict=True)))
_SCALAR: Final = union_schema(
    [str_schema(strict=True), bool_schema(strict=True), int_schema(strict=True), float_schema()]
)

_SETTINGS: Final[Mapping[str, CoreSchema]] = {
    "accessToken": _TEXT,  # the private app's access token; HUBSPOT_ACCESS_TOKEN takes precedence
    "eventNamePrefix": _TEXT,  # put before every event name: `pe12345678_`
    "email": _ANY,  # mapping value of the event's e-mail; `user.email` by default
    "objectId": _MAPPING_VALUE,  # mapping value of the HubSpot record's id
    "identify": _MAPPING_VALUE,  # mapping value of the contact to upsert: `{email, properties}`
    # Properties of every occurrence; the occurrence's own take precedence.
    "defaultProperties": nullable_schema(dict_schema(str_schema(strict=True), _SCALAR)),
    "batch": _FLAG,  # collect occurrences and send them in batches
    "batchSize": nullable_schema(int_schema(strict=True, ge=1, le=500)),  # 50 by default
    # The next five are this project's; walkerOS ignores unknown settings (walkerOS 4.4, section 5.1).
    "baseUrl": _checked_text(_base_url),  # the real HubSpot's by default
    "apiVersion": _checked_text(_api_version),  # `v3` by default, or a dated one
    "proxy": _checked_text(_proxy),  # `http://[user:password@]host:port`
    "caBundle": _TEXT,  # a PEM file of CA certificates that replaces the system's
    "codeOverruns": _COUNT,  # calls over the time limit that switch a function off: 3 by default, 0 for never
}
_RULE_SETTINGS: Final[Mapping[str, CoreSchema]] = {
    "eventName": _TEXT,  # the event's name after the prefix, used verbatim
    "identify": _MAPPING_VALUE,  # replaces the destination's `identify`
    "properties": _MAPPING_VALUE,  # mapping value of the occurrence's properties
}
_RULE: Final[Mapping[str, CoreSchema]] = {
    "batch": _ANY,
    "condition": _ANY,
    "consent": _CONSENT,
    "custom": _ANY,
    "data": _ANY,
    "extend": _ANY,
    "ignore": _FLAG,
    "include": _TEXTS,
    "name": _TEXT,
    "policy": _POLICY,
    "remove": _TEXTS,
    "settings": nullable_schema(_map_of(_RULE_SETTINGS)),
    "silent": _FLAG,
    "skip": _FLAG,
}
_DESTINATION: Final[Mapping[str, CoreSchema]] = {
    "id": _TEXT,
    "settings": nullable_schema(_map_of(_SETTINGS)),
    "mapping": nullable_schema(
        dict_schema(str_schema(strict=True), dict_schema(str_schema(strict=True), any_schema()))
    ),
    "consent": _CONSENT,
    "policy": _POLICY,
    "data": _ANY,
    "include": _TEXTS,
    "env": _ANY,
    "credentials": _ANY,
    "disabled": _FLAG,
    "mock": _ANY,
    "timeout": nullable_schema(union_schema([int_schema(strict=True, ge=0), float_schema(ge=0)])),
    "queue": _FLAG,
    "queueMax": _COUNT,
    "dlqMax": _COUNT,
    "init": _FLAG,
    "loadScript": _ANY,
    "logger": _ANY,
    "setup": _ANY,
    "require": _ANY,
    "before": _ANY,
    "next": _ANY,
    "cache": _ANY,
    "state": _ANY,
    "batch": _ANY,
    "breaker": _ANY,
}

DESTINATION: Final = SchemaValidator(_map_of(_DESTINATION))
"""The standard configuration around a destination's settings."""
RULE: Final = SchemaValidator(_map_of(_RULE))
"""The standard fields of a walkerOS rule."""
KEYS: Final[Mapping[tuple[bool, bool], tuple[str, ...]]] = MappingProxyType(
    {
        (False, False): tuple(_DESTINATION),
        (False, True): tuple(_SETTINGS),
        (True, False): tuple(_RULE),
        (True, True): tuple(_RULE_SETTINGS),
    }
)
"""The keys that are known, by whether a rule is meant, and whether its `settings`."""


Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a configuration.

    Attributes:
        path: keys and list indexes from the root of the configuration.
        message: what is wrong.
        hint: what to do about it.
        severity: `error` if the configuration cannot be used, else `warning`.
        code: the stable code of the problem, as in `lint`: `invalid_value`, `unknown_key`, `no_effect` …

    """

    path: Path
    message: str
    hint: str = ""
    severity: Severity = "error"
    code: str = "invalid_value"

    @property
    def where(self) -> str:
        """The path as text: `mapping.order.complete[0].settings`."""
        text = ""
        for step in self.path:
            text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
        return text or "configuration"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" + (f" ({self.hint})" if self.hint else "")


_NO_EFFECT: Final = {
    "data": "walkerOS' HubSpot destination does not use it; put the mapping into settings.properties of a rule",
    "include": "walkerOS' HubSpot destination does not use it",
    "batch": "walkerOS ignores it for HubSpot; use settings.batch",
    "require": "hubspot-dest starts immediately",
    "before": "transformers are not run here",
    "next": "transformers are not run here",
    "cache": "events are not cached here",
    "state": "there are no stores here",
    "breaker": "there is no circuit breaker here yet",
}
_RULE_NO_EFFECT: Final = {
    "data": "walkerOS' HubSpot destination does not use it; use settings.properties",
    "include": "walkerOS' HubSpot destination does not use it",
    "remove": "walkerOS' HubSpot destination does not use the data that it changes",
    "batch": "walkerOS ignores it for HubSpot; use settings.batch",
    "consent": "walkerOS 4 never looks at a rule's consent; use consent of the destination or of a value",
    "extend": "only transformers use it",
}
VALUE_KEYS: Final = ("condition", "consent", "fn", "key", "loop", "map", "set", "validate", "value")
"""The keys of a mapping value (walkerOS 4.4 mapping, section 2.2)."""
_FUNCTIONS: Final = ("condition", "fn", "validate")


def find_problems(raw: Any) -> list[Problem]:
    """Return all problems of a configuration, errors and warnings, in document order."""
    if not isinstance(raw, dict):
        hint = 'begin with {"settings": {…}}'
        return [Problem((), f"a configuration must be a map, not {kind_of(raw)}", hint)]
    problems = _shape_problems(DESTINATION, raw, ())
    problems += [
        Problem((key,), "has no effect", why, "warning", "no_effect")
        for key, why in _NO_EFFECT.items()
        if key in raw
    ]
    problems += _env_problems(raw.get("env"))
    settings = raw.get("settings")
    if isinstance(settings, dict):
        for key in ("email", "objectId", "identify"):
            if settings.get(key) is not None:
                problems += _value_problems(settings[key], ("settings", key))
    problems += _policy_problems(raw.get("policy"), ("policy",))
    if raw.get("data") is not None:
        problems += _value_problems(raw["data"], ("data",))
    for entry in rule_entries(raw.get("mapping")):
        problems += _rule_problems(entry.rule, entry.path)
    return problems + _code_problems(raw)


def usable_client(env: Any) -> Any:
    """Return the client that Python code injects as `env.client`; None for a plain value, as from a file."""
    client = env.get("client") if isinstance(env, dict) else None
    return None if isinstance(client, (str, bool, int, float, dict, list)) else client


def _env_problems(env: Any) -> list[Problem]:
    if env is None or env == {}:
        return []
    why = "the official HubSpot client is used; walkerOS would use what env injects instead of HubSpot"
    if not isinstance(env, dict):
        return [Problem(("env",), "is ignored", why, "warning", "env_ignored")]
    used = {"client"} if usable_client(env) is not None else set()
    return [
        Problem(("env", key), "is ignored", why, "warning", "env_ignored") for key in env if key not in used
    ]


def _rule_problems(rule: Any, path: Path) -> list[Problem]:
    if not isinstance(rule, dict):
        hint = "write a map, or a list of maps with conditions"
        return [Problem(path, f"a rule must be a map, not {kind_of(rule)}", hint)]
    problems = _shape_problems(RULE, rule, path)
    for key, why in _RULE_NO_EFFECT.items():
        if key in rule:
            problems.append(Problem((*path, key), "has no effect", why, "warning", "no_effect"))
    if rule.get("skip") is True:
        why = "walkerOS 4 ignores skip and would send the event; use silent: true"
        problems.append(Problem((*path, "skip"), "is treated as silent here", why, "warning", "skip_ignored"))
    if rule.get("condition") is not None:
        problems += _function_problems(rule["condition"], (*path, "condition"))
    settings = rule.get("settings")
    if isinstance(settings, dict):
        for key in ("identify", "properties"):
            if settings.get(key) is not None:
                problems += _value_problems(settings[key], (*path, "settings", key))
    problems += _policy_problems(rule.get("policy"), (*path, "policy"))
    if rule.get("data") is not None:
        problems += _value_problems(rule["data"], (*path, "data"))
    return problems


def _policy_problems(policy: Any, path: Path) -> list[Problem]:
    if not isinstance(policy, dict):
        return []
    problems = [problem for key, value in policy.items() for problem in _value_problems(value, (*path, key))]
    for item in policy:
        for other in policy:
            if isinstance(item, str) and isinstance(other, str) and other.startswith(f"{item}."):
                message = f"overlaps with '{item}'"
                why = "walkerOS applies them in an order that depends on how long each takes"
                problems.append(Problem((*path, other), message, why, "warning", "policy_overlap"))
    return problems


def _value_problems(value: Any, path: Path) -> list[Problem]:
    if isinstance(value, str):
        if value.startswith("$code:"):
            hint = f'write a function as fn: {{"fn": "{value[:24]}…"}}'
            return [Problem(path, "is a function, but a mapping value is required", hint)]
        return []
    if isinstance(value, list):
        return [
            problem for index, item in enumerate(value) for problem in _value_problems(item, (*path, index))
        ]
    if not isinstance(value, dict):
        hint = f'for a fixed value write {{"value": {"null" if value is None else repr(value)}}}'
        return [Problem(path, f"a mapping value must be a path, a map or a list, not {kind_of(value)}", hint)]
    problems: list[Problem] = []
    for key, inner in value.items():
        problems += _part_problems(key, inner, (*path, key))
    return problems + _dead_producers(value, path)


def _dead_producers(value: dict[Any, Any], path: Path) -> list[Problem]:
    present = [name for name in PRODUCERS if truthy(value.get(name, UNDEFINED))]
    return [
        Problem(
            (*path, dead),
            f"has no effect beside {present[0]}: a mapping value has one producer",
            f"the order is {', '.join(PRODUCERS)}; to change the value at a path, use only fn",
            "warning",
            "no_effect",
        )
        for dead in present[1:]
    ]


def _part_problems(key: Any, inner: Any, path: Path) -> list[Problem]:
    if key not in VALUE_KEYS:
        hint = _nearest(str(key), VALUE_KEYS)
        return [Problem(path, f"unknown key '{key}' in a mapping value", hint, code="unknown_key")]
    if key in _FUNCTIONS:
        return _function_problems(inner, path)
    if key == "key" and not isinstance(inner, str):
        return [Problem(path, f"a path must be text, not {kind_of(inner)}", 'for example "data.total"')]
    if key == "consent":
        valid = isinstance(inner, dict) and all(isinstance(flag, bool) for flag in inner.values())
        return [] if valid else [Problem(path, "must map names to true or false", '{"marketing": true}')]
    if key == "map":
        if not isinstance(inner, dict):
            return [Problem(path, f"must be a map of names to mapping values, not {kind_of(inner)}")]
        return [problem for name, item in inner.items() for problem in _value_problems(item, (*path, name))]
    if key == "set":
        if not isinstance(inner, list):
            return [Problem(path, f"must be a list of mapping values, not {kind_of(inner)}")]
        return [
            problem for index, item in enumerate(inner) for problem in _value_problems(item, (*path, index))
        ]
    if key == "loop":
        if not isinstance(inner, list) or len(inner) != 2:
            return [Problem(path, "must have two items: the list to loop over, and the value of each item")]
        return _value_problems(inner[0], (*path, 0)) + _value_problems(inner[1], (*path, 1))
    return []


def _function_problems(source: Any, path: Path) -> list[Problem]:
    if callable(source) or code_source(source) is not None:
        return []
    hint = 'JavaScript begins with $code:, for example "$code:(value) => value.data.total > 0"'
    return [Problem(path, f"must be a function, not {kind_of(source)}", hint)]


def _code_problems(raw: dict[str, Any]) -> list[Problem]:
    """Compile every `$code:` function to report syntax errors with their paths."""
    places = [
        (path, source)
        for key, value in raw.items()
        if key not in ("env", "credentials")
        for path, source in _code_places(value, (key,))
    ]
    if not places:
        return []
    from hubspot_dest.mapping.javascript import (  # only loaded for configurations with code
        JavaScriptEngine,
        JavaScriptSyntaxError,
    )

    engine = JavaScriptEngine()
    problems = []
    for path, source in places:
        try:
            engine.function(source)
        except JavaScriptSyntaxError as error:
            problems.append(
                Problem(
                    path,
                    f"$code: does not parse: {error}",
                    "it must be a single expression, a function",
                    code="code_syntax",
                )
            )
    engine.close()
    return problems


def _code_places(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    source = code_source(value)
    if source is not None:
        yield path, source
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _code_places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _code_places(inner, (*path, index))


def _shape_problems(shape: SchemaValidator, raw: dict[str, Any], path: Path) -> list[Problem]:
    try:
        shape.validate_python(raw)
    except ValidationError as error:
        return _unique(_from_pydantic(detail, shape, path) for detail in error.errors(include_url=False))
    return []


def _unique(problems: Iterator[Problem]) -> list[Problem]:
    """Return one problem per path, since pydantic reports every branch of a failed union."""
    return list({problem.path: problem for problem in problems}.values())


def _from_pydantic(detail: ErrorDetails, shape: SchemaValidator, path: Path) -> Problem:
    # pydantic's location contains union branch names, which are not part of the path.
    place = tuple(step for step in detail["loc"] if not (isinstance(step, str) and step in _BRANCHES))
    where = (*path, *place)
    if detail["type"] == "extra_forbidden":
        hint = _nearest(str(place[-1]), KEYS[shape is RULE, place[:-1] == ("settings",)])
        return Problem(where, f"unknown key '{place[-1]}'", hint, code="unknown_key")
    if place and place[-1] == "batchSize":
        return Problem(where, f"must be a whole number from 1 to 500, not {detail['input']!r}")
    if "defaultProperties" in place[:-1]:
        message = "must be text, a number, true or false; it is sent as written and cannot be a mapping"
        return Problem(where, message)
    return Problem(where, _WORDS.get(detail["type"], detail["msg"].removeprefix("Value error, ")), "")


_BRANCHES: Final = frozenset({"str", "bool", "int", "float", "constrained-int", "constrained-float"})
_WORDS: Final = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "dict_type": "must be a map",
    "list_type": "must be a list",
    "greater_than_equal": "must not be negative",
}


def _nearest(name: str, known: Any) -> str:
    matches = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    lowered = [item for item in known if item.lower() == name.lower()]
    if lowered or matches:
        return f"did you mean '{(lowered or matches)[0]}'?"
    return f"known keys: {', '.join(sorted(known))}"
