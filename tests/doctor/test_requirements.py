"""What a configuration needs of HubSpot: everything that it names, and a word about what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.doctor.requirements import needs_of


def needs(**config: Any) -> Any:
    settings = {"eventNamePrefix": "pe1_", **config.pop("settings", {})}
    return needs_of({"settings": settings, **config})


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, {"pe1_order_complete": set()}),
        ({"name": "Big  Order"}, {"pe1_big_order": set()}),
        ({"name": "x", "settings": {"eventName": "My_Event"}}, {"pe1_My_Event": set()}),
        ({"settings": {"eventName": ""}}, {"pe1_order_complete": set()}),
        ({"ignore": True}, {}),
        ({"silent": True}, {}),
        (
            {"settings": {"properties": {"map": {"a": "data.a", "b": {"value": 1}}}}},
            {"pe1_order_complete": {"a", "b"}},
        ),
        (
            {
                "settings": {
                    "properties": [{"condition": "$code:() => true", "map": {"a": "x"}}, {"map": {"b": "x"}}]
                }
            },
            {"pe1_order_complete": {"a", "b"}},
        ),
        ([{"name": "a b"}, {"name": "c d"}], {"pe1_a_b": set(), "pe1_c_d": set()}),
    ],
)
def test_every_event_and_property_that_a_rule_names_is_needed(
    rule: Any, expected: dict[str, set[str]]
) -> None:
    assert needs(mapping={"order": {"complete": rule}}).events == expected


def test_default_properties_are_needed_by_every_event() -> None:
    found = needs(settings={"defaultProperties": {"channel": "web"}}, mapping={"a": {"b": {}, "c": {}}})
    assert found.events == {"pe1_a_b": {"channel"}, "pe1_a_c": {"channel"}}


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"order": {"*": {}}}, "the event names of mapping.order.*"),
        ({"a": {"b": {"settings": {"properties": "data"}}}}, "all properties of pe1_a_b"),
        ({"a": {"b": {"settings": {"properties": {"fn": "$code:() => ({})"}}}}}, "all properties of pe1_a_b"),
        ({"a": {"b": {"policy": {"name": "data.name"}}}}, "event names, since mapping.a.b.policy"),
        ({}, "events that no rule matches"),
    ],
)
def test_what_cannot_be_known_is_said_and_not_guessed(mapping: Any, says: str) -> None:
    assert any(says in sentence for sentence in needs(mapping=mapping).unknown)


def test_contact_properties_of_the_destination_and_of_rules_are_needed() -> None:
    identify = {"map": {"email": "user.email", "properties": {"map": {"plan": "data.plan"}}}}
    own = {"map": {"email": "user.email", "properties": {"map": {"last_login": {"value": "x"}}}}}
    found = needs(
        settings={"identify": identify}, mapping={"a": {"b": {"silent": True, "settings": {"identify": own}}}}
    )
    assert found.contact_properties == {"plan", "last_login"}
    assert found.events == {}
