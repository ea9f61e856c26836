"""Read, create, update and archive single contacts (HubSpot wire facts, sections 3.1, 3.2, 3.5 and 3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import orjson

from hubspot_dest.amounts import amount
from hubspot_dest.checks.catalogue import CATALOGUE
from hubspot_dest.checks.contacts import empty_contact
from hubspot_dest.checks.finding import Violation
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.contacts.answers import DEFAULT_PROPERTIES, show_contact
from simulator.hubspot.endpoints.contacts.requests import ContactRequest, GdprDeleteRequest
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.paging import next_page, whole_number
from simulator.hubspot.endpoints.request_bodies import decode, text_of
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.contacts import Contact

__all__ = [
    "append_options",
    "archive",
    "check_id_property",
    "check_identity",
    "check_unique",
    "conflict",
    "create",
    "gdpr_delete",
    "get",
    "list_all",
    "refusal_of",
    "to_texts",
    "update",
]

MAX_LIMIT: Final = 100
_IDENTITY: Final = ("email", "firstname", "lastname")
_OWN_CONFLICTS: Final = frozenset({"email", "hs_additional_emails", "hs_object_id"})
MAX_WITH_HISTORY: Final = 50


_GDPR: Final = msgspec.json.Decoder(GdprDeleteRequest)
_BODY: Final = msgspec.json.Decoder(ContactRequest)


def list_all(call: Call) -> Answer:
    """List contacts, oldest first; `limit` is at most 100, or 50 with history."""
    start, limit = whole_number(call, "after", 0), whole_number(call, "limit", 10)
    history = call.query_values("propertiesWithHistory")
    max_limit = MAX_WITH_HISTORY if history else MAX_LIMIT
    if not 1 <= limit <= max_limit:
        raise Refusal(400, f"limit must be between 1 and {max_limit}", "contact.list.limit")
    with call.account.lock:
        contacts = call.account.book.all(archived=call.flag("archived"))
        found = [contact for contact in contacts if int(contact.id) > start]
        page = [
            show_contact(current_contact, call.account, names=_property_names(call), history=history)
            for current_contact in found[:limit]
        ]
    body: dict[str, Any] = {"results": page}
    if limit < len(found):
        body["paging"] = next_page(call, page[-1]["id"])
    return answer_json(200, body, f"200: {amount(len(page), 'contact')}", "contact.list")


def get(call: Call) -> Answer:
    """Return one contact. Raises Refusal: 404."""
    with call.account.lock:
        contact = _find(call, archived=call.flag("archived"))
        body = show_contact(
            contact,
            call.account,
            names=_property_names(call),
            history=call.query_values("propertiesWithHistory"),
        )
    return answer_json(200, body, f"200: contact {contact.id}", "contact.get")


def update(call: Call) -> Answer:
    """Update an existing contact. Raises Refusal: 404 for an unknown one."""
    properties, account = to_texts(decode(_BODY, call.body).properties), call.account
    with account.lock:
        contact = _find(call)
        if not properties:
            empty = empty_contact()
            message = empty.hubspot_message
            more = {"context": {"properties": ["{}"]}}
            raise Refusal(400, message, "contact.update.empty", more=more, checks=(empty.code,))
        check_properties(account, properties)
        check_unique(account, properties, contact)
        properties = append_options(account, properties, contact)
        kept = account.book.change(contact, properties, call.now)
        body = show_contact(contact, account)
    many = len(properties) - len(kept)
    written = f"200: {many} {'property' if many == 1 else 'properties'} written to contact {contact.id}"
    if kept:
        return answer_json(200, body, f"{written}; lifecyclestage does not go back", "contact.lifecyclestage")
    return answer_json(200, body, written, "contact.update")


def create(call: Call) -> Answer:
    """Create a contact. Raises Refusal: 409 if another contact has the e-mail address."""
    properties, account = to_texts(decode(_BODY, call.body).properties), call.account
    with account.lock:
        check_identity(account, properties)
        check_properties(account, properties)
        check_unique(account, properties, None)
        contact = account.add_contact(append_options(account, properties, None), call.now)
        body = show_contact(contact, account)
    answer = answer_json(201, body, f"201: contact {contact.id}", "contact.create")
    place = (
        "Location",
        f"{call.path}/{contact.id}",
    )  # a relative reference, so that clients stay on this server
    return Answer(201, (*answer.headers, place), answer.body, answer.decision, answer.rule)


def archive(call: Call) -> Answer:
    """Archive a contact; answer 204 for an unknown id too."""
    with call.account.lock:
        contact = call.account.contact(call.parts[0])
        if contact is not None:
            call.account.book.archive(contact, call.now)
    return no_content(f"204: contact {call.parts[0]} archived", "contact.archive")


def gdpr_delete(call: Call) -> Answer:
    """Delete a contact permanently, with its history and timeline; answer 204 for an unknown one too."""
    body, account = decode(_GDPR, call.body), call.account
    with account.lock:
        if body.idProperty is None:
            contact = account.contact(body.objectId) or account.book.get(body.objectId, archived=True)
        elif body.idProperty == "email":
            contact = account.contact(body.objectId, by_email=True)
        else:
            name = check_id_property(account, body.idProperty, "contact.id_property")
            contact = account.book.find(name, body.objectId)
        if contact is not None:
            account.delete_contact(contact)
    return no_content("204: contact deleted permanently", "contact.gdpr_delete")


def to_texts(properties: Mapping[str, Any] | None) -> dict[str, str]:
    """Convert property values to text, as HubSpot stores them."""
    return {name: text_of(value) for name, value in (properties or {}).items()}


def check_properties(account: SimulatedAccount, properties: dict[str, str]) -> None:
    """Refuse properties that are unknown, invalid or read-only. Raises Refusal."""
    violations = account.property_violations(properties)
    if violations:
        raise refusal_of(account.portal_id, properties, violations)


def refusal_of(
    portal_id: int, properties: Mapping[str, str], violations: Sequence[Violation], evidence: str = ""
) -> Refusal:
    """Return HubSpot's 400 for invalid properties, whose message contains JSON (section 3.7).

    Args:
        portal_id: the account's portal.
        properties: the contact's properties by name.
        violations: their violations.
        evidence: the tag of the answer's evidence, used unless all violated checks are inferred.

    """
    problems = [_problem(portal_id, properties, violation) for violation in violations]
    errors = [
        {
            "message": problem["message"],
            "code": problem["error"],
            "context": {"propertyName": [problem["name"]]},
        }
        for problem in problems
    ]
    message = f"Property values were not valid: {orjson.dumps(problems).decode()}"
    decision = "; ".join(problem["message"] for problem in problems)
    codes = tuple(violation.code for violation in violations)
    inferred = all(CATALOGUE[code].evidence == "INFER" for code in codes)
    return Refusal(
        400,
        message,
        "contact.properties",
        decision,
        more={"errors": errors},
        checks=codes,
        evidence="INFER" if inferred else evidence,
    )


def _problem(portal_id: int, properties: Mapping[str, str], violation: Violation) -> dict[str, Any]:
    """Return a violation as an entry of HubSpot's list."""
    name, message = violation.path.partition(".")[2], violation.hubspot_message
    problem = {"isValid": False, "message": message, "error": violation.hubspot_code, "name": name}
    if violation.hubspot_code not in ("PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"):
        problem["propertyValue"] = properties.get(name, "")
    return {**problem, "localizedErrorMessage": message, "portalId": portal_id}


