"""The dispatcher's calls to HubSpot, with bodies that are encoded once, and what counts as an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import orjson

from hubspot_dest.delivery.client.client import Client, decode
from hubspot_dest.delivery.client.errors import DeliveryError, error_from_answer

__all__ = ["BulkClient", "Calls", "UpsertResult", "upsert_inputs"]

CONFLICT, UNKNOWN = 409, 404


class BulkClient(Client, Protocol):
    """A client that also accepts encoded bodies, and contacts in batches; `HubSpotClient` is one."""

    def send_encoded(self, occurrence: bytes) -> Any:
        """Send one occurrence that is JSON already; return the answer."""

    def send_batch_encoded(self, occurrences: Sequence[bytes]) -> Any:
        """Send up to 500 occurrences that are JSON already; return the answer."""

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> Any:
        """Update a contact that exists: `crm.contacts.basicApi.update`; return the answer."""

    def create_contact(self, properties: dict[str, str]) -> Any:
        """Create a contact: `crm.contacts.basicApi.create`; return the answer."""

    def upsert_contacts(self, inputs: list[dict[str, Any]]) -> Any:
        """Create or update up to 100 contacts: `crm.contacts.batchApi.upsert`; return the answer."""


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """The result for each contact: None if it was written, else the error."""

    errors: list[DeliveryError | None]


class Calls:
    """Turns intents into calls. Works with every `Client`; a `BulkClient` is faster.

    Args:
        client: calls HubSpot.

    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._unknown: set[str] = set()
        """E-mails of contacts that HubSpot did not know at the last try, and that could not be created yet."""
        self._bulk = cast("BulkClient", client) if hasattr(client, "send_batch_encoded") else None

    @property
    def many_contacts(self) -> bool:
        """Whether several contacts can go in one call."""
        return self._bulk is not None

    def send(self, occurrence: bytes, made: list[str]) -> None:
        """Send one occurrence. Raises DeliveryError.

        Args:
            occurrence: JSON.
            made: the name of every call is added to it before the call is made; so in all methods.

        """
        made.append("events.send.basicApi.send")
        if self._bulk is None:
            self._client.send(decode(occurrence))
        else:
            _require_hubspot(self._bulk.send_encoded(occurrence))

    def send_batch(self, occurrences: Sequence[bytes], made: list[str]) -> None:
        """Send several occurrences. Raises DeliveryError."""
        made.append("events.send.batchApi.send")
        if self._bulk is None:
            self._client.send_batch([decode(occurrence) for occurrence in occurrences])
        else:
            _require_hubspot(self._bulk.send_batch_encoded(occurrences))

    def upsert(self, contact: bytes, made: list[str]) -> None:
        """Write one contact: update it, or create it if it is unknown. Raises DeliveryError."""
        asked = decode(contact)
        email, properties = asked["email"], asked["properties"]
        if not properties:
            self._create_unknown(email, made)
            return
        if email not in self._unknown:
            made.append("crm.contacts.basicApi.update")
            try:
                self._update(email, properties, "email")
                return
            except DeliveryError as error:
                if error.status != UNKNOWN or error.message.startswith("no JSON"):
                    raise  # a 404 as a web page is a wrong address, not an unknown contact
        # If creating fails for now, the next try starts here: where a limit lets few calls through, two in a row may
        # never get through.
        self._unknown.add(email)
        made.append("crm.contacts.basicApi.create")
        try:
            self._create({**properties, "email": email})
        except DeliveryError as error:
            if error.kind in ("refused", "impossible"):
                self._unknown.discard(email)
            if error.status != CONFLICT or error.existing_id is None:
                raise
            made.append("crm.contacts.basicApi.update")
            self._update(error.existing_id, properties, None)
        self._unknown.discard(email)

    def _create_unknown(self, email: str, made: list[str]) -> None:
        """Create a contact without properties. If it exists, nothing is to be written."""
        made.append("crm.contacts.basicApi.create")
        try:
            self._create({"email": email})
        except DeliveryError as error:
            if error.status != CONFLICT:
                raise

    def _update(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> None:
        if self._bulk is None:
            self._client.update_contact(contact_id, properties, id_property)
        else:
            _require_contact(self._bulk.update_contact(contact_id, properties, id_property))

    def _create(self, properties: dict[str, str]) -> None:
        if self._bulk is None:
            self._client.create_contact(properties)
        else:
            _require_contact(self._bulk.create_contact(properties))

    def upsert_many(self, contacts: Sequence[bytes], made: list[str]) -> UpsertResult:
        """Write several contacts of different people in one call, each with a trace id. Raises DeliveryError.

        HubSpot answers in an order of its own, so results are matched by trace id. A contact that is neither among
        the results nor among the errors was not written, whatever the status (wire facts, 3.3).
        """
        assert self._bulk is not None
        made.append("crm.contacts.batchApi.upsert")
        inputs = upsert_inputs([decode(contact) for contact in contacts])
        answer = self._bulk.upsert_contacts(inputs)
        return UpsertResult(_matched(answer, [str(contact_input["id"]).lower() for contact_input in inputs]))


def upsert_inputs(contacts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the inputs of `crm.contacts.batchApi.upsert` (HubSpot wire facts, section 3.3).

    Args:
        contacts: e-mail and properties of each.

    """
    return [
        {
            "id": contact["email"],
            "idProperty": "email",
            # Without any property HubSpot might refuse it; its own e-mail changes nothing.
            "properties": contact["properties"] or {"email": contact["email"]},
            "objectWriteTraceId": str(number),
        }
        for number, contact in enumerate(contacts)
    ]


def _matched(answer: Any, emails: list[str]) -> list[DeliveryError | None]:
    try:
        body = orjson.loads(answer.data)
        results, errors = body.get("results") or [], body.get("errors") or []
        told = [_trace(result, emails) for result in results]
        refused = {
            int(number): error_from_answer(_status(error), orjson.dumps(error), {})
            for error in errors
            for number in (error.get("context") or {}).get("objectWriteTraceId", [])
            if str(number).isdigit()
        }
    except (orjson.JSONDecodeError, AttributeError, TypeError):
        message = "HubSpot's answer to a batch of contacts cannot be read"
        raise DeliveryError("unreadable", message, status=answer.status) from None
    missing = DeliveryError(
        "unreadable", "HubSpot's answer does not mention this contact", status=answer.status
    )
    done = set(told)
    return [None if number in done else refused.get(number, missing) for number in range(len(emails))]


def _trace(result: dict[str, Any], emails: list[str]) -> int | None:
    trace = result.get("objectWriteTraceId")
    if isinstance(trace, str) and trace.isdigit():
        return int(trace)
    email = str((result.get("properties") or {}).get("email", "")).lower()
    return emails.index(email) if email in emails else None


def _status(error: dict[str, Any]) -> int:
    return {"CONFLICT": CONFLICT, "OBJECT_NOT_FOUND": UNKNOWN}.get(str(error.get("category")), 400)


def _require_contact(answer: Any) -> None:
    """Refuse a 2xx without a contact in it: it does not prove that one was written."""
    try:
        if isinstance(orjson.loads(answer.data).get("id"), str):
            return
    except (orjson.JSONDecodeError, AttributeError):
        pass
    raise DeliveryError("unreadable", "HubSpot's answer shows no contact", status=answer.status)


def _require_hubspot(answer: Any) -> None:
    """Refuse a 2xx whose body is not JSON: a proxy's page is not HubSpot's answer."""
    data = answer.data
    if not data or data.lstrip()[:1] in (b"{", b"["):
        return
    raise DeliveryError(
        "unreadable",
        f"{answer.status} with a body that is not JSON; that was not HubSpot",
        status=answer.status,
    )
