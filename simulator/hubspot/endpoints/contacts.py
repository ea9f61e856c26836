"""What HubSpot says to single contacts (HubSpot wire facts, sections 3.1, 3.2, 3.5 and 3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
import orjson

from hubspot_dest.checks.contacts import empty_contact
from hubspot_dest.checks.finding import Violation
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, answer_json, no_content
from simulator.hubspot.endpoints.event_reads import number
from simulator.hubspot.endpoints.request_bodies import Scalar, decode, text_of
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.account import Account, Contact

__all__ = [
    "ContactBody",
    "archive",
    "check_id_property",
    "check_unique",
    "conflict",
    "create",
    "get",
    "list_all",
    "refusal_of",
    "shown",
    "texts",
    "update",
]

DEFAULT_SHOWN: Final = ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname")
MAX_LIMIT: Final = 100
MAX_WITH_HISTORY: Final = 50


class ContactBody(msgspec.Struct):
    """What a contact is created or changed with."""

    properties: dict[str, Scalar] | None = None


_BODY: Final = msgspec.json.Decoder(ContactBody)


def list_all(call: Call) -> Answer:
    """List contacts, oldest first; `limit` up to 100, `after`."""
    start, limit = number(call, "after", 0), number(call, "limit", 10)
    history = call.many("propertiesWithHistory")
    most = MAX_WITH_HISTORY if history else MAX_LIMIT
    if not 1 <= limit <= most:
        raise Refusal(400, f"limit must be between 1 and {most}", "contact.list.limit")
    with call.account.lock:
        found = call.account.book.all(archived=call.flag("archived"))[start:]
        page = [shown(one, call.account, wanted=_wanted(call), history=history) for one in found[:limit]]
    body: dict[str, Any] = {"results": page}
    if limit < len(found):
        after = str(start + limit)
        rest = [(key, value) for key, value in call.query if key != "after"]
        link = f"https://api.hubapi.com/crm/v3/objects/contacts?{urlencode([*rest, ('after', after)])}"
        body["paging"] = {"next": {"after": after, "link": link}}
    return answer_json(200, body, f"200: {len(page)} contacts", "contact.list")


def get(call: Call) -> Answer:
    """Show one contact, 404 for a stranger."""
    with call.account.lock:
        contact = _find(call, archived=call.flag("archived"))
        body = shown(contact, call.account, wanted=_wanted(call), history=call.many("propertiesWithHistory"))
    return answer_json(200, body, f"200: contact {contact.id}", "contact.get")


def update(call: Call) -> Answer:
    """Change a contact that exists; it never creates one."""
    properties, account = texts(decode(_BODY, call.body).properties), call.account
    with account.lock:
        contact = _find(call)
        if not properties:
            empty = empty_contact()
            message = empty.hubspot_message
            more = {"context": {"properties": ["{}"]}}
            raise Refusal(400, message, "contact.update.empty", more=more, checks=(empty.code,))
        check_properties(account, properties)
        check_unique(account, properties, contact)
        kept = account.book.change(contact, properties, call.now)
        body = shown(contact, account)
    many = len(properties) - len(kept)
    written = f"200: {many} {'property' if many == 1 else 'properties'} written to contact {contact.id}"
    if kept:
        return answer_json(200, body, f"{written}; lifecyclestage does not go back", "contact.lifecyclestage")
    return answer_json(200, body, written, "contact.update")


def create(call: Call) -> Answer:
    """Create a contact, 409 where the e-mail is taken."""
    properties, account = texts(decode(_BODY, call.body).properties), call.account
    with account.lock:
        check_properties(account, properties)
        check_unique(account, properties, None)
        contact = account.add_contact(properties, call.now)
        body = shown(contact, account)
    answer = answer_json(201, body, f"201: contact {contact.id}", "contact.create")
    place = ("Location", f"/crm/v3/objects/contacts/{contact.id}")
    return Answer(201, (*answer.headers, place), answer.body, answer.decision, answer.rule)


def archive(call: Call) -> Answer:
    """Archive a contact; a stranger's id is 204 too."""
    with call.account.lock:
        contact = call.account.contact(call.parts[0])
        if contact is not None:
            call.account.book.archive(contact, call.now)
    return no_content(f"204: contact {call.parts[0]} archived", "contact.archive")