def check_unique(account: SimulatedAccount, properties: Mapping[str, str], contact: Contact | None) -> None:
    """Refuse an e-mail address, or a value of a unique property, that another contact has. Raises Refusal."""
    emails = [properties.get("email", ""), *properties.get("hs_additional_emails", "").split(";")]
    for email in filter(None, emails):
        other = account.contact(email, by_email=True)
        if other is not None and other is not contact:
            raise conflict(other)
    duplicates = (
        []
        if account.behaviours.duplicate_unique_value == "accept"
        else _duplicate_values(account, properties, contact)
    )
    if duplicates:
        raise refusal_of(account.portal_id, properties, duplicates, evidence="INFER")


def _duplicate_values(
    account: SimulatedAccount, properties: Mapping[str, str], contact: Contact | None
) -> list[Violation]:
    """Return the violations of unique properties; a duplicate e-mail address is a 409 instead."""
    found = []
    for name, value in properties.items():
        declared = account.contact_properties.get(name)
        if declared is None or not declared.unique or not value or name in _OWN_CONFLICTS:
            continue
        other = account.book.find(name, value)
        if other is not None and other is not contact:
            message = f"Cannot set {name} to {value}: contact {other.id} already has that value."
            path, code = f"properties.{name}", "CONFLICTING_UNIQUE_VALUE"
            found.append(Violation("contact_unique_constant", message, "", path, code, message))
    return found


