"""Work out which calls the dispatcher would make: many contacts in one call, events in batches.

The grouping is the dispatcher's own (`PerKeyQueue`, contacts before events, in order for each person), for a HubSpot
that accepts everything at once. In a real run, slow answers can make groups smaller.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.delivery.client.calls import upsert_inputs
from hubspot_dest.delivery.client.client import decode, encode
from hubspot_dest.delivery.dispatch.per_key_queue import PerKeyQueue, contact_intent, identity_keys, storable
from hubspot_dest.delivery.outbox.schema import EVENT, Intent
from hubspot_dest.outcome import Outcome

__all__ = ["MOST_CONTACTS", "CallGrouping", "by_email", "merged"]

MOST_CONTACTS: Final = 100
"""As many as HubSpot accepts in one `crm.contacts.batchApi.upsert` (HubSpot wire facts, section 3.3)."""
_UPSERT: Final = "crm.contacts.batchApi.upsert"
_BATCH: Final = "events.send.batchApi.send"
_LATER: Final = "a later call"


@dataclass(frozen=True, slots=True)
class _ContactCall:
    call: list[Any]
    contacts: int
    intents: list[Intent]


class CallGrouping:
    """Puts together what a dispatcher would send together.

    Args:
        batch_size: how many events in a request; 1 sends each alone.

    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._queue = PerKeyQueue()
        self._occurrences: dict[int, dict[str, Any]] = {}
        self._seq = 0

    def group(self, outcomes: Iterable[Outcome], *, last: bool = False) -> list[Outcome]:
        """Return outcomes with the calls that are made for them.

        An event keeps the calls that are its own. What it shares with others is in `batched`; the shared calls follow
        as outcomes of their own, with the ids of their events.

        Args:
            outcomes: what is accepted together, each event with its single calls; batches among them are left out.
            last: nothing follows, so a batch that is not full is sent as well.

        """
        told: list[Outcome] = []
        place: dict[int, int] = {}  # of each contact intent: its outcome
        for outcome in outcomes:
            if outcome.events:
                continue
            contact = self._enter(outcome)
            if contact is not None:
                place[contact.seq] = len(told)
                own = tuple(call for call in outcome.calls if not str(call[0]).startswith("crm."))
                outcome = replace(outcome, calls=own, batched=([_LATER, decode(contact.payload)],))
            told.append(outcome)
        shared: list[Outcome] = []
        for made in self._take(last=last):
            if isinstance(made, Outcome):
                shared.append(made)
            elif len(made.intents) == 1 and (index := place.get(made.intents[0].seq)) is not None:
                single = told[index]
                told[index] = replace(single, calls=(made.call, *single.calls), batched=())
            else:
                shared.append(self._share(made, told, place))
        return [*told, *shared]

    def _enter(self, outcome: Outcome) -> Intent | None:
        """Queue what an outcome asks for; return its contact, if it writes one."""
        plan = outcome.plan
        if plan is None:
            return None
        identity = identity_keys(plan.email, plan.object_id)
        found = None
        if plan.contact is not None and any(str(call[0]).startswith("crm.") for call in outcome.calls):
            kind, keys, event_id, payload = contact_intent(plan.contact, identity, outcome.event_id)
            found = self._queued(kind, keys, event_id, payload)
        if plan.occurrence is not None and outcome.kind in ("sent", "queued"):
            intent = self._queued(EVENT, identity, storable(outcome.event_id), b"")
            if self._batch_size > 1 or outcome.kind == "queued":
                self._occurrences[intent.seq] = plan.occurrence
        return found

    def _queued(self, kind: int, keys: tuple[str, ...], event_id: str, payload: bytes) -> Intent:
        self._seq += 1
        intent = Intent(self._seq, kind, keys, event_id, 0.0, payload)
        self._queue.enter(intent, 0.0)
        return intent

    def _take(self, *, last: bool) -> Iterable[Outcome | _ContactCall]:
        """Yield the calls in the order in which a dispatcher with one connection makes them."""
        queue, size = self._queue, self._batch_size
        while True:
            if queue.contacts:
                group = queue.take_contacts(MOST_CONTACTS)
                yield _contact_call(group)
            elif queue.oldest() is not None and (last or size == 1 or queue.ready_events(size) >= size):
                group = queue.take_events(size)
                occurrences = [self._occurrences.pop(intent.seq, None) for intent in group]
                if occurrences[0] is not None:
                    yield Outcome(
                        "flushed",
                        "batch_sent",
                        f"{amount(len(group), 'event')} in one batch",
                        events=tuple(intent.event_id for intent in group),
                        calls=([_BATCH, {"inputs": occurrences}],),
                    )
            else:
                return
            for intent in group:
                queue.done(intent)

    def _share(self, made: _ContactCall, told: list[Outcome], place: dict[int, int]) -> Outcome:
        """Return the outcome of a call that several events share, and note it with each of them."""
        name = str(made.call[0])
        for intent in made.intents:
            index = place.get(intent.seq)
            if index is not None:
                told[index] = replace(told[index], batched=([name, decode(intent.payload)],))
        return Outcome(
            "identified",
            "contacts_together",
            f"{amount(made.contacts, 'contact')} in one call",
            events=tuple(intent.event_id for intent in made.intents),
            calls=(made.call,),
        )


def _contact_call(group: list[Intent]) -> _ContactCall:
    """Return the call that writes contacts: `Calls.upsert` of one, `Calls.upsert_many` of several."""
    contacts = [decode(merged(items)) for items in by_email(group)]
    if len(contacts) > 1:
        return _ContactCall([_UPSERT, {"inputs": upsert_inputs(contacts)}], len(contacts), group)
    email, properties = contacts[0]["email"], contacts[0]["properties"]
    if properties:
        call = ["crm.contacts.basicApi.update", email, {"properties": properties}, "email"]
    else:
        call = ["crm.contacts.basicApi.create", {"properties": {"email": email}}]
    return _ContactCall(call, 1, group)


def by_email(group: list[Intent]) -> list[list[Intent]]:
    """Return contact intents by their e-mail, each contact's in order."""
    contacts: dict[str, list[Intent]] = {}
    for intent in group:
        contacts.setdefault(intent.keys[0], []).append(intent)
    return list(contacts.values())


def merged(intents: list[Intent]) -> bytes:
    """Return one contact upsert for several of one contact; later values win."""
    if len(intents) == 1:
        return intents[0].payload or b"{}"
    contacts = [decode(intent.payload) for intent in intents]
    properties: dict[str, str] = {}
    for contact in contacts:
        properties |= contact["properties"]
    return encode({"email": contacts[0]["email"], "properties": properties})
