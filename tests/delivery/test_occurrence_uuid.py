"""The uuid of an occurrence: anybody can make the same one with the standard library."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.delivery.client.codec import UUID_NAMESPACE, occurrence_uuid


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_it_is_the_uuid5_of_the_event_id(event_id: str) -> None:
    assert occurrence_uuid(event_id) == str(uuid.uuid5(UUID_NAMESPACE, event_id))


def test_an_id_of_broken_unicode_has_one_too() -> None:
    assert uuid.UUID(occurrence_uuid("\ud800")).version == 5
