"""What counts as an answer: created meanwhile, shuffled, short, or not HubSpot at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from hubspot_dest.delivery.client.calls import Calls
from hubspot_dest.delivery.client.errors import DeliveryError

ADA = orjson.dumps({"email": "Ada@Example.org", "properties": {"plan": "pro"}})
ALAN = orjson.dumps({"email": "alan@example.org", "properties": {"plan": "free"}})
CONFLICT = DeliveryError("refused", "Contact already exists. Existing ID: 77", status=409)


@dataclass
class Answer:
    data: bytes
    status: int = 200


@dataclass
class Scripted:
    """A client that answers as it is told, and keeps what it was asked."""

    answers: list[Any]
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def _answer(self, *asked: Any) -> Any:
        self.asked.append(asked)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send(self, occurrence: dict[str, Any]) -> None:
        self._answer("send", occurrence)

    def send_batch(self, inputs: list[dict[str, Any]]) -> None:
        self._answer("send_batch", inputs)

    def send_encoded(self, occurrence: bytes) -> Any:
        return self._answer("send", occurrence)

    def send_batch_encoded(self, occurrences: Any) -> Any:
        return self._answer("send_batch", occurrences)

    def update_contact(self, contact_id: str, properties: dict[str, str], id_property: str | None) -> Any:
        return self._answer("update", contact_id, id_property)

    def create_contact(self, properties: dict[str, str]) -> Any:
        return self._answer("create", properties["email"])

    def upsert_contacts(self, inputs: list[dict[str, Any]]) -> Any:
        return self._answer("upsert", [contact_input["objectWriteTraceId"] for contact_input in inputs])


def stranger() -> DeliveryError:
    return DeliveryError("refused", "resource not found", status=404)


def test_a_stranger_is_created_and_who_came_in_between_is_updated_by_id() -> None:
    client = Scripted([stranger(), CONFLICT, Answer(b'{"id":"77"}')])
    made: list[str] = []
    Calls(client).upsert(ADA, made)
    assert [name.rpartition(".")[2] for name in made] == ["update", "create", "update"]
    assert client.asked == [
        ("update", "Ada@Example.org", "email"),
        ("create", "Ada@Example.org"),
        ("update", "77", None),
    ]


def test_a_404_page_is_a_wrong_address_and_creates_nobody() -> None:
    client = Scripted([DeliveryError("refused", "no JSON: Error 404 Not Found", status=404)])
    with pytest.raises(DeliveryError, match="404 Not Found"):
        Calls(client).upsert(ADA, [])
    assert len(client.asked) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id":5}', b"\xff"])
def test_a_2xx_that_shows_no_contact_is_no_success(body: bytes) -> None:
    with pytest.raises(DeliveryError, match="shows no contact"):
        Calls(Scripted([Answer(body)])).upsert(ADA, [])


def test_results_find_their_owners_by_trace_id_or_by_email_in_any_case() -> None:
    by_trace = {"results": [{"objectWriteTraceId": "1"}, {"objectWriteTraceId": "0"}]}
    by_email = {
        "results": [
            {"properties": {"email": "alan@example.org"}},
            {"properties": {"email": "ada@example.org"}},
        ]
    }
    for body in (by_trace, by_email):
        assert Calls(Scripted([Answer(orjson.dumps(body))])).upsert_many([ADA, ALAN], []).errors == [
            None,
            None,
        ]


def test_errors_of_a_207_find_their_owners_and_keep_hubspots_words() -> None:
    error = {
        "category": "VALIDATION_ERROR",
        "message": "plan is odd",
        "context": {"objectWriteTraceId": ["0"]},
    }
    body = {"results": [{"objectWriteTraceId": "1"}], "errors": [error], "numErrors": 1}
    ada, alan = Calls(Scripted([Answer(orjson.dumps(body), 207)])).upsert_many([ADA, ALAN], []).errors
    assert ada is not None
    assert (ada.kind, ada.status, ada.message) == ("refused", 400, "plan is odd")
    assert alan is None


def test_who_is_mentioned_nowhere_was_not_written() -> None:
    body = {"status": "COMPLETE", "results": [{"objectWriteTraceId": "1"}]}
    ada, alan = Calls(Scripted([Answer(orjson.dumps(body))])).upsert_many([ADA, ALAN], []).errors
    assert ada is not None
    assert ada.kind == "unreadable"
    assert alan is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"results":[5]}', b'{"results":7}'])
def test_an_unreadable_answer_to_many_contacts_is_tried_again(body: bytes) -> None:
    with pytest.raises(DeliveryError) as caught:
        Calls(Scripted([Answer(body)])).upsert_many([ADA, ALAN], [])
    assert caught.value.kind == "unreadable"


def test_a_proxys_page_does_not_count_as_delivery() -> None:
    with pytest.raises(DeliveryError, match="that was not HubSpot"):
        Calls(Scripted([Answer(b"<html>Please log in</html>")])).send_batch([b"{}"], [])
    Calls(Scripted([Answer(b"", 204)])).send(b"{}", [])
    Calls(Scripted([Answer(b"{}", 200)])).send(b"{}", [])
