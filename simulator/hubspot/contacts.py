"""What HubSpot says to contacts: get, create, update (HubSpot wire facts, sections 3.1, 3.2, 3.5 and 3.7)."""

from __future__ import annotations

from typing import Any

import orjson

from .account import Account, Contact, problems_text
from .errors import Refusal, answer_json, no_content
from .exchange import Answer

__all__ = ["archive", "check_properties", "conflict", "create", "get", "shown", "text", "update"]


def get(account: Account, identifier: str, id_property: str | None) -> Answer:
    """Return one contact, 404 for a stranger."""
    with account.lock:
        contact = _find(account, identifier, id_property)
        return answer_json(200, shown(contact), "200: found", "contact.get")


def update(account: Account, identifier: str, id_property: str | None, body: bytes, now: float) -> Answer:
    """Change a contact that exists; it never creates one."""
    properties = _properties(body)
    with account.lock:
        contact = _find(account, identifier, id_property)
        if not properties:
            message = "No properties found to update, please provide at least one."
            raise Refusal(400, message, "contact.update.empty", more={"context": {"properties": ["{}"]}})
        check_properties(account, properties)
        other = account.contact(properties.get("email", ""), by_email=True)
        if other is not None and other is not contact:
            raise conflict(other)
        account.update_contact(contact, properties, now)
        return answer_json(
            200, shown(contact), f"200: {len(properties)} properties written", "contact.update"
        )


def create(account: Account, body: bytes, now: float) -> Answer:
    """Create a contact, 409 where the e-mail is taken."""
    properties = _properties(body)
    with account.lock:
        check_properties(account, properties)
        other = account.contact(properties.get("email", ""), by_email=True)
        if other is not None:
            raise conflict(other)
        contact = account.add_contact(properties, now)
        return answer_json(201, shown(contact), f"201: contact {contact.id}", "contact.create")


def archive(account: Account, identifier: str) -> Answer:
    """Take a contact away; HubSpot says 204 whether it was there or not."""
    with account.lock:
        account.remove_contact(identifier)
    return no_content("204: archived", "contact.archive")


def _find(account: Account, identifier: str, id_property: str | None) -> Contact:
    if id_property == "email":
        contact = account.contact(identifier, by_email=True)
    elif not identifier.isdigit():
        message = "Object not found.  objectId are usually numeric."
        more = {"context": {"id": [identifier]}}
        raise Refusal(404, message, "contact.id.text", category="OBJECT_NOT_FOUND", more=more)
    else:
        contact = account.contact(identifier)
    if contact is None:
        decision = f"no contact {'with e-mail' if id_property else 'with id'} {identifier}"
        raise Refusal(404, "resource not found", "contact.unknown", decision, category=None)
    return contact


def _properties(body: bytes) -> dict[str, str]:
    try:
        found = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        message = f"Invalid input JSON on line {error.lineno}, column {error.colno}: {error.msg}"
        raise Refusal(400, message, "json.malformed", category=None) from error
    properties = found.get("properties") if isinstance(found, dict) else None
    if properties is None:
        properties = {}
    if not isinstance(properties, dict) or any(
        isinstance(value, (dict, list)) for value in properties.values()
    ):
        message = (
            "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.lang.String` "
            "from Object value (token `JsonToken.START_OBJECT`)"
        )
        raise Refusal(400, message, "json.shape", category=None)
    return {name: text(value) for name, value in properties.items()}


def text(value: Any) -> str:
    """Return the text that HubSpot keeps of a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def check_properties(account: Account, properties: dict[str, str]) -> None:
    """Refuse properties that HubSpot does not have, or values that it does not take (section 3.7)."""
    problems = account.property_problems(properties)
    if not problems:
        return
    errors = [
        {"message": one["message"], "code": one["error"], "context": {"propertyName": [one["name"]]}}
        for one in problems
    ]
    message = f"Property values were not valid: {problems_text(problems)}"
    decision = "; ".join(one["message"] for one in problems)
    raise Refusal(400, message, "contact.properties", decision, more={"errors": errors})


def conflict(other: Contact) -> Refusal:
    """Return the 409 that names the contact only inside its message (section 3.2)."""
    message = f"Contact already exists. Existing ID: {other.id}"
    return Refusal(409, message, "contact.conflict", category="CONFLICT")


def shown(contact: Contact) -> dict[str, Any]:
    """Return a contact as HubSpot shows it."""
    return {
        "id": contact.id,
        "properties": dict(contact.properties),
        "createdAt": contact.created_at,
        "updatedAt": contact.updated_at,
        "archived": False,
    }
