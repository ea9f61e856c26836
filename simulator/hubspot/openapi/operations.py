"""What each of HubSpot's operations is asked and answers; the routes themselves stand in `routes`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from simulator.hubspot.endpoints import (
    account_info as identity,
)
from simulator.hubspot.endpoints import (
    contact_batches,
    contact_properties,
    contact_search,
    contacts,
    definitions,
    occurrences,
)
from simulator.hubspot.endpoints import (
    event_reads as reading,
)
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.http.messages import Answer

__all__ = ["OPERATIONS", "Operation"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of HubSpot's API as far as the simulator plays it.

    Attributes:
        tag: the chapter that it stands in.
        summary: what it does, in a few words.
        answers: status to the name of the answer's shape; an empty name for no body.
        asks: the type of the request's body.
        query: name to schema of what the query may say.

    """

    tag: str
    summary: str
    answers: dict[int, str]
    asks: Any = None
    query: dict[str, dict[str, Any]] = field(default_factory=dict)


def _whole(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


_TEXT: Final = {"type": "string"}
_FLAG: Final = {"type": "boolean"}
_BAD: Final = {400: "Error"}
_UNKNOWN: Final = {404: "Error"}
_TAKEN: Final = {409: "Error"}
_SEND, _DEFINE, _PEOPLE, _FIELDS = "Events", "Event definitions", "Contacts", "Contact properties"
_AFTER: Final = {"type": "string", "pattern": "^[0-9]{1,9}$"}
_PAGING: Final = {"limit": _whole(1, 100), "after": _AFTER}
_SHOW: Final = {"properties": _TEXT, "propertiesWithHistory": _TEXT, "archived": _FLAG}
_BY: Final = {"idProperty": _TEXT}
_RESULT: Final = {207: "ContactBatchResult", **_BAD, **_TAKEN}

OPERATIONS: Final[dict[Callable[[Call], Answer], Operation]] = {
    occurrences.send: Operation(_SEND, "Send one occurrence", {204: "", **_BAD}, occurrences.Sent),
    occurrences.send_batch: Operation(
        _SEND, "Send up to 500 occurrences", {204: "", **_BAD}, occurrences.SentBatch
    ),
    reading.event_types: Operation(_SEND, "List the event types of the account", {200: "EventTypes"}),
    reading.read_events: Operation(
        _SEND,
        "Read occurrences back",
        {200: "OccurrencePage", **_BAD},
        query={
            "objectType": _TEXT,
            "objectId": _TEXT,
            "eventType": _TEXT,
            "occurredAfter": _TEXT,
            "occurredBefore": _TEXT,
            "id": _TEXT,
            "sort": _TEXT,
            "properties": _TEXT,
            "limit": _whole(1, 1000),
            "after": _AFTER,
        },
    ),
    definitions.list_all: Operation(
        _DEFINE,
        "List definitions",
        {200: "DefinitionPage", **_BAD},
        query={"searchString": _TEXT, "includeProperties": _FLAG, **_PAGING},
    ),
    definitions.create: Operation(
        _DEFINE, "Make a definition", {201: "Definition", **_BAD, **_TAKEN}, definitions.NewDefinition
    ),
    definitions.get: Operation(
        _DEFINE,
        "Show a definition",
        {200: "Definition", **_BAD, **_UNKNOWN},
        query={"includeProperties": _FLAG},
    ),
    definitions.change: Operation(
        _DEFINE, "Change a definition", {201: "Definition", **_BAD}, definitions.DefinitionChange
    ),
    definitions.delete: Operation(_DEFINE, "Delete a definition and its occurrences", {204: "", **_BAD}),
    definitions.add_property: Operation(
        _DEFINE,
        "Add a property to a definition",
        {201: "Property", **_BAD, **_TAKEN},
        definitions.NewEventProperty,
    ),
    definitions.change_property: Operation(
        _DEFINE,
        "Change a property of a definition",
        {201: "Property", **_BAD, **_UNKNOWN},
        definitions.EventPropertyChange,
    ),
    definitions.delete_property: Operation(
        _DEFINE, "Delete a property of a definition", {204: "", **_BAD, **_UNKNOWN}
    ),
    contacts.list_all: Operation(
        _PEOPLE, "List contacts", {200: "ContactPage", **_BAD}, query={**_PAGING, **_SHOW}
    ),
    contacts.get: Operation(
        _PEOPLE, "Show a contact", {200: "Contact", **_BAD, **_UNKNOWN}, query={**_BY, **_SHOW}
    ),
    contacts.create: Operation(
        _PEOPLE, "Create a contact", {201: "Contact", **_BAD, **_TAKEN}, contacts.ContactBody
    ),
    contacts.update: Operation(
        _PEOPLE,
        "Change a contact that exists",
        {200: "Contact", **_BAD, **_UNKNOWN, **_TAKEN},
        contacts.ContactBody,
        _BY,
    ),
    contacts.archive: Operation(_PEOPLE, "Archive a contact; a stranger's id is fine", {204: ""}),
    contact_batches.read: Operation(
        _PEOPLE,
        "Read up to 100 contacts",
        {200: "ContactBatchResult", 207: "ContactBatchResult", **_BAD},
        contact_batches.ContactReading,
    ),
    contact_batches.create: Operation(
        _PEOPLE,
        "Create up to 100 contacts",
        {200: "ContactBatchResult", 201: "ContactBatchResult", **_RESULT},
        contact_batches.ContactBatch,
    ),
    contact_batches.update: Operation(
        _PEOPLE,
        "Change up to 100 contacts",
        {200: "ContactBatchResult", **_RESULT},
        contact_batches.ContactBatch,
    ),
    contact_batches.upsert: Operation(
        _PEOPLE,
        "Create or change up to 100 contacts",
        {200: "ContactBatchResult", **_RESULT},
        contact_batches.ContactBatch,
    ),
    contact_batches.archive: Operation(
        _PEOPLE, "Archive up to 100 contacts", {204: "", **_BAD}, contact_batches.ContactBatch
    ),
    contact_search.search: Operation(
        _PEOPLE, "Search contacts", {200: "ContactsFound", **_BAD}, contact_search.ContactSearch
    ),
    contact_properties.list_all: Operation(_FIELDS, "List contact properties", {200: "PropertyList"}),
    contact_properties.create: Operation(
        _FIELDS,
        "Make a contact property",
        {201: "Property", **_BAD, **_TAKEN},
        contact_properties.NewContactProperty,
    ),
    contact_properties.get: Operation(_FIELDS, "Show a contact property", {200: "Property", **_UNKNOWN}),
    identity.account_details: Operation("Account", "Show the account", {200: "AccountDetails"}),
    identity.api_usage: Operation("Account", "Show how many calls of today are used", {200: "AnyObject"}),
}
