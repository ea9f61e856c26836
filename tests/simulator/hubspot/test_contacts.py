"""Contacts and the values that their properties had."""

from __future__ import annotations

from simulator.hubspot.state.contact_book import ContactBook


def values(book: ContactBook, identifier: str) -> list[tuple[str, str]]:
    contact = book.get(identifier)
    assert contact is not None
    return [(property_change.name, property_change.value) for property_change in contact.history]


def test_a_property_that_changes_with_every_event_fills_no_memory_and_no_contact_loses_its_present_values() -> (
    None
):
    book = ContactBook(limit=100)
    ada = book.add({"email": "ada@example.org", "firstname": "Ada"}, 0.0)
    alan = book.add({"email": "alan@example.org", "firstname": "Alan"}, 0.0)
    for number in range(5_000):
        book.change(ada if number % 3 else alan, {"last_page": f"/{number}"}, 1.0 + number)
    kept = values(book, ada.id) + values(book, alan.id)
    assert len(kept) <= 110
    for contact in (ada, alan):
        told = dict(values(book, contact.id))  # the last of each name
        assert {name: contact.properties[name] for name in told} == told
        assert {"email", "firstname", "last_page"} <= set(told)
    pages = [int(value[1:]) for name, value in values(book, ada.id) if name == "last_page"]
    assert pages == sorted(pages)
    assert len(pages) > 40


def test_a_book_within_its_limit_keeps_every_value() -> None:
    book = ContactBook(limit=100)
    ada = book.add({"email": "ada@example.org"}, 0.0)
    for number in range(90):
        book.change(ada, {"last_page": f"/{number}"}, 1.0 + number)
    assert [value for name, value in values(book, ada.id) if name == "last_page"] == [
        f"/{number}" for number in range(90)
    ]
