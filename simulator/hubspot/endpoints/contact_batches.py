"""What HubSpot says to batches of contacts: all or nothing, or 207 with trace ids (wire facts, 3.3, 3.4 and 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from hubspot_dest.checks.limits import MAX_CONTACT_BATCH
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contacts import (
    DEFAULT_SHOWN,
    check_id_property,
    check_properties,
    check_unique,
    shown,
    texts,
)
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.request_bodies import Scalar, decode, missing_fields
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.account import Account, Contact
from simulator.hubspot.state.occurrences import iso

__all__ = ["ContactBatch", "ContactReading", "archive", "create", "read", "update", "upsert"]

MAX_INPUTS: Final = MAX_CONTACT_BATCH
MAX_WITH_HISTORY: Final = 50
_NOT_FOUND: Final = (
    "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
)


class ContactInput(msgspec.Struct):
    """One contact of a batch; which fields count depends on the path."""

    id: str | None = None
    idProperty: str | None = None  # noqa: N815 - HubSpot's name
    properties: dict[str, Scalar] | None = None
    objectWriteTraceId: str | None = None  # noqa: N815 - HubSpot's name


class ContactBatch(msgspec.Struct):
    """A batch of contacts; without `inputs` nothing happens, as captured (section 3.3)."""

    inputs: list[ContactInput] | None = None


class ContactReading(ContactBatch):
    """Contacts to read."""

    idProperty: str | None = None  # noqa: N815 - HubSpot's name
    properties: list[str] | None = None
    propertiesWithHistory: list[str] | None = None  # noqa: N815 - HubSpot's name


# A write reads nothing beside `inputs`: a single object in its place must come through (section 3.3).
_BATCH: Final = msgspec.json.Decoder(ContactBatch)
_READING: Final = msgspec.json.Decoder(ContactReading)
_Found = dict[str, Any]
_Write = Callable[[ContactInput, Contact | None], _Found]


def read(call: Call) -> Answer:
    """Show several contacts; those that do not exist are errors beside the others."""
    batch = decode(_READING, call.body)
    if batch.inputs is None:
        return _silent_nothing()
    if batch.propertiesWithHistory and len(batch.inputs) > MAX_WITH_HISTORY:
        message = (
            "The maximum number of inputs supported in a batch request for property histories is "
            f"{MAX_WITH_HISTORY}. Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "contact.batch.history_size")
    _check_inputs(batch.inputs, call.body)
    account, missing, results = call.account, [], []
    wanted = list(dict.fromkeys([*DEFAULT_SHOWN, *(batch.properties or [])]))
    archived = call.flag("archived")
    with account.lock:
        for one in batch.inputs:
            contact = _lookup(account, one.id or "", batch.idProperty, archived=archived)
            if contact is None:
                missing.append(one.id or "")
            else:
                history = batch.propertiesWithHistory or []
                results.append(shown(contact, account, wanted=wanted, history=history))
    errors = [_error("OBJECT_NOT_FOUND", _NOT_FOUND, {"ids": missing})] if missing else []
    return _answer(call, results, errors, 200, "contact.batch.read")


def create(call: Call) -> Answer:
    """Create several contacts."""

    def write(one: ContactInput, _: Contact | None) -> _Found:
        properties = _checked(call.account, one, None)
        return shown(call.account.add_contact(properties, call.now), call.account)

    return _written(call, write, 201, "contact.batch.create", find=False)


def update(call: Call) -> Answer:
    """Change several contacts; those that do not exist are errors beside the others."""

    def write(one: ContactInput, contact: Contact | None) -> _Found:
        assert contact is not None
        call.account.book.change(contact, _checked(call.account, one, contact), call.now)
        return shown(contact, call.account)

    return _written(call, write, 200, "contact.batch.update", must_exist=True)


def upsert(call: Call) -> Answer:
    """Create or change several contacts by their e-mail."""

    def write(one: ContactInput, contact: Contact | None) -> _Found:
        account, is_new = call.account, contact is None
        properties = _checked(account, one, contact)
        if contact is None:
            contact = account.add_contact({"email": one.id or "", **properties}, call.now)
        else:
            if account.switches.partial_upsert == "clear":
                own = [n for n in contact.properties if not account.contact_properties[n].read_only]
                properties = {
                    n: "" for n in own if n not in ("email", "lifecyclestage", "hs_pipeline")
                } | properties
            account.book.change(contact, properties, call.now)
        return {**shown(contact, account), "new": is_new}

    return _written(call, write, 200, "contact.batch.upsert")


def archive(call: Call) -> Answer:
    """Archive several contacts."""
    inputs = decode(_BATCH, call.body).inputs or []
    _check_size(inputs)
    with call.account.lock:
        for one in inputs:
            contact = call.account.contact(one.id or "")
            if contact is not None:
                call.account.book.archive(contact, call.now)
    return no_content(f"204: {len(inputs)} contacts archived", "contact.batch.archive")


def _written(
    call: Call, write: _Write, status: int, rule: str, *, find: bool = True, must_exist: bool = False
) -> Answer:
    inputs, account = decode(_BATCH, call.body).inputs, call.account
    if inputs is None:
        return _silent_nothing()
    _check_size(inputs)
    if find:
        _check_inputs(inputs, call.body)
    results: list[_Found] = []
    errors: list[_Found] = []
    missing: list[str] = []
    with account.lock:
        found = [_lookup(account, one.id or "", one.idProperty) if find else None for one in inputs]
        # Nothing is written while a record without a trace id can still refuse the whole request.
        refusals = [
            None if must_exist and contact is None else _refusal(account, one, contact)
            for one, contact in zip(inputs, found, strict=True)
        ]
        traced = all(one.objectWriteTraceId is not None for one in inputs)
        for refusal in refusals:
            if refusal is not None and not traced:
                raise refusal
        for one, contact, refusal in zip(inputs, found, refusals, strict=True):
            if refusal is None and must_exist and contact is None:
                missing.append(one.id or "")
                continue
            try:
                if refusal is not None:
                    raise refusal
                results.append(_traced(write(one, contact), one))
            except Refusal as late:  # two new contacts of one batch may ask for the same e-mail
                if not traced:
                    raise
                errors.append(_of(late, one))
    if missing:
        errors.append(_error("OBJECT_NOT_FOUND", _NOT_FOUND, {"ids": missing}))
    _shuffle(account, results)
    return _answer(call, results, errors, status, rule)


def _shuffle(account: Account, results: list[_Found]) -> None:
    # Never the order of the inputs: whoever relies on it must find out here (section 3.3).
    before = list(results)
    account.random.shuffle(results)
    if results == before:
        results.reverse()


def _refusal(account: Account, one: ContactInput, contact: Contact | None) -> Refusal | None:
    try:
        _checked(account, one, contact)
    except Refusal as refusal:
        return refusal
    return None


def _checked(account: Account, one: ContactInput, contact: Contact | None) -> dict[str, str]:
    properties = texts(one.properties)
    if contact is None and one.idProperty == "email":
        check_properties(account, {"email": one.id or "", **properties})
    else:
        check_properties(account, properties)
    check_unique(account, properties, contact)
    return properties


def _lookup(
    account: Account, identifier: str, id_property: str | None, *, archived: bool = False
) -> Contact | None:
    if id_property in (None, "hs_object_id"):
        return account.book.get(identifier, archived=archived)
    if id_property == "email":
        return account.contact(identifier, by_email=True)
    name = check_id_property(account, id_property or "", "contact.batch.id_property")
    return account.book.find(name, identifier)


def _check_size(inputs: list[ContactInput]) -> None:
    if len(inputs) > MAX_INPUTS:
        message = (
            f"The maximum number of inputs supported in a batch is {MAX_INPUTS}. "
            "Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "contact.batch.size")


def _check_inputs(inputs: list[ContactInput], body: bytes) -> None:
    _check_size(inputs)
    seen: set[str] = set()
    for one in inputs:
        if one.id is None:
            raise missing_fields(body, "id")
        identifier = one.id.lower()
        if identifier in seen:
            message = f"Duplicate IDs found in batch input: [{one.id}]. IDs must be unique"
            more = {"context": {"ids": [one.id]}}
            raise Refusal(400, message, "contact.batch.duplicate", more=more)
        seen.add(identifier)


def _traced(found: _Found, one: ContactInput) -> _Found:
    return (
        found if one.objectWriteTraceId is None else {**found, "objectWriteTraceId": one.objectWriteTraceId}
    )


def _of(refusal: Refusal, one: ContactInput) -> _Found:
    context = {"objectWriteTraceId": [one.objectWriteTraceId]}
    if refusal.rule == "contact.conflict":
        context["existingId"] = [refusal.message.rpartition(" ")[2]]
    return _error(refusal.category or "VALIDATION_ERROR", refusal.message, context)


def _error(category: str, message: str, context: _Found) -> _Found:
    return {"status": "error", "category": category, "message": message, "context": context}


def _answer(call: Call, results: list[_Found], errors: list[_Found], status: int, rule: str) -> Answer:
    when = iso(call.now)
    body: _Found = {"status": "COMPLETE", "results": results, "startedAt": when, "completedAt": when}
    if errors:
        body |= {"numErrors": len(errors), "errors": errors}
        decision = f"207: {len(results)} done, {errors[0]['message']}"
        return answer_json(207, body, decision, f"{rule}.partial")
    return answer_json(status, body, f"{status}: {len(results)} contacts", rule)


def _silent_nothing() -> Answer:
    # A single object instead of `inputs` was answered so: 2xx, and nothing happened (section 3.3).
    body: _Found = {"status": "COMPLETE", "results": [], "errors": []}
    return answer_json(200, body, "200: no `inputs`, so nothing was done", "contact.batch.envelope")
