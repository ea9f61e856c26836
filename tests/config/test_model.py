"""Configurations: what is wrong with one is named with its place, its reason and what to do."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings

from hubspot_dest.config.model import Config, ConfigError
from hubspot_dest.config.validation import find_problems
from tests.configurations import configurations

SETTINGS = {"accessToken": "pat-na1-x", "eventNamePrefix": "pe1_"}


@pytest.mark.parametrize(
    ("config", "path", "says"),
    [
        ([], "configuration", "a configuration must be a map, not a list"),
        ({"setings": {}}, "setings", "did you mean 'settings'?"),
        ({"settings": {"batchsize": 5}}, "settings.batchsize", "did you mean 'batchSize'?"),
        ({"settings": {"batchSize": 0}}, "settings.batchSize", "from 1 to 500"),
        ({"settings": {"batchSize": 501}}, "settings.batchSize", "from 1 to 500"),
        ({"settings": {"batchSize": "50"}}, "settings.batchSize", "from 1 to 500"),
        ({"settings": {"batch": "yes"}}, "settings.batch", "true or false"),
        ({"settings": {"accessToken": 5}}, "settings.accessToken", "must be text"),
        ({"settings": {"identify": None}}, "settings.identify", "must not be null"),
        ({"settings": {"email": 5}}, "settings.email", "a mapping value must be a path"),
        ({"settings": {"email": {"kye": "a"}}}, "settings.email.kye", "did you mean 'key'?"),
        (
            {"settings": {"defaultProperties": {"a": {}}}},
            "settings.defaultProperties.a",
            "must be text, a number",
        ),
        ({"mapping": {"order": []}}, "mapping.order", "must be a map"),
        (
            {"mapping": {"order": {"complete": "x"}}},
            "mapping.order.complete",
            "a rule must be a map, not text",
        ),
        (
            {"mapping": {"order": {"complete": {"ignored": True}}}},
            "mapping.order.complete.ignored",
            "did you mean 'ignore'?",
        ),
        ({"mapping": {"a": {"b": [{}, {"name": 5}]}}}, "mapping.a.b[1].name", "must be text"),
        (
            {"mapping": {"a": {"b": {"settings": {"property": "x"}}}}},
            "mapping.a.b.settings.property",
            "did you mean 'properties'?",
        ),
        (
            {"mapping": {"a": {"b": {"settings": {"properties": {"map": []}}}}}},
            "mapping.a.b.settings.properties.map",
            "must be a map",
        ),
        ({"mapping": {"a": {"b": {"condition": "true"}}}}, "mapping.a.b.condition", "must be a function"),
        ({"policy": {"x": {"loop": ["a"]}}}, "policy.x.loop", "must have two items"),
        ({"policy": {"x": "$code:(v) => v"}}, "policy.x", "write a function as fn"),
        ({"consent": {"marketing": "yes"}}, "consent.marketing", "true or false"),
        ({"timeout": -1}, "timeout", "must not be negative"),
        (
            {"settings": {"apiVersion": "v4"}},
            "settings.apiVersion",
            "use v3, 2025-09, 2026-03, 2026-09",
        ),
        (
            {"settings": {"baseUrl": "api.hubapi.com"}},
            "settings.baseUrl",
            "is not an http:// or https:// address",
        ),
        (
            {"settings": {"baseUrl": "http://u:p@h"}},
            "settings.baseUrl",
            "must not contain a user or password",
        ),
        ({"settings": {"proxy": "socks5://h:1"}}, "settings.proxy", "of the form http://host:port"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_do(config: Any, path: str, says: str) -> None:
    problems = [problem for problem in find_problems(config) if problem.severity == "error"]
    assert [problem.where for problem in problems] == [path]
    assert says in str(problems[0])


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        Config.strict({"settings": {"batchSize": 0, "emial": "x"}, "mapping": {"a": {"b": {"nme": "x"}}}})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"mapping": {"a": {"b": {"skip": True}}}}, "mapping.a.b.skip"),
        ({"mapping": {"a": {"b": {"consent": {"m": True}}}}}, "mapping.a.b.consent"),
        ({"mapping": {"a": {"b": {"data": "x"}}}}, "mapping.a.b.data"),
        ({"include": ["all"]}, "include"),
        ({"policy": {"data": "x", "data.z": "y"}}, "policy.data.z"),
    ],
)
def test_what_works_otherwise_than_its_author_thinks_is_a_warning(config: dict[str, Any], path: str) -> None:
    loaded = Config.strict({"settings": SETTINGS, **config})
    assert [warning.where for warning in loaded.warnings] == [path]


def test_the_whole_documented_page_is_accepted() -> None:
    config = {
        "id": "hubspot",
        "settings": {
            **SETTINGS,
            "email": ["user.email", {"key": "data.email"}],
            "objectId": "user.id",
            "identify": {"map": {"email": "user.email", "properties": {"map": {"a": "b"}}}},
            "defaultProperties": {"hs_touchpoint_source": "walkerOS", "n": 5},
            "batch": True,
            "batchSize": 500,
        },
        "consent": {"marketing": True},
        "timeout": 5000,
        "queueMax": 10,
        "dlqMax": 10,
        "disabled": False,
        "mock": {"anything": None},
        "policy": {"user.email": {"fn": "$code:(v) => v.user.email"}},
        "mapping": {
            "a": {
                "b": [{"condition": lambda e, c: True, "name": "x"}, {"silent": True}],
                "*": {"ignore": True},
            },
            "c": {"d": {"settings": {"eventName": "e", "properties": {"set": ["a", {"value": None}]}}}},
        },
    }
    loaded = Config.strict(config)
    assert loaded.warnings == ()
    assert (loaded.batch_size, loaded.timeout_ms, loaded.queue_max) == (500, 5000, 10)


@settings(max_examples=100, deadline=None)
@given(configurations())
def test_checking_never_raises_and_never_changes_a_configuration(config: dict[str, Any]) -> None:
    before = copy.deepcopy(config)
    find_problems(config)
    Config.lenient(config)
    assert repr(config) == repr(before)


@pytest.mark.parametrize(
    ("given_size", "size", "chunk"),
    [
        (None, 50, 50),
        (0, 50, 50),
        (7, 7, 7),
        (501, 500, 500),
        ("2", 2, 2),
        (2.5, 3, 2),
        (-1, 1, 1),
        ("x", 50, 50),
    ],
)
def test_parity_reads_batch_sizes_as_walkeros_does(given_size: Any, size: int, chunk: int) -> None:
    loaded = Config.lenient({"settings": {"batch": True, "batchSize": given_size}})
    assert (loaded.batch_size, loaded.batch_chunk) == (size, chunk)


def test_the_token_of_the_environment_comes_first_and_stays_hidden() -> None:
    loaded = Config.strict({"settings": SETTINGS}, token="pat-na1-other")
    assert loaded.token.get_secret_value() == "pat-na1-other"
    assert "pat-na1" not in repr(loaded)
    assert "accessToken" not in loaded.raw["settings"]


@pytest.mark.parametrize(
    ("value", "dead"),
    [
        ({"key": "data.id", "fn": "$code:(e) => e.id"}, ["fn"]),
        ({"map": {"a": "data.id"}, "key": "data"}, ["key"]),
        ({"loop": ["nested", "id"], "map": {"a": "b"}, "set": ["c"]}, ["map", "set"]),
        ({"key": "data.id", "value": "x", "condition": "$code:() => 1"}, []),
        ({"key": "", "fn": "$code:(e) => e.id"}, []),
    ],
)
def test_a_producer_that_never_counts_is_warned_of(value: dict[str, Any], dead: list[str]) -> None:
    mapping = {"order": {"complete": {"settings": {"properties": {"map": {"p": value}}}}}}
    warnings = Config.strict({"settings": SETTINGS, "mapping": mapping}).warnings
    place = "mapping.order.complete.settings.properties.map.p"
    assert [warning.where for warning in warnings] == [f"{place}.{name}" for name in dead]
    assert all("one producer" in warning.message for warning in warnings)


@pytest.mark.parametrize(
    ("env", "places"),
    [
        ({"client": "$code:({})"}, ["env.client"]),
        ({"client": {"send": 1}, "fetch": "x"}, ["env.client", "env.fetch"]),
        ({"client": None}, ["env.client"]),
        ("x", ["env"]),
        ({}, []),
        (None, []),
    ],
)
def test_what_a_file_injects_into_walkeros_is_ignored_with_a_warning(env: Any, places: list[str]) -> None:
    config = Config.strict({"settings": SETTINGS, "env": env})
    assert config.env_client is None
    assert [warning.where for warning in config.warnings] == places


def test_a_client_that_python_code_injects_is_used() -> None:
    client = object()
    config = Config.strict({"settings": SETTINGS, "env": {"client": client}})
    assert config.env_client is client
    assert config.warnings == ()