def append_options(
    account: SimulatedAccount, properties: dict[str, str], contact: Contact | None
) -> dict[str, str]:
    """Resolve values with a leading semicolon, which adds options to the contact's existing ones (2ND)."""
    if not any(value.startswith(";") for value in properties.values()):
        return properties
    resolved = {}
    for name, value in properties.items():
        declared = account.contact_properties.get(name)
        adds = declared is not None and declared.type == "enumeration" and value.startswith(";")
        before = "" if contact is None else contact.properties.get(name, "")
        parts = dict.fromkeys(filter(None, f"{before}{value}".split(";")))
        resolved[name] = ";".join(parts) if adds else value
    return resolved


def check_identity(account: SimulatedAccount, properties: Mapping[str, str]) -> None:
    """Refuse a new contact without email, firstname and lastname (section 11). Raises Refusal."""
    if account.behaviours.create_without_name == "reject" and not any(map(properties.get, _IDENTITY)):
        message = f"At least one of {', '.join(_IDENTITY)} is required to create a contact."
        raise Refusal(400, message, "contact.create.identity", evidence="INFER")


def conflict(other: Contact) -> Refusal:
    """Return HubSpot's 409, which has the existing id in its message only (section 3.2)."""
    message = f"Contact already exists. Existing ID: {other.id}"
    return Refusal(409, message, "contact.conflict", category="CONFLICT")


def check_id_property(account: SimulatedAccount, name: str, rule: str) -> str:
    """Return the name of a unique property; refuse any other property. Raises Refusal."""
    declared = account.contact_properties.get(name)
    if declared is None or not declared.unique:
        portal = f" in portal ID {account.portal_id}" if name == "hs_object_id" else ""
        message = f"Unable to perform update/upsert by non-unique 0-1 property {name}{portal}"
        raise Refusal(400, message, rule)
    return declared.name


def _find(call: Call, *, archived: bool = False) -> Contact:
    identifier, id_property = call.parts[0], call.query_value("idProperty")
    if id_property not in (None, "email", "hs_object_id"):
        name = check_id_property(call.account, id_property or "", "contact.id_property")
        contact = call.account.book.find(name, identifier)
    elif id_property == "email":
        contact = call.account.contact(identifier, by_email=True)
    elif not (identifier.isascii() and identifier.isdigit()):
        message = "Object not found.  objectId are usually numeric."
        more = {"context": {"id": [identifier]}}
        raise Refusal(404, message, "contact.id.text", category="OBJECT_NOT_FOUND", more=more)
    else:
        contact = call.account.book.get(identifier, archived=archived)
    if contact is None:
        decision = f"no contact with {id_property or 'id'} {identifier}"
        raise Refusal(404, "resource not found", "contact.unknown", decision, category=None)
    return contact


def _property_names(call: Call) -> list[str]:
    return list(dict.fromkeys([*DEFAULT_PROPERTIES, *call.query_values("properties")]))