def shown(
    contact: Contact, account: Account, *, wanted: Sequence[str] | None = None, history: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a contact as HubSpot shows it: all it has, or the wanted properties, null where unset."""
    if wanted is None:
        properties: dict[str, str | None] = dict(contact.properties)
    else:
        known = [name for name in wanted if name in account.contact_properties]
        properties = {name: contact.properties.get(name) for name in known}
    body: dict[str, Any] = {
        "id": contact.id,
        "properties": properties,
        "createdAt": contact.created_at,
        "updatedAt": contact.updated_at,
        "archived": contact.archived_at is not None,
    }
    if contact.archived_at is not None:
        body["archivedAt"] = contact.archived_at
    if history:
        body["propertiesWithHistory"] = {
            name: [
                {"value": one.value, "timestamp": one.at, "sourceType": "INTEGRATION"}
                for one in reversed(contact.history)
                if one.name == name
            ]
            for name in history
        }
    return body


def texts(properties: Mapping[str, Any] | None) -> dict[str, str]:
    """Return properties as HubSpot stores them."""
    return {name: text_of(value) for name, value in (properties or {}).items()}


def check_properties(account: Account, properties: dict[str, str]) -> None:
    """Refuse properties that do not exist, do not fit or cannot be written. Raises Refusal."""
    violations = account.property_violations(properties)
    if violations:
        raise refusal_of(account.portal_id, properties, violations)


def refusal_of(portal_id: int, properties: Mapping[str, str], violations: Sequence[Violation]) -> Refusal:
    """Return HubSpot's 400 with the JSON text inside its message (section 3.7)."""
    problems = [_problem(portal_id, properties, one) for one in violations]
    errors = [
        {"message": one["message"], "code": one["error"], "context": {"propertyName": [one["name"]]}}
        for one in problems
    ]
    message = f"Property values were not valid: {orjson.dumps(problems).decode()}"
    decision = "; ".join(one["message"] for one in problems)
    codes = tuple(one.code for one in violations)
    return Refusal(400, message, "contact.properties", decision, more={"errors": errors}, checks=codes)


def _problem(portal_id: int, properties: Mapping[str, str], violation: Violation) -> dict[str, Any]:
    """Return one violation as HubSpot lists it."""
    name, message = violation.path.partition(".")[2], violation.hubspot_message
    problem = {"isValid": False, "message": message, "error": violation.hubspot_code, "name": name}
    if violation.hubspot_code not in ("PROPERTY_DOESNT_EXIST", "READ_ONLY_VALUE"):
        problem["propertyValue"] = properties.get(name, "")
    return {**problem, "localizedErrorMessage": message, "portalId": portal_id}


def check_unique(account: Account, properties: Mapping[str, str], contact: Contact | None) -> None:
    """Refuse an e-mail that another contact has. Raises Refusal."""
    wanted = [properties.get("email", ""), *properties.get("hs_additional_emails", "").split(";")]
    for email in filter(None, wanted):
        other = account.contact(email, by_email=True)
        if other is not None and other is not contact:
            raise conflict(other)


def conflict(other: Contact) -> Refusal:
    """Return HubSpot's 409; the id stands in its text only (section 3.2)."""
    message = f"Contact already exists. Existing ID: {other.id}"
    return Refusal(409, message, "contact.conflict", category="CONFLICT")


def check_id_property(account: Account, name: str, rule: str) -> str:
    """Return the name of a property whose values are unique; refuse every other. Raises Refusal."""
    declared = account.contact_properties.get(name)
    if declared is None or not declared.unique:
        raise Refusal(400, f"Unable to perform update/upsert by non-unique 0-1 property {name}", rule)
    return declared.name


def _find(call: Call, *, archived: bool = False) -> Contact:
    identifier, id_property = call.parts[0], call.one("idProperty")
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


def _wanted(call: Call) -> list[str]:
    return list(dict.fromkeys([*DEFAULT_SHOWN, *call.many("properties")]))
