"""What HubSpot says to custom event occurrences (HubSpot wire facts, section 1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final

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
from simulator.hubspot.endpoints.request_bodies import Scalar, decode, missing_fields, text_of
from simulator.hubspot.http.messages import Answer
from simulator.hubspot.state.account import Account, Definition
from simulator.hubspot.state.occurrences import Occurrence, new_id
from simulator.hubspot.state.standard_properties import DEFAULT_EVENT_PROPERTIES

__all__ = ["Intake", "Sent", "SentBatch", "send", "send_batch"]


class Sent(msgspec.Struct, gc=False):
    """One occurrence as it comes; `properties` may be absent, since older clients leave it out."""

    eventName: str  # noqa: N815 - HubSpot's name
    properties: dict[str, Scalar] | None = None
    email: str | None = None
    objectId: str | int | None = None  # noqa: N815 - HubSpot's name
    utk: str | None = None
    uuid: str | None = None
    occurredAt: str | int | None = None  # noqa: N815 - HubSpot's name


class _Texts(Sent, gc=False):
    """What nearly every sender sends: texts of at most 256 characters, checked while they are read."""

    properties: dict[str, Annotated[str, msgspec.Meta(max_length=MAX_VALUE)]]  # type: ignore[assignment]


class SentBatch(msgspec.Struct):
    """Up to 500 occurrences."""

    inputs: list[Sent]


class _TextBatch(msgspec.Struct):
    inputs: list[_Texts]


_ENCODE: Final = msgspec.json.Encoder().encode
_ONE: Final = msgspec.json.Decoder(Sent)
_MANY: Final = msgspec.json.Decoder(SentBatch)
_TEXT_MANY: Final = msgspec.json.Decoder(_TextBatch)


def send(call: Call) -> Answer:
    """Take one occurrence: 204, or why not."""
    sent = decode(_ONE, call.body)
    with call.account.lock:
        intake = Intake(call.account, call.now)
        ready = intake.take(sent)
        decision = _told(ready, sent, kept=intake.store(ready, sent))
    return no_content(f"204: {decision}", "events.send")


def send_batch(call: Call) -> Answer:
    """Take up to 500 occurrences; what one bad input does is the switch `batch_bad_input`."""
    inputs, account = _inputs(call.body), call.account
    if len(inputs) > MAX_BATCH:
        message = (
            f"The maximum number of inputs supported in a batch is {MAX_BATCH}. "
            "Please reduce the number of items and try again"
        )
        raise Refusal(400, message, "events.batch.size")
    if not inputs and account.switches.empty_batch == "reject":
        raise Refusal(400, "At least one input is required.", "events.batch.empty")
    refused: Refusal | None = None
    with account.lock:
        before = account.log.counters.accepted
        taken: list[Sent] = []
        ready: list[Occurrence | None] = []
        intake = Intake(account, call.now)
        for number, sent in enumerate(inputs):
            try:
                ready.append(intake.take(sent))
                taken.append(sent)
            except Refusal as refusal:
                refusal.decision = f"input {number}: {refusal.decision or refusal.message}"
                if account.switches.batch_bad_input == "all_or_nothing":
                    raise
                refused = refused or refusal
        for sent, occurrence in zip(taken, ready, strict=True):
            intake.store(occurrence, sent)
        stored = account.log.counters.accepted - before
    if refused is not None:
        raise refused
    return no_content(f"204: {stored} of {len(inputs)} stored", "events.batch")


def _told(ready: Occurrence | None, sent: Sent, *, kept: bool) -> str:
    if ready is None:
        return "dropped in silence: no record has this id, or it lies in the future"
    if not kept:
        return f"dropped: uuid {sent.uuid} came before"
    return "stored on nobody's timeline" if ready.contact is None else f"stored for contact {ready.contact}"


def _inputs(body: bytes) -> Sequence[Sent]:
    try:
        return _TEXT_MANY.decode(body).inputs
    except (msgspec.DecodeError, UnicodeDecodeError):
        return decode(_MANY, body).inputs


class Intake:
    """Checks and stores the occurrences of one request; what they ask for again and again is looked up once.

    Args:
        account: hold its lock.
        now: UNIX time in seconds.

    """

    def __init__(self, account: Account, now: float) -> None:
        self._account = account
        self._now = now
        self._visible = now + account.switches.visibility_delay_ms / 1000
        self._drops_future = account.switches.future_occurred_at == "drop"
        self._refuses_known = account.switches.duplicate_uuid == "reject"
        # By event name: the definition, and the names of its properties that take any text.
        self._definitions: dict[str, tuple[Definition, frozenset[str]]] = {}
        self._contacts: dict[str, str | None] = {}

    def take(self, sent: Sent) -> Occurrence | None:
        """Check an occurrence and make the row to store; None where HubSpot drops it in silence.

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
            if account.switches.missing_properties == "reject":
                raise missing_fields(b"", "properties")
            properties = {}
        elif type(sent) is not _Texts or not texts.issuperset(properties) or len(properties) > MAX_PROPERTIES:
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

    def store(self, ready: Occurrence | None, sent: Sent) -> bool:
        """Store what `take` made of an occurrence; tell whether it was kept."""
        log = self._account.log
        if ready is None:
            log.drop()
            return False
        return log.add(ready, sent.uuid, self._now)

    def _contact(self, email: str) -> str | None:
        contact = self._contacts[email] = _by_email(self._account, email, self._now)
        return contact


