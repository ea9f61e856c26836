"""Many contacts at once: read, create, update, upsert (HubSpot wire facts, sections 3.3, 3.4 and 3.6).

Without `objectWriteTraceId` one bad record rejects the whole request. With a trace id on every input the good ones are
written and the bad ones come back in `errors` of a 207. Results are not in the order of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

from .account import Account, Contact
from .contacts import check_properties, conflict, shown, text
from .errors import Refusal, answer_json
from .exchange import Answer

__all__ = ["BATCHES"]

MAX_INPUTS: Final = 100
Write = Callable[[Account, dict[str, Any], float], dict[str, Any]]


def read(account: Account, body: bytes, now: float) -> Answer:  # noqa: ARG001 - the shape of every batch
    """Return many contacts; those that are not there are an error of a 207."""
    data, inputs = _inputs(body)
    by_email = data.get("idProperty") == "email"
    with account.lock:
        found = [account.contact(str(one.get("id", "")), by_email=by_email) for one in inputs]
        missing = [
            str(one.get("id", "")) for one, contact in zip(inputs, found, strict=True) if contact is None
        ]
        results = [shown(contact) for contact in found if contact is not None]
    errors = []
    if missing:
        message = (
            "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
        )
        context = {"ids": missing}
        errors.append(
            {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": context}
        )
    return _answer(200, results, errors, "contact.batch.read")


def create(account: Account, body: bytes, now: float) -> Answer:
    """Create many contacts."""
    return _write(account, body, now, _create, 201, "contact.batch.create")


def update(account: Account, body: bytes, now: float) -> Answer:
    """Update many contacts that exist."""
    return _write(account, body, now, _update, 200, "contact.batch.update")


def upsert(account: Account, body: bytes, now: float) -> Answer:
    """Update those that exist, create the others; each result says which (`new`)."""
    return _write(account, body, now, _upsert, 200, "contact.batch.upsert")


BATCHES: Final[dict[str, Callable[[Account, bytes, float], Answer]]] = {
    "read": read,
    "create": create,
    "update": update,
    "upsert": upsert,
}


def _write(account: Account, body: bytes, now: float, write: Write, status: int, rule: str) -> Answer:
    _, inputs = _inputs(body)
    traced = bool(inputs) and all(one.get("objectWriteTraceId") for one in inputs)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    with account.lock:
        if not traced:
            for one in inputs:
                _rehearse(account, one, write)
        for one in inputs:
            trace = one.get("objectWriteTraceId")
            try:
                result = write(account, one, now)
            except Refusal as refusal:
                if not traced:
                    raise
                errors.append(_error(refusal, str(trace)))
            else:
                results.append({**result, "objectWriteTraceId": trace} if trace else result)
    # HubSpot does not keep the order (captured live); reversing is the least that shows it.
    return _answer(status, results[::-1], errors, rule)


def _rehearse(account: Account, one: dict[str, Any], write: Write) -> None:
    """Check one input without writing it, so that a bad one rejects the batch before anything is written."""
    properties = _properties(one)
    check_properties(account, properties)
    if write is _update:
        _known(account, one)
    if write is _create:
        other = account.contact(properties.get("email", ""), by_email=True)
        if other is not None:
            raise conflict(other)


def _create(account: Account, one: dict[str, Any], now: float) -> dict[str, Any]:
    properties = _properties(one)
    _rehearse(account, one, _create)
    return shown(account.add_contact(properties, now))


def _update(account: Account, one: dict[str, Any], now: float) -> dict[str, Any]:
    properties = _properties(one)
    check_properties(account, properties)
    contact = _known(account, one)
    account.update_contact(contact, properties, now)
    return shown(contact)


def _upsert(account: Account, one: dict[str, Any], now: float) -> dict[str, Any]:
    id_property = one.get("idProperty")
    if id_property not in (None, "email"):
        message = f"Unable to perform update/upsert by non-unique 0-1 property {id_property}"
        raise Refusal(400, message, "contact.upsert.property")
    properties = _properties(one)
    check_properties(account, properties)
    identifier = str(one.get("id", ""))
    contact = account.contact(identifier, by_email=id_property == "email")
    if contact is None and id_property is None:
        raise Refusal(404, "resource not found", "contact.unknown", category="OBJECT_NOT_FOUND")
    if contact is None:
        check_properties(account, {"email": identifier})
        return {**shown(account.add_contact({**properties, "email": identifier}, now)), "new": True}
    account.update_contact(contact, properties, now)
    return {**shown(contact), "new": False}


def _known(account: Account, one: dict[str, Any]) -> Contact:
    contact = account.contact(str(one.get("id", "")), by_email=one.get("idProperty") == "email")
    if contact is None:
        raise Refusal(404, "resource not found", "contact.unknown", category="OBJECT_NOT_FOUND")
    return contact


def _properties(one: dict[str, Any]) -> dict[str, str]:
    properties = one.get("properties")
    if not isinstance(properties, dict):
        message = "Invalid input JSON on line 1, column 1. Some required fields were not set: [properties]"
        raise Refusal(400, message, "json.required")
    return {name: text(value) for name, value in properties.items()}


def _inputs(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    try:
        data = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        message = f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}"
        raise Refusal(400, message, "json.malformed", category=None) from error
    inputs = data.get("inputs", []) if isinstance(data, dict) else None
    if not isinstance(inputs, list) or not all(isinstance(one, dict) for one in inputs):
        raise Refusal(
            400, "Invalid input JSON on line 1, column 1: inputs must be a list of objects", "json.shape"
        )
    if len(inputs) > MAX_INPUTS:
        message = (
            f"The maximum number of inputs supported in a batch is {MAX_INPUTS}. "
            "Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "contact.batch.size")
    identifiers = [str(one["id"]).lower() for one in inputs if "id" in one]
    twice = sorted({one for one in identifiers if identifiers.count(one) > 1})
    if twice:
        message = f"Duplicate IDs found in batch input: [{', '.join(twice)}]. IDs must be unique"
        raise Refusal(400, message, "contact.batch.duplicates", more={"context": {"ids": twice}})
    return data, inputs


def _error(refusal: Refusal, trace: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": refusal.category or "VALIDATION_ERROR",
        "message": refusal.message,
        "context": {"objectWriteTraceId": [trace]},
    }


def _answer(status: int, results: list[dict[str, Any]], errors: list[dict[str, Any]], rule: str) -> Answer:
    moment = "2026-01-01T00:00:00.000Z"
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": moment,
        "completedAt": moment,
    }
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
    status = 207 if errors else status
    return answer_json(status, body, f"{status}: {len(results)} done, {len(errors)} refused", rule)
