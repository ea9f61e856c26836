"""Text from outside, made safe to show."""

from __future__ import annotations

import pytest

from hubspot_dest.report.safe_text import safe_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("amqp://me:s3cr3t@host/x", "amqp://****@host/x"),
        ("there is no outbox at amqp:/me:s3cr3t@host; check", "there is no outbox at amqp:/****@host; check"),
        ("http://me:a@b@host", "http://****@host"),
        ("https://shop.example/@ada:x", "https://shop.example/@ada:x"),
        ("mail ada@example.org at 10:/30", "mail ada@example.org at 10:/30"),
        ("mailto:ada@example.org", "mailto:ada@example.org"),
        ('{"email":"ada@example.org","id":"a:b"}', '{"email":"ada@example.org","id":"a:b"}'),
        ("contact: ada@example.org", "contact: ada@example.org"),
        ("line 3: 10:30 ada@example.org", "line 3: 10:30 ada@example.org"),
        ("rule 'order complete': no ada@example.org", "rule 'order complete': no ada@example.org"),
    ],
)
def test_the_password_of_an_address_is_never_shown(text: str, shown: str) -> None:
    assert safe_text(text) == shown


def test_a_cut_text_shows_no_part_of_a_password() -> None:
    assert "s3" not in safe_text("http://me:s3cr3ts3cr3t@host", limit=14)


def test_a_token_inside_a_function_is_never_shown() -> None:
    token = "pat-na1-11111111-2222-3333-4444-555555555555"
    assert "11111111" not in safe_text(f'if (e) => e.key === "{token}"')
