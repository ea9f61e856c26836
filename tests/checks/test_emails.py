"""E-mail addresses: what HubSpot refuses for certain, what validators doubt, and what must never be doubted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.checks.emails import check_email, list_date


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.org",
        "ADA@EXAMPLE.ORG",
        "o'neill+news@sub.example.co.uk",
        "a@books.shop",
        "jürgen@größe.de",
        "ada@xn--gre-6ka8l.de",
        '"ada lovelace"@example.org',
        "first.middle.last@a-b.example.museum",
    ],
)
def test_a_good_address_is_never_doubted(address: str) -> None:
    assert check_email(address) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("not-an-email", "syntax"),
        ("", "syntax"),
        ("ada@", "syntax"),
        ("@example.org", "syntax"),
        ("ada@localhost", "syntax"),
        ("a b@example.org", "syntax"),
        ("a@b@example.org", "syntax"),
        ("ada@example.org.", "syntax"),
        ("ada@example.con", "domain_near"),
        ("ada@example.cmo", "domain_near"),
        ("ada@example.orgg", "domain_near"),
        ("ada@dsadsa.dasdas", "domain_unknown"),
        ("ada@shop.example", "domain_reserved"),
        ("b..c@example.com", "strict"),
        (".b@example.com", "strict"),
        ("b.@example.com", "strict"),
        ("b@-example.com", "strict"),
        ("b@exa_mple.com", "strict"),
        ("b@example..com", "syntax"),
        ("b@.example.com", "syntax"),
        ("x" * 65 + "@example.com", "strict"),
        ("ada@[192.0.2.1]", "strict"),
        (" ada@example.org ", "spaces"),
    ],
)
def test_a_bad_address_is_named_by_what_is_wrong_with_it(address: str, kind: str) -> None:
    found = check_email(address)
    assert found is not None
    assert found.kind == kind
    assert found.sentence
    assert found.fix


def test_the_sentence_names_the_date_of_the_list_of_domains() -> None:
    found = check_email("ada@example.con")
    assert found is not None
    assert list_date() in found.sentence
    assert ".com" in found.fix


@given(st.text(max_size=40))
def test_no_text_makes_the_check_fail(text: str) -> None:
    check_email(text)
    check_email(f"{text}@example.org")
    check_email(f"ada@{text}")
