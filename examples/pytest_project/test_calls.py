"""What is said to HubSpot, call by call; and that no event whatever makes the sender fall over."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings

from simulator.testing import assert_calls, walkeros_events

CONFIG = yaml.safe_load((Path(__file__).parent / "shop.yaml").read_text())
VISIT = {"name": "page view", "data": {"title": "Home"}, "user": {"email": "ada@example.org"}}


def test_an_event_without_consent_says_nothing(hubspot_destination: Any) -> None:
    assert_calls(hubspot_destination.push({**VISIT, "consent": {"marketing": False}}))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=walkeros_events(CONFIG))
def test_no_event_is_an_exception(hubspot_destination: Any, event: dict[str, Any]) -> None:
    assert hubspot_destination.push(event).kind