def _definition(account: Account, name: str, now: float) -> Definition:
    definition = account.definitions.get(name)
    prefix = f"pe{account.portal_id}_"
    if definition is not None and name.startswith(prefix):
        return definition
    violation = check_event_name(name)
    impossible = violation is not None and not account.takes(violation)
    if account.switches.auto_define and not impossible and name.startswith(prefix):
        return account.define(name, now)
    code = "event_undefined" if name.startswith(prefix) else "event_prefix_portal"
    if violation is not None and impossible:
        code = violation.code
    message = f"Event with fully qualified name {name} does not exist."
    raise Refusal(400, message, "events.definition", checks=(code,))


def _properties(account: Account, definition: Definition, sent: dict[str, Scalar]) -> dict[str, str]:
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
                if not account.takes(misfit):
                    decision = f"property `{name}` of {definition.name}: {misfit.hubspot_message}"
                    raise Refusal(
                        400, misfit.hubspot_message, "events.property.value", decision, checks=(misfit.code,)
                    )
                continue
        kept[declared.name] = text
    return kept if plain else _properties(account, definition, _lowered(account, definition, sent))


def _lowered(account: Account, definition: Definition, sent: dict[str, Scalar]) -> dict[str, Scalar]:
    for name in sent:
        if definition.property(name) is None and definition.property(name.lower()) is None:
            impossible = check_property_name(name)
            if impossible is not None and not account.takes(impossible):
                message = impossible.hubspot_message
                raise Refusal(
                    400, message, "events.property.name", impossible.sentence, checks=(impossible.code,)
                )
    # Names that become equal are one: ascending order, the last seen stays (section 1.5).
    lowered = {name.lower(): sent[name] for name in sorted(sent)}
    for name in [one for one in lowered if definition.property(one) is None]:
        if account.switches.auto_define:
            definition.add_text(name)
            account.changed(definition)
        elif account.switches.unknown_property == "reject":
            decision = f"property `{name}` is not in definition {definition.name}"
            message = f'Property "{name}" does not exist'
            raise Refusal(400, message, "events.property.unknown", decision, checks=("property_undefined",))
        else:
            del lowered[name]
    return lowered


def _occurred(account: Account, sent: str | int) -> float:
    if type(sent) is str and sent[-1:] == "Z" and sent[10:11] == "T":  # the usual form first
        try:
            return datetime.fromisoformat(sent).timestamp()
        except ValueError:
            pass
    text = str(sent)
    moment = moment_of(text)
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC) if account.switches.naive_occurred_at == "utc" else None
    if moment is None:
        message = (
            "Invalid input JSON on line 1, column 1: Cannot deserialize value of type `java.time.Instant` "
            f'from String "{text}"'
        )
        raise Refusal(400, message, "events.occurred_at", category=None)
    return moment.timestamp()


def _record(
    account: Account, definition: Definition, sent: Sent, properties: dict[str, str], now: float
) -> tuple[bool, str | None]:
    """Return whether the occurrence is kept, and the contact's id: matching id, objectId, e-mail, utk (1.4)."""
    if definition.matching is not None and definition.matching[0] in properties:
        found = account.book.find(definition.matching[1], properties[definition.matching[0]])
        if found is not None:
            return True, found.id
    elif sent.email is None and sent.objectId is None and sent.utk is None:
        raise Refusal(400, "One of email, utk or objectId is required.", "events.identity")
    if sent.objectId is not None:
        contact = account.contact(str(sent.objectId))
        if contact is None and account.switches.unknown_object_id == "reject":
            raise Refusal(400, f"No object with id {sent.objectId}.", "events.object.unknown")
        return contact is not None, contact.id if contact else None
    if sent.email is not None:
        return True, _by_email(account, sent.email, now)
    return True, None


def _by_email(account: Account, email: str, now: float) -> str | None:
    contact = account.contact(email, by_email=True)
    if contact is not None:
        return contact.id
    invalid = check_event_email(email)
    if (
        invalid is not None and invalid.hubspot_message
    ) or "+invalid@" in email:  # the latter is never valid, for tests
        if account.switches.invalid_email == "reject":
            message = f"Email address {email} is invalid"
            raise Refusal(400, message, "events.email.invalid", checks=("email_invalid",))
        return None
    if account.switches.unknown_email == "create":
        return account.add_contact({"email": email}, now).id
    if account.switches.unknown_email == "reject":
        raise Refusal(400, f"No contact has the email {email}.", "events.email.unknown")
    return None
