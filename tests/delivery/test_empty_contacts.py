"""An identify without any property: an unknown contact is created, a known one costs no dead letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubspot_dest.destination import HubSpotDestination
from simulator.hubspot import FakeHubSpot
from simulator.hubspot.service import HubSpot
from simulator.hubspot.state.behaviours import Behaviours
from tests.factories import make_event

IDENTIFY = {"map": {"email": "user.email", "properties": {"map": {"plan": "user.plan"}}}}
CONFIG = {"settings": {"eventNamePrefix": "pe12345678_", "identify": IDENTIFY}}


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("people", [1, 3])
def test_an_identify_without_properties_is_never_a_dead_letter(
    tmp_path: Path, durable: bool, people: int
) -> None:
    with FakeHubSpot(HubSpot(switches=Behaviours(auto_define=True))) as hubspot:
        hubspot.service.seed(hubspot.account, {"contacts": [{"email": "p0@example.org"}]})
        config = {**CONFIG, "settings": {**CONFIG["settings"], "accessToken": hubspot.token}}
        outbox = tmp_path / "o.sqlite3" if durable else None
        destination = HubSpotDestination(config, base_url=hubspot.base_url, outbox=outbox)
        destination.push_many(make_event(number, f"p{number}@example.org") for number in range(people))
        destination.push_many(make_event(10 + number, f"p{number}@example.org") for number in range(people))
        destination.close()
        contact_calls = [entry for entry in hubspot.journal.entries() if b"/contacts" in entry.target]
        assert list(destination.dead_letters) == []
        assert len(hubspot.account.occurrences) == 2 * people
        assert len(list(hubspot.account.contacts())) == people
        # The second time, nothing is new.
        assert len(contact_calls) == (1 if durable and people > 1 else people)
