"""The garbage collector rests while a configuration is compiled, and only then."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from hubspot_dest.planning.planner import Planner, paused_gc


@pytest.fixture(autouse=True)
def collector_on_afterwards() -> Any:
    yield
    gc.enable()


@paused_gc()
def broken() -> None:
    assert not gc.isenabled()
    raise ValueError("broken")


def test_the_collector_is_on_again_also_after_an_error() -> None:
    with pytest.raises(ValueError, match="broken"):
        broken()
    assert gc.isenabled()


def test_a_program_that_has_no_collector_keeps_none() -> None:
    gc.disable()
    with paused_gc():
        pass
    assert not gc.isenabled()


def test_compiling_many_rules_does_not_collect_again_and_again() -> None:
    rules = {f"a{number}": {"settings": {"properties": {"map": {"p": "data.p"}}}} for number in range(3_000)}
    begun: list[int] = []
    gc.callbacks.append(lambda phase, info: begun.append(info["generation"]))
    try:
        Planner({"mapping": {"order": rules}})
        collections = len(begun)
    finally:
        gc.callbacks.pop()
    assert collections <= 2, "it looked through all rules while more were made"
