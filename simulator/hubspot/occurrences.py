"""What HubSpot says to custom event occurrences (HubSpot wire facts, section 1)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from .account import DEFAULT_EVENT_PROPERTIES, Account, Definition
from .errors import Refusal, no_content
from .exchange import Answer

__all__ = ["send", "send_batch"]

MAX_BATCH: Final = 500
MAX_PROPERTIES: Final = 50
MAX_VALUE: Final = 256
MAX_ADDRESS: Final = 1024


class _Occurrence(msgspec.Struct):
    """One occurrence as it comes; `properties` may be absent, since older clients leave it out."""

    eventName: str  # noqa: N815 - HubSpot's name
    properties: dict[str, str | int | float | bool | None] = {}
    email: str | None = None
    objectId: str | int | None = None  # noqa: N815 - HubSpot's name
    utk: str | None = None
    uuid: str | None = None
    occurredAt: str | int | None = None  # noqa: N815 - HubSpot's name


class _Batch(msgspec.Struct):
    inputs: list[_Occurrence]


_ONE: Final = msgspec.json.Decoder(_Occurrence)
_MANY: Final = msgspec.json.Decoder(_Batch)


def send(account: Account, body: bytes, now: float) -> Answer:
    """Take one occurrence: 204, or why not."""
    occurrence = _decode(_ONE, body)
    with account.lock:
        _check(account, occurrence)
        kept = account.keep(_plain(occurrence), now)
    return no_content("204: stored" if kept else "204: a uuid that is known; dropped", "events.send")


def send_batch(account: Account, body: bytes, now: float) -> Answer:
    """Take up to 500 occurrences, all or none."""
    batch = _decode(_MANY, body)
    if len(batch.inputs) > MAX_BATCH:
        message = (
            f"The maximum number of inputs supported in a batch is {MAX_BATCH}. "
            "Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "events.batch.size")
    with account.lock:
        for occurrence in batch.inputs:
            _check(account, occurrence)
        kept = sum(account.keep(_plain(occurrence), now) for occurrence in batch.inputs)
    return no_content(f"204: {kept} of {len(batch.inputs)} stored", "events.batch")


def _decode(decoder: Any, body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Refusal(400, f"Invalid input JSON on line 1, column 1: {error}", "json.shape") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(
            400, f"Invalid input JSON on line 1, column 1: {error}", "json.malformed", category=None
        ) from error


def _check(account: Account, occurrence: _Occurrence) -> None:
    name = occurrence.eventName
    definition = account.definitions.get(name)
    if definition is None and account.switches.auto_define and name.startswith(f"pe{account.portal_id}_"):
        definition = account.definitions[name] = Definition(name)
    if definition is None:
        raise Refusal(400, f"Event with fully qualified name {name} does not exist.", "events.definition")
    if occurrence.email is None and occurrence.objectId is None and occurrence.utk is None:
        message = "One of email, utk or objectId is required."
        raise Refusal(400, message, "events.identity")
    if len(occurrence.properties) > MAX_PROPERTIES:
        raise Refusal(400, f"At most {MAX_PROPERTIES} properties are allowed.", "events.properties.count")
    for key, value in occurrence.properties.items():
        _check_property(account, definition, key, value)


def _check_property(account: Account, definition: Definition, key: str, value: Any) -> None:
    if key not in definition.properties and key not in DEFAULT_EVENT_PROPERTIES:
        if account.switches.auto_define:
            definition.properties.add(key)
        elif account.switches.unknown_property == "reject":
            decision = f"property `{key}` is not in definition {definition.name}"
            message = f'Property "{key}" does not exist'
            raise Refusal(400, message, "events.property.unknown", decision)
    limit = MAX_ADDRESS if any(word in key for word in ("url", "referrer", "link")) else MAX_VALUE
    if isinstance(value, str) and len(value) > limit:
        message = f"Property {key} is longer than {limit} characters."
        raise Refusal(400, message, "events.property.length")


def _plain(occurrence: _Occurrence) -> dict[str, Any]:
    return {
        name: value
        for name in ("eventName", "properties", "email", "objectId", "utk", "uuid", "occurredAt")
        if (value := getattr(occurrence, name)) is not None
    }
