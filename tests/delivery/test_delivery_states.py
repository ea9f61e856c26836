"""Outbox and dispatcher in any order of accepting, answering and killing: nothing accepted is lost or overtakes."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hubspot_dest.delivery.client.errors import DeliveryError
from tests.delivery.sending import TestClock, World, contact, event, make_world

PEOPLE = [f"p{number}@example.org" for number in range(3)]
ANSWERS = ["taken", "taken", "answer lost", "unavailable", "rate limited", "unauthorized"]


@dataclass
class Answer:
    """What the official client returns."""

    data: bytes = b""
    status: int = 204


@dataclass
class ModelHubSpot:
    """HubSpot as the documentation describes it: takes occurrences once by uuid, refuses a batch with a bad one."""

    answers: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    contacts: dict[str, int] = field(default_factory=dict)

    def send(self, occurrence: dict[str, Any]) -> None:
        self._take([occurrence])

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        self._take(inputs)

    def send_encoded(self, occurrence: bytes) -> Answer:
        self._take([orjson.loads(occurrence)])
        return Answer()

    def send_batch_encoded(self, occurrences: Sequence[bytes]) -> Answer:
        self._take([orjson.loads(occurrence) for occurrence in occurrences])
        return Answer()

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> Answer:
        self._before()
        self.contacts[contact_id] = max(self.contacts.get(contact_id, 0), int(properties["version"]))
        self._after()
        return Answer(b'{"id": "1"}', 200)

    def create_contact(self, properties: dict[str, str]) -> Answer:
        raise AssertionError(properties)

    def upsert_contacts(self, inputs: list[dict[str, Any]]) -> Answer:
        self._before()
        for contact_input in inputs:
            version = int(contact_input["properties"]["version"])
            self.contacts[contact_input["id"]] = max(self.contacts.get(contact_input["id"], 0), version)
        self._after()
        results = [
            {"id": "1", "objectWriteTraceId": contact_input["objectWriteTraceId"]} for contact_input in inputs
        ]
        return Answer(orjson.dumps({"results": results}), 200)

    def _take(self, occurrences: list[dict[str, Any]]) -> None:
        self._before()
        if any(occurrence["eventName"].endswith("_bad") for occurrence in occurrences):
            raise DeliveryError("refused", "not a valid event", status=400)
        for occurrence in occurrences:
            if occurrence["properties"]["n"] not in self.taken:
                self.taken.append(occurrence["properties"]["n"])
        self._after()

    def _before(self) -> None:
        answer = self.answers[0] if self.answers else "taken"
        if answer == "unavailable":
            self.answers.pop(0)
            raise DeliveryError("unavailable", "try later", status=503)
        if answer == "rate limited":
            self.answers.pop(0)
            raise DeliveryError("rate_limited", "too fast", status=429, policy_name="SECONDLY")
        if answer == "unauthorized":
            self.answers.pop(0)
            raise DeliveryError("unauthorized", "no", status=401)

    def _after(self) -> None:
        if self.answers and self.answers.pop(0) == "answer lost":
            raise DeliveryError("timeout", "no answer within 10 s")


class Delivery(RuleBasedStateMachine):
    """Accept, answer, let time pass, kill; at the end everything is delivered."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = TestClock()
        self.hubspot = ModelHubSpot()
        self.accepted: dict[str, str] = {}
        self.bad: set[str] = set()
        self.versions: dict[str, int] = defaultdict(int)
        self.batch_size = 1
        self.world: World

    @initialize(batch_size=st.sampled_from([1, 2, 5]))
    def start(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self._open()

    def _open(self) -> None:
        self.world = make_world(
            self.folder / "outbox", self.hubspot, clock=self.clock, batch_size=self.batch_size, buffer_size=4
        )

    @rule(people=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4), bad=st.integers(0, 9))
    def accept(self, people: list[str], bad: int) -> None:
        intents = []
        for number, person in enumerate(people):
            event_id = str(len(self.accepted))
            self.accepted[event_id] = person
            if number == bad:
                self.bad.add(event_id)
            name = "bad" if number == bad else "good"
            intents.append(event(event_id, person, f"page_{name}", n=event_id))
        self.world.accept(*intents)

    @rule(person=st.sampled_from(PEOPLE))
    def accept_contact(self, person: str) -> None:
        self.versions[person] += 1
        self.world.accept(contact(person, "", version=str(self.versions[person])))

    @rule(answers=st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=4))
    def answer(self, answers: list[str]) -> None:
        """Set HubSpot's next answers, and deliver until one piece of work is done."""
        self.hubspot.answers = answers
        while self.hubspot.answers and (wait := self.world.dispatcher.step()) is not None:
            self.clock.skip(wait)
        self.hubspot.answers = []

    @rule(seconds=st.sampled_from([0.1, 2.0, 61.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.skip(seconds)

    @precondition(lambda self: len(self.accepted) > 0)
    @rule()
    def kill(self) -> None:
        """End as a killed process does: what was committed is on disk, results since then are not."""
        self.world.outbox._db.close()
        self.world.outbox._lock_file.release()
        self._open()

    @invariant()
    def nothing_accepted_is_lost(self) -> None:
        if not hasattr(self, "world"):
            return
        stored = {intent.event_id for intent in self.world.outbox.read(0, 10_000)}
        dead = {letter.event_id for letter in self.world.outbox.dead_letters()}
        assert self.accepted.keys() <= stored | dead | set(self.hubspot.taken)

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self._deliver_all()
        finally:
            if hasattr(self, "world"):
                self.world.outbox.close()
            shutil.rmtree(self.folder)

    def _deliver_all(self) -> None:
        self.world.run()
        dead = {letter.event_id for letter in self.world.outbox.dead_letters()}
        assert self.world.outbox.pending == 0
        assert self.bad <= dead, "a refused event is named as a dead letter"
        assert self.accepted.keys() - set(self.hubspot.taken) <= dead
        for person in PEOPLE:
            mine = [int(taken) for taken in self.hubspot.taken if self.accepted[taken] == person]
            assert mine == sorted(mine), "a person's events keep their order"
            assert self.hubspot.contacts.get(person, 0) == self.versions[person]


Delivery.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestDelivery = Delivery.TestCase
