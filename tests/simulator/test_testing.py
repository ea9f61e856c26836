"""The sentences that users' tests are made of: they fail where they should, and say why."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import find, given, settings

from hubspot_dest import HubSpotDestination
from hubspot_dest.delivery.client.null_client import NullClient
from simulator.examples.documented import documented_examples
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.testing import assert_calls, assert_matches_example, walkeros_events

SEND = ["events.send.basicApi.send", {"eventName": "a", "properties": {"title": "Home"}}]


@pytest.mark.parametrize("example", documented_examples(), ids=lambda item: item.key)
def test_every_documented_example_matches_itself_and_no_other_outcome(example: object) -> None:
    single = next(each for each in documented_examples() if each is example)
    service = HubSpot(token="t")
    with FakeHubSpot(service, token="t") as hubspot:
        service.seed(hubspot.account, single.account)
        with HubSpotDestination(single.config("t"), base_url=hubspot.base_url) as destination:
            made = destination.push(copy.deepcopy(single.event))
    assert_matches_example(made, single.key)
    other = next(each for each in documented_examples() if each.expect.outcome != single.expect.outcome)
    with pytest.raises(pytest.fail.Exception, match=f"the example {other.key} is"):
        assert_matches_example(made, other.key)


def test_a_call_that_differs_is_named_by_field() -> None:
    made = [["events.send.basicApi.send", {"eventName": "a", "properties": {"titel": "Home"}, "uuid": "u"}]]
    with pytest.raises(pytest.fail.Exception) as failed:
        assert_calls(made, SEND)
    assert "calls[0][1].properties.title: expected 'Home'" in str(failed.value)
    assert "uuid" not in str(failed.value)


@pytest.mark.parametrize("made", [[], [SEND, SEND], [[SEND[0]]]])
def test_a_call_too_few_or_too_many_fails(made: list[list[object]]) -> None:
    with pytest.raises(pytest.fail.Exception):
        assert_calls(made, SEND)


def test_a_uuid_that_is_expected_is_held() -> None:
    with pytest.raises(pytest.fail.Exception, match="uuid"):
        assert_calls([["c", {"uuid": "1"}]], ["c", {"uuid": "2"}])


def test_an_unknown_example_names_those_that_there_are() -> None:
    with HubSpotDestination({"settings": {"accessToken": "t", "eventNamePrefix": "a"}}) as destination:
        made = destination.push({})
    with pytest.raises(ValueError, match="mappedEventName"):
        assert_matches_example(made, "nope")


SHOP = {
    "settings": {"accessToken": "t", "eventNamePrefix": "pe1_", "identify": {"map": {"email": "user.mail"}}},
    "consent": {"marketing": True},
    "mapping": {
        "order": {
            "complete": [
                {
                    "condition": "$code:(event) => event.data.total >= 500 && event.data.kind === 'gift'",
                    "settings": {"eventName": "large"},
                },
                {"settings": {"properties": {"map": {"skus": {"loop": ["nested", "data.sku"]}}}}},
            ]
        },
        "page": {"*": {"settings": {"properties": {"map": {"title": "data.title", "lang": "globals.lang"}}}}},
    },
}


def first_sku(nested: Any) -> Any:
    """Return what the loop of the rule reads first, from whatever is there."""
    first = nested[0] if isinstance(nested, list) and nested else None
    data = first.get("data") if isinstance(first, dict) else None
    return data.get("sku") if isinstance(data, dict) else None


QUICK = settings(max_examples=20_000, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    "condition",
    [
        lambda event: event["name"].startswith("page ") and event["data"].get("title"),
        lambda event: event.get("globals", {}).get("lang"),
        lambda event: first_sku(event.get("nested")),
        lambda event: event["user"].get("mail"),
        lambda event: event.get("consent", {}).get("marketing") is False,
        lambda event: event["data"].get("kind") == "gift" and event["data"].get("total") == 500,
        lambda event: event["name"] not in ("order complete", "page done"),
        lambda event: "title" in event["data"] and event["data"]["title"] is None,
    ],
)
def test_the_strategy_reaches_what_the_mapping_reads(condition: Callable[[dict[str, Any]], object]) -> None:
    assert condition(find(walkeros_events(SHOP), lambda event: bool(condition(event)), settings=QUICK))


def test_a_failing_event_shrinks_to_what_makes_it_fail() -> None:
    def fails(event: dict[str, Any]) -> bool:
        return event["name"] == "order complete" and "total" in event["data"]

    smallest = find(walkeros_events(SHOP), fails, settings=QUICK)
    assert smallest == {"name": "order complete", "data": {"total": smallest["data"]["total"]}, "user": {}}
    assert smallest["data"]["total"] in ("", 0, 500, "gift", None)


def test_no_drawn_event_is_invalid_or_an_exception() -> None:
    with HubSpotDestination(SHOP, client=NullClient()) as destination:

        @settings(max_examples=50, deadline=None)
        @given(event=walkeros_events(SHOP))
        def push(event: dict[str, Any]) -> None:
            assert destination.push(event).reason != "invalid_event"

        push()


@settings(max_examples=50, deadline=None)
@given(event=walkeros_events(SHOP, odd=False))
def test_events_that_are_not_odd_have_no_null_and_a_rule(event: dict[str, Any]) -> None:
    assert event["name"] in ("order complete", "page done")
    assert None not in event["data"].values()


@settings(max_examples=30)
@given(event=walkeros_events())
def test_a_test_that_changes_its_event_does_not_change_the_next(event: dict[str, object]) -> None:
    assert "spoilt" not in event
    event["spoilt"] = True
