"""Receive custom event occurrences: check them, find their contact, store them (HubSpot wire facts, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from hubspot_dest.checks.limits import MAX_BATCH, MAX_PROPERTIES, MAX_VALUE
from hubspot_dest.checks.moments import moment_of
from hubspot_dest.checks.names import check_event_name, check_property_name
from hubspot_dest.checks.occurrences import (
    check_event_email,
    check_properties_count,
    check_property_value,
    check_value_length,
)
from simulator.hubspot.endpoints.call import Call
from simulator.hubspot.endpoints.errors import Refusal, no_content
from simulator.hubspot.endpoints.occurrences.requests import (
    OccurrenceBatch,
    OccurrenceRequest,
    TextOccurrenceBatch,
    TextOccurrenceRequest,
)
from simulator.hubspot.endpoints.request_bodies import Scalar, decode, missing_fields, text_of
from simulator.hubspot.messages import Answer
from simulator.hubspot.state.account import SimulatedAccount
from simulator.hubspot.state.definitions import EventDefinition
from simulator.hubspot.state.occurrences import Occurrence, new_id
from simulator.hubspot.state.standard_properties import DEFAULT_EVENT_PROPERTIES

__all__ = ["OccurrenceIntake", "send", "send_batch"]


_ENCODE: Final = msgspec.json.Encoder().encode
_ONE: Final = msgspec.json.Decoder(OccurrenceRequest)
_MANY: Final = msgspec.json.Decoder(OccurrenceBatch)
_TEXT_MANY: Final = msgspec.json.Decoder(TextOccurrenceBatch)


def send(call: Call) -> Answer:
    """Receive one occurrence and answer 204. Raises Refusal."""
    sent = decode(_ONE, call.body)
    with call.account.lock:
        intake = OccurrenceIntake(call.account, call.now)
        ready = intake.take(sent)
        _check_quota(call, 1)
        decision = _describe(ready, sent, kept=intake.store(ready, sent))
    return no_content(f"204: {decision}", "events.send")


def send_batch(call: Call) -> Answer:
    """Receive up to 500 occurrences; the switch `batch_bad_input` decides about invalid ones. Raises Refusal."""
    inputs, account = _inputs(call.body), call.account
    if len(inputs) > MAX_BATCH:
        message = (
            f"The maximum number of inputs supported in a batch is {MAX_BATCH}. "
            "Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "events.batch.size")
    if not inputs and account.behaviours.empty_batch == "reject":
        raise Refusal(400, "At least one input is required.", "events.batch.empty")
    refused: Refusal | None = None
    with account.lock:
        before = account.log.counters.accepted
        taken: list[OccurrenceRequest] = []
        ready: list[Occurrence | None] = []
        intake = OccurrenceIntake(account, call.now)
        for number, sent in enumerate(inputs):
            try:
                ready.append(intake.take(sent))
                taken.append(sent)
            except Refusal as refusal:
                refusal.decision = f"input {number}: {refusal.decision or refusal.message}"
                if account.behaviours.batch_bad_input == "all_or_nothing":
                    raise
                refused = refused or refusal
        _check_quota(call, len(taken))
        for sent, occurrence in zip(taken, ready, strict=True):
            intake.store(occurrence, sent)
        stored = account.log.counters.accepted - before
    if refused is not None:
        raise refused
    return no_content(f"204: {stored} of {len(inputs)} stored", "events.batch")


def _check_quota(call: Call, count: int) -> None:
    """Refuse occurrences beyond the account's monthly quota. Raises Refusal."""
    quota = call.account.behaviours.quota_occurrences
    used = call.account.log.in_month(call.now)
    if used + count > quota:
        message = f"This account has reached its limit of {quota} event occurrences a month."
        decision = f"{used} of {quota} occurrences used this month, {count} more received"
        raise Refusal(429, message, "events.quota", decision, category="RATE_LIMITS", evidence="GAP")


def _describe(ready: Occurrence | None, sent: OccurrenceRequest, *, kept: bool) -> str:
    if ready is None:
        return "dropped silently: the contact id is unknown, or occurredAt is in the future"
    if not kept:
        return f"dropped: uuid {sent.uuid} was sent before"
    return "stored without a contact" if ready.contact is None else f"stored for contact {ready.contact}"


