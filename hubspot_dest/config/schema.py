"""The shape of a configuration, with upstream's names, as schemas of pydantic's core.

They are written for the core and not as models: importing pydantic and building five models takes longer than all the
rest of a `preview` of one event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from pydantic_core import SchemaValidator
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

__all__ = ["DESTINATION", "KEYS", "RULE"]


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
