"""Read and write batches of contacts (HubSpot wire facts, sections 3.3, 3.4 and 3.6).

A write with trace ids on all inputs can succeed in part (207); any other write is all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from hubspot_dest.amounts import amount
from hubspot_dest.checks.limits import MAX_CONTACT_BATCH
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contact_batches.answers import (
    NOT_FOUND,
    batch_answer,
    batch_error,
    empty_answer,
    input_error,
    with_trace_id,
)
from simulator.hubspot.endpoints.contact_batches.requests import ContactBatch, ContactBatchRead, ContactInput
from simulator.hubspot.endpoints.contacts.answers import DEFAULT_PROPERTIES, show_contact
from simulator.hubspot.endpoints.contacts.handler import (
    append_options,
    check_id_property,
    check_identity,
    check_properties,
    check_unique,
    to_texts,
)
from simulator.hubspot.endpoints.errors import Refusal, no_content
from simulator.hubspot.endpoints.request_bodies import decode, missing_fields
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.contacts import Contact

__all__ = ["archive", "create", "read", "update", "upsert"]

MAX_INPUTS: Final = MAX_CONTACT_BATCH
MAX_WITH_HISTORY: Final = 50


_BATCH: Final = msgspec.json.Decoder(ContactBatch)
_BATCH_READ: Final = msgspec.json.Decoder(ContactBatchRead)
_Result = dict[str, Any]
_Write = Callable[[ContactInput, Contact | None], _Result]


def read(call: Call) -> Answer:
    """Return several contacts; unknown ones are reported in `errors`."""
    batch = decode(_BATCH_READ, call.body)
    if batch.inputs is None:
        return empty_answer()
    if batch.propertiesWithHistory and len(batch.inputs) > MAX_WITH_HISTORY:
        message = (
            "The maximum number of inputs supported in a batch request for property histories is "
            f"{MAX_WITH_HISTORY}. Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "contact.batch.history_size")
    _check_inputs(batch.inputs, call.body)
    account, missing, results = call.account, [], []
    names = list(dict.fromkeys([*DEFAULT_PROPERTIES, *(batch.properties or [])]))
    archived = call.flag("archived")
    with account.lock:
        for contact_input in batch.inputs:
            contact = _lookup(account, contact_input.id or "", batch.idProperty, archived=archived)
            if contact is None:
                missing.append(contact_input.id or "")
            else:
                history = batch.propertiesWithHistory or []
                results.append(show_contact(contact, account, names=names, history=history))
    errors = [batch_error("OBJECT_NOT_FOUND", NOT_FOUND, {"ids": missing})] if missing else []
    return batch_answer(call, results, errors, 200, "contact.batch.read")


def create(call: Call) -> Answer:
    """Create several contacts."""

    def write(contact_input: ContactInput, _: Contact | None) -> _Result:
        properties = _checked(call.account, contact_input, None)
        return show_contact(call.account.add_contact(properties, call.now), call.account)

    return _write_batch(call, write, 201, "contact.batch.create", find=False)


def update(call: Call) -> Answer:
    """Update several contacts; unknown ones are reported in `errors`."""

    def write(contact_input: ContactInput, contact: Contact | None) -> _Result:
        assert contact is not None
        call.account.book.change(contact, _checked(call.account, contact_input, contact), call.now)
        return show_contact(contact, call.account)

    return _write_batch(call, write, 200, "contact.batch.update", must_exist=True)


def upsert(call: Call) -> Answer:
    """Create or update several contacts, found by e-mail or another unique property."""

    def write(contact_input: ContactInput, contact: Contact | None) -> _Result:
        account, is_new = call.account, contact is None
        properties = _checked(account, contact_input, contact)
        if contact is None:
            contact = account.add_contact(_named(contact_input, properties), call.now)
        else:
            if account.behaviours.partial_upsert == "clear":
                own = [n for n in contact.properties if not account.contact_properties[n].read_only]
                properties = {
                    n: "" for n in own if n not in ("email", "lifecyclestage", "hs_pipeline")
                } | properties
            account.book.change(contact, properties, call.now)
        return {**show_contact(contact, account), "new": is_new}

    return _write_batch(call, write, 200, "contact.batch.upsert", check=_check_upsert)


def archive(call: Call) -> Answer:
    """Archive several contacts."""
    inputs = decode(_BATCH, call.body).inputs or []
    _check_size(inputs)
    with call.account.lock:
        for contact_input in inputs:
            contact = call.account.contact(contact_input.id or "")
            if contact is not None:
                call.account.book.archive(contact, call.now)
    return no_content(f"204: {amount(len(inputs), 'contact')} archived", "contact.batch.archive")


def _write_batch(
    call: Call,
    write: _Write,
    status: int,
    rule: str,
    *,
    find: bool = True,
    must_exist: bool = False,
    check: Callable[[SimulatedAccount, ContactInput], None] | None = None,
) -> Answer:
    inputs, account = decode(_BATCH, call.body).inputs, call.account
    if inputs is None:
        return empty_answer()
    _check_size(inputs)
    if find:
        _check_inputs(inputs, call.body)
    results: list[_Result] = []
    errors: list[_Result] = []
    missing: list[str] = []
    with account.lock:
        if check is not None:
            for contact_input in inputs:
                check(account, contact_input)
        found = [
            _lookup(account, contact_input.id or "", contact_input.idProperty) if find else None
            for contact_input in inputs
        ]
        # Check every input before writing any: without trace ids, one refusal refuses the whole request.
        refusals = [
            None if must_exist and contact is None else _refusal(account, current_contact_input, contact)
            for current_contact_input, contact in zip(inputs, found, strict=True)
        ]
        is_traced = all(contact_input.objectWriteTraceId is not None for contact_input in inputs)
        for refusal in refusals:
            if refusal is not None and not is_traced:
                raise refusal
        for current_contact_input, contact, refusal in zip(inputs, found, refusals, strict=True):
            if refusal is None and must_exist and contact is None:
                missing.append(current_contact_input.id or "")
                continue
            try:
                if refusal is not None:
                    raise refusal
                results.append(with_trace_id(write(current_contact_input, contact), current_contact_input))
            except Refusal as write_refusal:  # two inputs of one batch may create the same e-mail
                if not is_traced:
                    raise
                errors.append(input_error(write_refusal, current_contact_input))
    if missing:
        errors.append(batch_error("OBJECT_NOT_FOUND", NOT_FOUND, {"ids": missing}))
    _shuffle(account, results)
    return batch_answer(call, results, errors, status, rule)


def _shuffle(account: SimulatedAccount, results: list[_Result]) -> None:
    # Never the order of the inputs, so that clients that rely on that order fail here (section 3.3).
    before = list(results)
    account.random.shuffle(results)
    if results == before:
        results.reverse()


def _refusal(
    account: SimulatedAccount, contact_input: ContactInput, contact: Contact | None
) -> Refusal | None:
    try:
        _checked(account, contact_input, contact)
    except Refusal as refusal:
        return refusal
    return None


def _checked(
    account: SimulatedAccount, contact_input: ContactInput, contact: Contact | None
) -> dict[str, str]:
    properties = to_texts(contact_input.properties)
    if contact is None:
        check_identity(account, _named(contact_input, properties))
        check_properties(account, _named(contact_input, properties))
    else:
        check_properties(account, properties)
    check_unique(account, properties, contact)
    return append_options(account, properties, contact)


def _named(contact_input: ContactInput, properties: dict[str, str]) -> dict[str, str]:
    """Return the properties of a new contact: those of the input and its id property."""
    return (
        properties
        if contact_input.idProperty is None
        else {contact_input.idProperty: contact_input.id or "", **properties}
    )


def _check_upsert(account: SimulatedAccount, contact_input: ContactInput) -> None:
    """Refuse an upsert without an `idProperty` (section 11). Raises Refusal."""
    if contact_input.idProperty is None:
        message = "idProperty is required for an upsert: name a property with unique values, such as email"
        raise Refusal(400, message, "contact.batch.upsert.id_property")
    check_id_property(account, contact_input.idProperty, "contact.batch.id_property")


def _lookup(
    account: SimulatedAccount, identifier: str, id_property: str | None, *, archived: bool = False
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
    for contact_input in inputs:
        if contact_input.id is None:
            raise missing_fields(body, "id")
        identifier = contact_input.id.lower()
        if identifier in seen:
            message = f"Duplicate IDs found in batch input: [{contact_input.id}]. IDs must be unique"
            more = {"context": {"ids": [contact_input.id]}}
            raise Refusal(400, message, "contact.batch.duplicate", more=more)
        seen.add(identifier)