def _inputs(body: bytes) -> Sequence[OccurrenceRequest]:
    try:
        return _TEXT_MANY.decode(body).inputs
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode(_MANY, body).inputs


class OccurrenceIntake:
    """Check and store the occurrences of one request, looking up each definition and contact once.

    Args:
        account: the account; hold its lock.
        now: UNIX time in seconds.

    """

    def __init__(self, account: SimulatedAccount, now: float) -> None:
        self._account = account
        self._now = now
        self._visible = now + account.behaviours.visibility_delay_ms / 1000
        self._drops_future = account.behaviours.future_occurred_at == "drop"
        self._refuses_known = account.behaviours.duplicate_uuid == "reject"
        # Event name -> its definition, and the names of its properties of type string.
        self._definitions: dict[str, tuple[EventDefinition, frozenset[str]]] = {}
        self._contacts: dict[str, str | None] = {}

    def take(self, sent: OccurrenceRequest) -> Occurrence | None:
        """Check an occurrence and return the row to store, or None if HubSpot drops it silently.

        Raises:
            Refusal: HubSpot answers 400.

        """
        account, now = self._account, self._now
        known = self._definitions.get(sent.eventName)
        if known is None:
            definition = _definition(account, sent.eventName, now)
            known = self._definitions[sent.eventName] = (definition, definition.text_names())
        definition, texts = known
        properties: Any = sent.properties
        if properties is None:
            if account.behaviours.missing_properties == "reject":
                raise missing_fields(b"", "properties")
            properties = {}
        elif (
            type(sent) is not TextOccurrenceRequest
            or not texts.issuperset(properties)
            or len(properties) > MAX_PROPERTIES
        ):
            properties = _properties(account, definition, properties)
        occurred = now if sent.occurredAt is None else _occurred(account, sent.occurredAt)
        email = sent.email
        if email is not None and definition.matching is None and sent.objectId is None:
            contact = self._contacts[email] if email in self._contacts else self._contact(email)
        else:
            found, contact = _record(account, definition, sent, properties, now)
            if not found:
                return None
        if self._drops_future and occurred > now:
            return None
        if (
            self._refuses_known
            and sent.uuid is not None
            and account.log.knows(definition.name, sent.uuid, now)
        ):
            raise Refusal(400, f"An event with uuid {sent.uuid} was already sent.", "events.uuid.reject")
        identifier = sent.uuid or new_id()
        return Occurrence(identifier, definition.name, _ENCODE(properties), contact, occurred, self._visible)

    def store(self, ready: Occurrence | None, sent: OccurrenceRequest) -> bool:
        """Store the result of `take`; return whether the occurrence was stored."""
        log = self._account.log
        if ready is None:
            log.drop()
            return False
        return log.add(ready, sent.uuid, self._now)

    def _contact(self, email: str) -> str | None:
        contact = self._contacts[email] = _by_email(self._account, email, self._now)
        return contact


def _definition(account: SimulatedAccount, name: str, now: float) -> EventDefinition:
    definition = account.definitions.get(name)
    prefix = f"pe{account.portal_id}_"
    if definition is not None and name.startswith(prefix):
        return definition
    violation = check_event_name(name)
    impossible = violation is not None and not account.accepts(violation)
    if account.behaviours.auto_define and not impossible and name.startswith(prefix):
        return account.define(name, now)
    code = "event_undefined" if name.startswith(prefix) else "event_prefix_portal"
    if violation is not None and impossible:
        code = violation.code
    message = f"Event with fully qualified name {name} does not exist."
    raise Refusal(400, message, "events.definition", checks=(code,))


