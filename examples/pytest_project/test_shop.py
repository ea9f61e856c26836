"""What our mapping makes of a visit, held against a HubSpot on this machine."""

from typing import Any

import pytest

VISIT = {
    "name": "page view",
    "data": {"title": "Home"},
    "user": {"email": "ada@example.org", "firstName": "Ada"},
    "consent": {"marketing": True},
}


def test_a_visit_stands_on_the_timeline(hubspot_destination: Any, fake_hubspot: Any) -> None:
    assert hubspot_destination.push(VISIT).kind == "sent"
    ada = fake_hubspot.contact("ada@example.org")
    assert ada.properties["firstname"] == "Ada"
    assert ada.events == ["page_view"]


@pytest.mark.hubspot_fault("500:path=*/send,count=1")
def test_a_failure_of_hubspot_is_told(hubspot_destination: Any) -> None:
    assert hubspot_destination.push(VISIT).kind == "failed"
    assert hubspot_destination.push({**VISIT, "id": "again"}).kind == "sent"


def test_each_test_has_an_account_of_its_own(fake_hubspot: Any) -> None:
    assert fake_hubspot.account.contacts() == []
    assert fake_hubspot.occurrences == []


@pytest.mark.hubspot_cassette("visit")
def test_what_a_visit_says_to_hubspot_stays_what_it_was(hubspot_destination: Any) -> None:
    """Answered from cassettes/visit.json; `pytest --hubspot-record=all` records it anew."""
    assert hubspot_destination.push({**VISIT, "id": "visit-1"}).kind == "sent"
