"""The destination: what is sent, kept, spared and reported, in both ways to be right."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from hubspot_dest import ConfigError, HubSpotDestination
from hubspot_dest.aio import AsyncHubSpotDestination
from hubspot_dest.delivery.client.recording_client import RecordingClient
from tests.factories import make_event
from tests.recording import BATCH, CREATE, SEND, UNAVAILABLE, UPDATE, failing, refused

SETTINGS = {"accessToken": "pat-na1-11111111-2222-3333-4444-555555555555", "eventNamePrefix": "pe1_"}
IDENTIFY = {"map": {"email": "user.email", "properties": {"map": {"firstname": "user.first"}}}}


def destination(client: RecordingClient, *, parity: bool = False, **more: Any) -> HubSpotDestination:
    settings = {**SETTINGS, **more.pop("settings", {})}
    return HubSpotDestination(
        {"settings": settings, **more}, client=client, parity=parity, now_ms=lambda: 1_750_000_000_000
    )


def methods(client: RecordingClient) -> list[str]:
    return [call[0] for call in client.calls]


def test_an_occurrence_carries_the_same_uuid_at_every_attempt() -> None:
    client = RecordingClient()
    sender = destination(client)
    sender.push(make_event())
    destination(client).push(make_event())
    first, second = (call[1]["uuid"] for call in client.calls)
    assert first == second
    assert len(first) == 36


def test_walkeros_itself_sends_no_uuid() -> None:
    client = RecordingClient()
    destination(client, parity=True).push(make_event())
    assert "uuid" not in client.calls[0][1]


def test_people_who_take_turns_are_written_once_each() -> None:
    client = RecordingClient()
    sender = destination(client, settings={"identify": IDENTIFY})
    outcomes = [
        sender.push(make_event(number, mail, user={"email": mail, "first": "X"}))
        for number, mail in enumerate(["a@x.y", "b@x.y", "A@x.y", "b@x.y"])
    ]
    assert methods(client) == [UPDATE, SEND, UPDATE, SEND, SEND, SEND]
    assert outcomes[2].upstream is not None
    assert "remembers the last one only" in outcomes[2].upstream


def test_walkeros_writes_people_who_take_turns_again_and_again() -> None:
    client = RecordingClient()
    sender = destination(client, parity=True, settings={"identify": IDENTIFY})
    for number, mail in enumerate(["a@x.y", "b@x.y", "a@x.y"]):
        sender.push(make_event(number, mail, user={"email": mail, "first": "X"}))
    assert methods(client).count(UPDATE) == 3


def test_a_stranger_is_created_and_the_event_is_not_lost() -> None:
    client = failing((UPDATE, 1, refused(404, "resource not found")))
    outcome = destination(client, settings={"identify": IDENTIFY}).push(
        make_event(user={"email": "a@x.y", "first": "A"})
    )
    assert methods(client) == [UPDATE, CREATE, SEND]
    assert client.calls[1][1]["properties"] == {"firstname": "A", "email": "a@x.y"}
    assert outcome.kind == "sent"
    assert outcome.upstream is not None
    assert "would lose this event" in outcome.upstream


def test_walkeros_loses_the_event_of_a_stranger() -> None:
    client = failing((UPDATE, 1, refused(404, "resource not found")))
    sender = destination(client, parity=True, settings={"identify": IDENTIFY})
    outcome = sender.push(make_event(user={"email": "a@x.y", "first": "A"}))
    assert methods(client) == [UPDATE]
    assert outcome.kind == "failed"
    assert len(sender.dead_letters) == 1


def test_who_was_created_meanwhile_is_updated_by_id() -> None:
    conflict = refused(409, "Contact already exists. Existing ID: 37765128953")
    client = failing((UPDATE, 1, refused(404)), (CREATE, 1, conflict))
    outcome = destination(client, settings={"identify": IDENTIFY}).push(
        make_event(user={"email": "a@x.y", "first": "A"})
    )
    assert client.calls[2] == [UPDATE, "37765128953", {"properties": {"firstname": "A"}}]
    assert outcome.kind == "sent"


def test_a_contact_that_hubspot_refuses_does_not_cost_the_event_and_is_not_hidden() -> None:
    client = failing((UPDATE, 1, refused(400, "Property values were not valid")))
    outcome = destination(client, settings={"identify": IDENTIFY}).push(
        make_event(user={"email": "a@x.y", "first": "A"})
    )
    assert methods(client) == [UPDATE, SEND]
    assert outcome.kind == "sent"
    assert not outcome.ok
    assert "refused the contact" in outcome.issues[0].message


def test_a_contact_that_could_not_be_written_is_tried_again_with_the_next_event() -> None:
    client = failing((UPDATE, 1, UNAVAILABLE))
    sender = destination(client, settings={"identify": IDENTIFY})
    first = sender.push(make_event(1, user={"email": "a@x.y", "first": "A"}))
    second = sender.push(make_event(2, user={"email": "a@x.y", "first": "A"}))
    assert (first.kind, second.kind) == ("failed", "sent")
    assert methods(client) == [UPDATE, UPDATE, SEND]


def test_a_batch_goes_out_when_it_is_full_and_the_rest_when_the_sender_closes() -> None:
    client = RecordingClient()
    with destination(client, settings={"batch": True, "batchSize": 2}) as sender:
        kinds = [sender.push(make_event(number)).kind for number in range(5)]
        assert kinds == ["queued"] * 5
        assert sender.queued == 1
    assert [len(call[1]["inputs"]) for call in client.calls] == [2, 2, 1]
    assert sender.queued == 0


def test_a_failed_flush_keeps_its_events_and_says_so() -> None:
    client = failing((BATCH, 1, UNAVAILABLE))
    sender = destination(client, settings={"batch": True, "batchSize": 2})
    sender.push(make_event(1))
    outcome = sender.push(make_event(2))
    (flush,) = outcome.also
    assert outcome.kind == "queued"
    assert (flush.kind, flush.reason) == ("failed", "flush_failed")
    assert "2 stay in the queue" in flush.sentence
    sender.push(make_event(3))
    assert len(client.calls) == 1, "a failing HubSpot is not asked again at every event"
    sender.push(make_event(4))
    assert [
        [contact_input["occurredAt"][-4:] for contact_input in call[1]["inputs"]] for call in client.calls[1:]
    ] == [
        ["001Z", "002Z"],
        ["003Z", "004Z"],
    ]
    assert sender.queued == 0


def test_walkeros_loses_the_whole_batch() -> None:
    client = failing((BATCH, 1, UNAVAILABLE))
    sender = destination(client, parity=True, settings={"batch": True, "batchSize": 2})
    first, second = sender.push(make_event(1)), sender.push(make_event(2))
    assert (first.kind, second.kind) == ("queued", "failed")
    assert sender.queued == 0


def test_events_wait_for_consent_and_go_out_in_order_when_it_comes() -> None:
    client = RecordingClient()
    sender = destination(client, consent={"marketing": True})
    outcomes = [sender.push(make_event(number)) for number in (1, 2, 3)]
    assert {outcome.kind for outcome in outcomes} == {"denied"}
    assert "marketing" in outcomes[0].sentence
    released = sender.consent({"marketing": True})
    assert [outcome.event_id for outcome in released] == ["e1", "e2", "e3"]
    assert [call[1]["occurredAt"][-4:] for call in client.calls] == ["001Z", "002Z", "003Z"]


def test_an_event_that_refuses_consent_itself_is_never_sent() -> None:
    client = RecordingClient()
    sender = destination(client, consent={"marketing": True})
    refused_event = sender.push(make_event(1, consent={"marketing": False}))
    assert (refused_event.kind, refused_event.reason) == ("denied", "consent_refused")
    sender.consent({"marketing": True})
    assert client.calls == []
    assert sender.waiting == 0, "an event that can never pass takes no room in the queue"


def test_walkeros_sends_it_all_the_same() -> None:
    client = RecordingClient()
    sender = destination(client, parity=True, consent={"marketing": True})
    sender.push(make_event(1, consent={"marketing": False}))
    sender.consent({"marketing": True})
    assert methods(client) == [SEND]


def test_what_waits_for_consent_is_bounded_and_what_is_dropped_is_named() -> None:
    sender = destination(RecordingClient(), consent={"marketing": True}, queueMax=2)
    outcomes = [sender.push(make_event(number)) for number in (1, 2, 3)]
    assert sender.waiting == 2
    (dropped,) = outcomes[2].also
    assert (dropped.event_id, dropped.reason) == ("e1", "consent_queue_full")
    assert sender.dropped == 1


def test_a_person_who_logs_in_later_owns_the_events_that_waited() -> None:
    client = RecordingClient()
    sender = destination(client, consent={"marketing": True})
    sender.push({"name": "page view", "timestamp": 1})
    sender.user({"email": "later@x.y"})
    sender.consent({"marketing": True})
    assert client.calls[0][1]["email"] == "later@x.y"


def test_a_new_run_forgets_what_waited() -> None:
    sender = destination(RecordingClient(), consent={"marketing": True})
    sender.push(make_event())
    sender.run({"consent": {"marketing": True}})
    assert sender.waiting == 0


def test_globals_and_custom_reach_the_mapping() -> None:
    client = RecordingClient()
    rule = {
        "settings": {
            "properties": {"map": {"lang": "globals.lang", "c": {"fn": lambda v, c: c.collector.custom["k"]}}}
        }
    }
    sender = destination(client, mapping={"page": {"view": rule}})
    sender.globals({"lang": "de"})
    sender.custom({"k": "v"})
    sender.push(make_event())
    assert client.calls[0][1]["properties"] == {"lang": "de", "c": "v"}


def test_an_unknown_command_is_a_warning_not_a_crash() -> None:
    (outcome,) = destination(RecordingClient()).push_command("walker fly", {})
    assert (outcome.kind, outcome.reason) == ("failed", "unknown_command")


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({}, "Event name is required"),
        ({"name": "page"}, "Event name is invalid"),
        ("text", "Event name is required"),
        (None, "Event name is required"),
    ],
)
def test_an_event_without_two_words_is_rejected_with_a_reason(raw: Any, sentence: str) -> None:
    outcome = destination(RecordingClient()).push(raw)
    assert (outcome.kind, outcome.reason, outcome.sentence) == ("failed", "invalid_event", sentence)


def test_warnings_are_log_records_and_stand_on_the_outcome(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="hubspot_dest"):
        outcome = destination(RecordingClient()).push({"name": "page view"})
    assert [record.getMessage() for record in caplog.records] == [issue.message for issue in outcome.issues]
    assert caplog.records[0].levelno == logging.WARNING


def test_listeners_hear_everything_once_and_in_order() -> None:
    sender = destination(RecordingClient(), settings={"batch": True, "batchSize": 2})
    heard: list[str] = []
    sender.listeners.append(lambda outcome: heard.append(outcome.kind))
    sender.push(make_event(1))
    sender.push(make_event(2))
    sender.close()
    sender.close()
    assert sorted(heard) == ["flushed", "queued", "queued"]


def test_a_disabled_or_mocked_destination_sends_nothing() -> None:
    client = RecordingClient()
    assert destination(client, disabled=True).push(make_event()).reason == "disabled"
    mocked = destination(client, mock={"ok": 1}).push(make_event())
    assert (mocked.reason, mocked.returned) == ("mock", {"ok": 1})
    assert client.calls == []


def test_a_mock_logs_only_what_the_mapping_logs() -> None:
    config: dict[str, Any] = {
        "mock": 1,
        "policy": {"data.x": {"fn": "$code:() => { throw new Error('no') }"}},
    }
    config["settings"] = {"identify": {"map": {"email": {"fn": "$code:() => { throw new Error('no') }"}}}}
    outcome = destination(RecordingClient(), **config).push({"name": "page view"})
    assert [issue.message for issue in outcome.issues] == ["mapping fn failed"]
    assert (outcome.kind, outcome.reason) == ("skipped", "mock")


@pytest.mark.parametrize(("parity", "logged"), [(True, 1), (False, 2)])
def test_a_waiting_event_whose_user_is_null_costs_itself_and_nobody_else(parity: bool, logged: int) -> None:
    client = RecordingClient()
    sender = destination(client, parity=parity, consent={"marketing": True})
    for number, user in enumerate([{"email": "a@x.org"}, None, None, {"email": "c@x.org"}]):
        assert sender.push({"name": "page view", "id": f"{number:016x}", "user": user}).kind == "denied"
    outcomes = sender.push_command("walker consent", {"marketing": True})
    assert [outcome.reason for outcome in outcomes] == ["send", "push_error", "push_error", "send"]
    messages = [issue.message for outcome in outcomes for issue in outcome.issues]
    assert messages == ["command failed"] * logged
    assert sender.waiting == 0


def test_a_text_as_consent_requirement_lets_nothing_through_in_parity() -> None:
    sender = destination(RecordingClient(), parity=True, consent="marketing")
    assert sender.push({**make_event(), "consent": {"marketing": True}}).kind == "denied"
    with pytest.raises(ConfigError, match="consent"):
        HubSpotDestination({"settings": SETTINGS, "consent": "marketing"})


@pytest.mark.parametrize("parity", [True, False])
def test_events_released_together_go_out_one_after_the_other_oldest_first(parity: bool) -> None:
    """The rule of docs/departures.md: an event is carried out whole, contact first, before the next one begins."""
    client = RecordingClient()
    named = {"map": {"email": "user.email", "properties": {"map": {"firstname": {"value": "Ada"}}}}}
    settings = {"identify": named}
    sender = destination(client, parity=parity, settings=settings, consent={"marketing": True})
    for number in (1, 2, 3):
        assert sender.push(make_event(number)).kind == "denied"
    happened = sender.push_command("walker consent", {"marketing": True})
    assert [outcome.event_id for outcome in happened] == [make_event(number)["id"] for number in (1, 2, 3)]
    assert [call[0] for call in client.calls] == [
        "crm.contacts.basicApi.update",
        "events.send.basicApi.send",
        "events.send.basicApi.send",
        "events.send.basicApi.send",
    ]


@pytest.mark.parametrize("missing", ["accessToken", "eventNamePrefix"])
def test_a_missing_token_or_prefix_is_found_before_any_event_is_lost(missing: str) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != missing}
    with pytest.raises(ConfigError, match=missing) as caught:
        HubSpotDestination({"settings": settings})
    assert caught.value.problems[0].hint


def test_one_configuration_serves_two_destinations_alike() -> None:
    config = {
        "settings": {**SETTINGS, "identify": IDENTIFY, "batch": True, "batchSize": 2},
        "policy": {"data.x": {"value": {"a": 1}}},
    }
    clients = [RecordingClient(), RecordingClient()]
    for client in clients:
        with HubSpotDestination(config, client=client) as sender:
            for number in range(3):
                sender.push(make_event(number))
    assert clients[0].calls == clients[1].calls


def test_the_token_is_nowhere_to_be_seen() -> None:
    sender = HubSpotDestination({"settings": SETTINGS})
    token = SETTINGS["accessToken"]
    shown = [
        repr(sender),
        repr(sender.config),
        str(sender.config),
        repr(sender.config.raw),
        repr(vars(sender)),
    ]
    assert not any(token in text for text in shown)
    with pytest.raises(ConfigError) as caught:
        HubSpotDestination({"settings": {**SETTINGS, "acessToken": token, "batchSize": 0}})
    assert token not in str(caught.value)
    assert token not in repr(caught.value.problems)


def test_dead_letters_are_bounded_and_the_overflow_is_told_once() -> None:
    failures = [(SEND, number, UNAVAILABLE) for number in (1, 2, 3, 4)]
    sender = destination(failing(*failures), dlqMax=2)
    outcomes = [sender.push(make_event(number)) for number in (1, 2, 3, 4)]
    assert [letter[0]["id"] for letter in sender.dead_letters] == ["e3", "e4"]
    told = [[issue.message for issue in outcome.issues] for outcome in outcomes]
    overflow = "destination.dlq overflow; oldest entries dropped"
    assert told == [["Push failed"], ["Push failed"], ["Push failed", overflow], ["Push failed"]]


USABLE: dict[str, Any] = {
    "settings": {"accessToken": "pat-na1-test", "eventNamePrefix": "pe1_"},
    "consent": {"marketing": True},
}


@pytest.mark.parametrize("parity", [False, True])
@pytest.mark.parametrize("make", [HubSpotDestination, AsyncHubSpotDestination])
def test_an_address_without_a_scheme_is_refused_before_the_first_event(make: Any, parity: bool) -> None:
    with pytest.raises(ConfigError, match=r"'127.0.0.1:8080' is not an http.*such as http://127.0.0.1:8080"):
        make(USABLE, base_url="127.0.0.1:8080", parity=parity)


@pytest.mark.parametrize("value", ["marketing", ["marketing"], True, {"marketing"}])
@pytest.mark.parametrize("name", ["consent", "user", "globals_", "custom"])
def test_a_state_that_is_no_map_is_refused_with_a_sentence(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"{name} must be a map, such as .*, not {type(value).__name__}"):
        HubSpotDestination(USABLE, **{name: value})


def test_a_misspelt_consent_is_logged_with_the_name_that_is_meant(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "hubspot_dest"):
        HubSpotDestination(USABLE, consent={"marketing": True})
        assert not caplog.messages
        HubSpotDestination(USABLE, consent={"marketting": True})
    assert caplog.messages == [
        "consent 'marketting' has no effect: the configuration does not require it; did you mean 'marketing'?"
    ]
