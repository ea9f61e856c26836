"""The sentences that users' tests are made of: they fail where they should, and say why."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings

from hubspot_dest import HubSpotDestination
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


@settings(max_examples=30)
@given(event=walkeros_events(seed=3))
def test_a_test_that_changes_its_event_does_not_change_the_next(event: dict[str, object]) -> None:
    assert "spoilt" not in event
    event["spoilt"] = True
