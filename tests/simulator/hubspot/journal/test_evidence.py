"""Whoever is refused by an inferred rule sees in the journal that nobody has seen HubSpot do so."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.hubspot.fake import FakeHubSpot
from tests.simulator.hubspot.cases.test_cases import ask

CONTACTS = "/crm/v3/objects/contacts"
UNKNOWN = {"filterGroups": [{"filters": [{"propertyName": "nope", "operator": "HAS_PROPERTY"}]}]}


@pytest.mark.parametrize(
    ("path", "body", "switch", "accepted"),
    [
        (f"{CONTACTS}/search", UNKNOWN, {"unknown_search_property": "ignore"}, 200),
        (CONTACTS, {"properties": {"phone": "1"}}, {"create_without_name": "accept"}, 201),
        (CONTACTS, {"properties": {"email": "b..c@example.org"}}, {"strict_email": "accept"}, 201),
        (CONTACTS, {"properties": {"email": "b.@example.org"}}, {"strict_email": "accept"}, 201),
    ],
)
def test_an_inferred_refusal_names_its_evidence_and_has_a_switch(
    path: str, body: Any, switch: dict[str, str], accepted: int
) -> None:
    with FakeHubSpot() as fake:
        step = {"method": "POST", "path": path, "body": body}
        assert ask(fake, fake.token, step)[0] == 400
        lenient = fake.new_account(switches=switch)
        assert ask(fake, lenient, step)[0] == accepted
        views = [fake.journal.view(entry) for entry in fake.journal.entries()]
    assert [(view["status"], view["evidence"]) for view in views] == [(400, "INFER"), (accepted, None)]
