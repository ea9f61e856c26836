"""A comparison reports exactly the events whose calls differ, and what in the configuration causes it."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.delivery.client.null_client import NullClient
from hubspot_dest.destination import HubSpotDestination
from hubspot_dest.diff.causes import CauseFinder, ConfigVariations
from hubspot_dest.diff.comparison import PlanComparison
from hubspot_dest.diff.json_difference import MISSING
from hubspot_dest.mapping.javascript.errors import JavaScriptSyntaxError
from hubspot_dest.planning.dry_run import DryRun
from hubspot_dest.verdict.mapping_paths import path_text
from simulator.synthesis.stream import events as synthetic_events
from tests.cli.conftest import EXAMPLES

NOW_MS = 1_767_600_000_000
TOKEN = "none"
SHOP: dict[str, Any] = yaml.safe_load((EXAMPLES / "shop.yaml").read_text(encoding="utf-8"))
EVENTS = list(itertools.islice(synthetic_events(5, odd=0.1), 150))
Path = tuple[Any, ...]


def config_of(raw: Any) -> Config:
    return Config.strict(raw, token=TOKEN)


def compared(old: Any, new: Any) -> tuple[PlanComparison, dict[int, tuple[str, tuple[str, ...]]]]:
    """Return the comparison of two configurations, and by event what changes and why."""
    before, after = config_of(old), config_of(new)
    comparison = PlanComparison(
        DryRun(before), DryRun(after), CauseFinder(ConfigVariations(before, after, DryRun))
    )
    found: dict[int, tuple[str, tuple[str, ...]]] = {}
    for number, event in enumerate(EVENTS):
        change = comparison.compare(event, NOW_MS, number=number).change
        if change is not None:
            found[number] = (change.kind, change.causes)
    return comparison, found


def sent(raw: Any) -> list[Any]:
    """Return the calls that a real destination plans for every event."""
    destination = HubSpotDestination(
        config_of(raw), client=NullClient(), now_ms=lambda: NOW_MS, new_id=lambda: "0" * 16
    )
    plans = [destination.push(event).plan for event in EVENTS]
    return [plan.calls if plan is not None else [] for plan in plans]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def mutated(rng: random.Random) -> tuple[Any, Path]:
    """Return the shop's configuration with one field changed, added or taken away, and where."""
    every = [place for place in places(SHOP) if place[0] != "settings" or place[-1] != "accessToken"]
    while True:
        path, raw = rng.choice(every), copy.deepcopy(SHOP)
        owner = raw
        for step in path[:-1]:
            owner = owner[step]
        value = owner[path[-1]]
        if isinstance(owner, dict) and rng.random() < 0.3:
            del owner[path[-1]]
        elif isinstance(value, bool):
            owner[path[-1]] = not value
        elif isinstance(value, str) and "." in value and not value.startswith("$code"):
            owner[path[-1]] = rng.choice(["data.id", "data.gone", "user.email", "data.total"])
        elif isinstance(value, str):
            owner[path[-1]] = value + "x" if not value.startswith("$code") else "$code:() => true"
        elif isinstance(value, int):
            owner[path[-1]] = value + 1
        elif isinstance(value, dict):
            value["added"] = {"value": "new"}
        else:
            continue
        try:
            config_of(raw).require_settings()
            DryRun(config_of(raw))
        except (ConfigError, JavaScriptSyntaxError):
            continue
        if raw != SHOP:
            return raw, path


def exactly_the_changed_events(seed: int) -> int:
    """Hold a comparison against what two real destinations plan; return how many events change."""
    raw, path = mutated(random.Random(seed))
    was, now = sent(SHOP), sent(raw)
    expected = {number for number, (item, other) in enumerate(zip(was, now, strict=True)) if item != other}
    comparison, found = compared(SHOP, raw)
    assert set(found) == expected, path
    assert comparison.changed == len(expected)
    assert sum(group.count for group in comparison.groups) == len(expected)
    for number, (kind, causes) in found.items():
        roles = [{call[0] for call in side[number]} for side in (was, now)]
        if roles[0] == roles[1]:
            assert kind == "change"
        elif roles[0] < roles[1]:
            assert kind == "gain"
        elif roles[1] < roles[0]:
            assert kind == "lose"
        assert causes, path
        place = path_text(path)
        assert all(cause.startswith(place) or place.startswith(cause) for cause in causes), (place, causes)
    return len(expected)


def test_a_configuration_compared_with_itself_changes_nothing() -> None:
    comparison, found = compared(SHOP, copy.deepcopy(SHOP))
    assert (found, comparison.groups, comparison.other_reasons, comparison.events) == ({}, [], 0, len(EVENTS))


def test_one_changed_field_is_reported_by_exactly_the_events_that_it_changes() -> None:
    changed = [exactly_the_changed_events(seed) for seed in range(30)]
    assert sum(number > 0 for number in changed) >= 8, (
        "most mutations changed nothing: the test proves little"
    )


@pytest.mark.deep
def test_of_two_hundred_changed_fields_each_is_reported_by_exactly_its_events() -> None:
    for seed in range(30, 230):
        exactly_the_changed_events(seed)


def test_of_two_changes_each_event_names_the_one_that_concerns_it() -> None:
    new = copy.deepcopy(SHOP)
    new["mapping"]["product"]["view"]["settings"]["properties"]["map"]["sku"] = "data.gone"
    new["mapping"]["order"]["complete"][1]["settings"]["eventName"] = "bought"
    new["settings"]["batchSize"] = 7
    comparison, found = compared(SHOP, new)
    by_name: dict[str, set[tuple[str, ...]]] = {}
    for number, (_, causes) in found.items():
        by_name.setdefault(str(EVENTS[number]["name"]), set()).add(causes)
    assert by_name["product view"] == {("mapping.product.view.settings.properties.map.sku",)}
    assert by_name["order complete"] == {("mapping.order.complete[1].settings.eventName",)}
    assert "settings.batchSize" not in comparison.effective_causes


def test_changes_that_work_only_together_are_named_together() -> None:
    event = {"name": "a b", "data": {"x": 1}, "user": {"email": "ada@example.org"}}
    base = {"settings": {"eventNamePrefix": "pe1_"}}
    old = config_of({**base, "mapping": {"a": {"b": {"condition": "$code:() => false", "name": "c d"}}}})
    new = config_of({**base, "mapping": {"a": {"b": {"condition": "$code:() => true", "name": "e f"}}}})
    comparison = PlanComparison(DryRun(old), DryRun(new), CauseFinder(ConfigVariations(old, new, DryRun)))
    change = comparison.compare(event, NOW_MS).change
    assert change is not None
    assert set(change.causes) == {"mapping.a.b.condition", "mapping.a.b.name"}


def test_a_rule_put_in_front_of_a_list_is_one_difference() -> None:
    new = copy.deepcopy(SHOP)
    new["mapping"]["order"]["complete"].insert(0, {"ignore": True, "condition": "$code:() => false"})
    variations = ConfigVariations(config_of(SHOP), config_of(new), DryRun)
    assert list(variations.labels) == ["mapping.order.complete"]


def test_what_is_gone_and_what_is_new_are_missing_on_the_other_side() -> None:
    new = copy.deepcopy(SHOP)
    new["mapping"]["product"]["view"] = {"ignore": True}
    comparison, _ = compared(SHOP, new)
    (group,) = comparison.groups
    assert (group.kind, group.name) == ("lose", "product view")
    sides = {(difference.path, difference.actual is MISSING) for difference in group.examples[0].differences}
    assert ("event", True) in sides
