"""A misspelt event name is led to the rule that it meant."""

from __future__ import annotations

import pytest

from hubspot_dest.coverage.nearest_rule import nearest_rules


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("page  view", ("page view", "spaces")),
        ("Page view", ("page view", "capital letters")),
        ("Page  View", ("page view", "spaces and capital letters")),
        ("order completed", ("order complete", "")),
        ("order_complete", ("order complete", "")),
        ("orders complete", ("order complete", "")),
    ],
)
def test_a_misspelt_name_is_told_which_rule_it_meant(name: str, near: tuple[str, str]) -> None:
    found = nearest_rules(name, ["page view", "order complete", "order view", "* *"])
    assert [(rule.key, rule.apart) for rule in found][:1] == [near]


@pytest.mark.parametrize("name", ["promo seen", "session start", "", "form submit", "page view"])
def test_a_name_like_no_rule_is_told_of_none(name: str) -> None:
    assert nearest_rules(name, ["page view", "order complete", "product add", "* *"]) == []
