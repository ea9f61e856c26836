"""What a person writes as an event is held against an event's shape, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_dest.events.shape import command_problems, event_problems

GOOD = {"name": "order complete", "timestamp": 1780000000000, "data": {"total": 99.5}, "nested": []}


def test_an_event_has_no_problems() -> None:
    assert event_problems(GOOD) == []
    assert event_problems({"name": "order complete", "timestamp": "2026-05-28T20:26:40.000Z"}) == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([GOOD], "a list"),
        ("order complete", "text"),
        ({"event": "order complete"}, "the key is `name`, not `event`"),
        ({"nmae": "order complete"}, "the key is `name`, not `nmae`"),
        ({"name": "order"}, "an entity and an action"),
        ({"name": 5}, "an entity and an action"),
        ({"method": "POST", "body": "{}"}, "an HTTP request"),
        ({**GOOD, "timestamp": "soon"}, "timestamp is 'soon'"),
        ({**GOOD, "timestamp": None}, "timestamp is None"),
        ({**GOOD, "timestamp": True}, "timestamp is True"),
        ({**GOOD, "data": [1]}, "data is a list"),
        ({**GOOD, "user": None}, "user is null"),
        ({**GOOD, "globals": None}, "globals is null"),
        ({**GOOD, "consent": "yes"}, "consent is text"),
        ({**GOOD, "nested": {}}, "nested is a map"),
    ],
)
def test_a_wrong_field_is_named(value: Any, sentence: str) -> None:
    (problem,) = event_problems(value)
    assert sentence in problem


@pytest.mark.parametrize(
    ("command", "data", "count"),
    [
        ("consent", {"marketing": True}, 0),
        ("consent", {"marketing": "yes"}, 1),
        ("consent", True, 1),
        ("user", {"email": "a@example.org"}, 0),
        ("user", None, 1),
        ("run", None, 0),
        ("run", {"globals": {}}, 0),
    ],
)
def test_the_data_of_a_command_has_the_commands_shape(command: str, data: Any, count: int) -> None:
    assert len(command_problems(command, data)) == count
