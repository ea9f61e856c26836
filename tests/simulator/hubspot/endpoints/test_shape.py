"""A new endpoint is found by names alone: each is a package of the same modules, listed in one registry."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import simulator.hubspot.endpoints as endpoints_package
from simulator.hubspot.endpoints.registry import ENDPOINTS, ROUTES, SHAPES, find_route

ROOT = Path(endpoints_package.__path__[0])
PACKAGES = sorted(path.name for path in ROOT.iterdir() if (path / "__init__.py").exists())


@pytest.mark.parametrize("name", PACKAGES)
def test_every_endpoint_has_the_same_modules(name: str) -> None:
    modules = {path.stem for path in (ROOT / name).glob("*.py")}
    assert modules == {"__init__", "routes", "requests", "answers", "handler"}


def test_every_endpoint_is_registered() -> None:
    assert sorted(ENDPOINTS) == PACKAGES


def test_no_two_endpoints_name_a_shape_or_an_operation_alike() -> None:
    shapes = Counter(name for endpoint in ENDPOINTS.values() for name in endpoint.SHAPES)
    operations = Counter(route.name for route in ROUTES)
    assert [name for name, count in (shapes + operations).items() if count > 1] == []


def test_every_answer_has_a_shape() -> None:
    assert {shape for route in ROUTES for shape in route.answers.values() if shape} <= set(SHAPES)


def test_no_route_hides_another() -> None:
    for route in ROUTES:
        for path in route.paths:
            found = find_route(route.method, path.replace("{date}", "2026-03"))
            assert found is not None
            assert found[0] is route, path


def test_path_parameters_are_decoded_once_and_a_trailing_slash_is_allowed() -> None:
    found = find_route("PATCH", "/crm/objects/2026-03/0-1/a%252Bb%40c.org/")
    assert found is not None
    assert found[1] == ("a%2Bb@c.org",)