def _properties(
    account: SimulatedAccount, definition: EventDefinition, sent: dict[str, Scalar]
) -> dict[str, str]:
    count = check_properties_count(sent)
    if count is not None:
        raise Refusal(
            400, count.hubspot_message, "events.properties.count", count.sentence, checks=(count.code,)
        )
    kept: dict[str, str] = {}
    own, plain = definition.properties, True
    for name, value in sent.items():
        declared = own.get(name) or DEFAULT_EVENT_PROPERTIES.get(name)
        if declared is None:
            plain = False
            break
        if value is None:
            continue
        text = value if type(value) is str else text_of(value)
        if len(text) > MAX_VALUE and (length := check_value_length(name, text)) is not None:
            raise Refusal(400, length.hubspot_message, "events.property.length", checks=(length.code,))
        if declared.type != "string" and text:
            misfit = check_property_value(declared, text)
            if misfit is not None and misfit.hubspot_message:
                if not account.accepts(misfit):
                    decision = f"property `{name}` of {definition.name}: {misfit.hubspot_message}"
                    raise Refusal(
                        400, misfit.hubspot_message, "events.property.value", decision, checks=(misfit.code,)
                    )
                continue
        kept[declared.name] = text
    return kept if plain else _properties(account, definition, _lower_names(account, definition, sent))


def _lower_names(
    account: SimulatedAccount, definition: EventDefinition, sent: dict[str, Scalar]
) -> dict[str, Scalar]:
    for name in sent:
        if definition.property(name) is None and definition.property(name.lower()) is None:
            impossible = check_property_name(name)
            if impossible is not None and not account.accepts(impossible):
                message = impossible.hubspot_message
                raise Refusal(
                    400, message, "events.property.name", impossible.sentence, checks=(impossible.code,)
                )
    # Of names that differ only in case, the last in ascending order wins (section 1.5).
    lowered = {(name if definition.property(name) else name.lower()): sent[name] for name in sorted(sent)}
    for name in [text for text in lowered if definition.property(text) is None]:
        if account.behaviours.auto_define:
            definition.add_text(name)
            account.changed(definition)
        elif account.behaviours.unknown_property == "reject":
            decision = f"property `{name}` is not in definition {definition.name}"
            message = f'Property "{name}" does not exist'
            raise Refusal(400, message, "events.property.unknown", decision, checks=("property_undefined",))
        else:
            del lowered[name]
    return lowered


def _occurred(account: SimulatedAccount, sent: str | int) -> float:
    if type(sent) is str and sent[-1:] == "Z" and sent[10:11] == "T":  # fast path for the usual format
        try:
            return datetime.fromisoformat(sent).timestamp()
        except ValueError:
            pass
    text = str(sent)
    moment = moment_of(text)
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC) if account.behaviours.naive_occurred_at == "utc" else None
    if moment is None:
        message = (
            "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.time.Instant` "
            f'from String "{text}"'
        )
        raise Refusal(400, message, "events.occurred_at", category=None)
    return moment.timestamp()


def _record(
    account: SimulatedAccount,
    definition: EventDefinition,
    sent: OccurrenceRequest,
    properties: dict[str, str],
    now: float,
) -> tuple[bool, str | None]:
    """Return whether to store the occurrence, and its contact's id.

    The contact is found by matching id, objectId, e-mail or utk, in this order (section 1.4).
    """
    if definition.matching is not None and definition.matching[0] in properties:
        found = account.book.find(definition.matching[1], properties[definition.matching[0]])
        if found is not None:
            return True, found.id
    elif sent.email is None and sent.objectId is None and sent.utk is None:
        raise Refusal(400, "One of email, utk or objectId is required.", "events.identity")
    if sent.objectId is not None:
        contact = account.contact(str(sent.objectId))
        if contact is None and account.behaviours.unknown_object_id == "reject":
            raise Refusal(400, f"No object with id {sent.objectId}.", "events.object.unknown")
        return contact is not None, contact.id if contact else None
    if sent.email is not None:
        return True, _by_email(account, sent.email, now)
    return True, None


def _by_email(account: SimulatedAccount, email: str, now: float) -> str | None:
    contact = account.contact(email, by_email=True)
    if contact is not None:
        return contact.id
    invalid = check_event_email(email)
    refused = invalid is not None and bool(invalid.hubspot_message)
    if refused or "+invalid@" in email:  # a magic address for tests, never valid
        if account.behaviours.invalid_email == "reject":
            message = f"Email address {email} is invalid"
            raise Refusal(400, message, "events.email.invalid", checks=("email_invalid",))
        return None
    if account.behaviours.unknown_email == "create":
        return account.add_contact({"email": email}, now).id
    if account.behaviours.unknown_email == "reject":
        raise Refusal(400, f"No contact has the email {email}.", "events.email.unknown")
    return None
