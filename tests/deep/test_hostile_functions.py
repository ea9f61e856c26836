"""Two hundred hostile functions over 1,000 events each: little time, and the honest rules beside them stay right."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner
from tests.mapping.javascript.hostile import HOSTILE

pytestmark = pytest.mark.deep

EVENTS = 1000
SECONDS_EACH = 10
SECONDS_IN_ALL = 600
AT_A_TIME = 2


def planner(hostile: str) -> Planner:
    entries = {
        "hostile": {"fn": f"$code:{hostile}"},
        "double": {"fn": "$code:(v) => v.data.n * 2"},
        "items": {"fn": "$code:(v) => v.nested.map((item) => item.data.id).join('+')"},
        "counted": {"fn": "$code:(v) => { let n = 0; while (n < v.data.n) n++; return n }"},
    }
    honest = {"settings": {"properties": {"map": {"n": "data.n"}}}}
    return Planner(
        {
            "settings": {"eventNamePrefix": "pe1_"},
            "mapping": {
                "order": {"complete": {"settings": {"properties": {"map": entries}}}},
                "page": {"view": honest},
            },
        }
    )


def event(name: str, n: int) -> dict[str, Any]:
    entity, action = name.split()
    return {
        "name": name,
        "entity": entity,
        "action": action,
        "data": {"n": n},
        "user": {"email": "a@b.co"},
        "nested": [{"entity": "item", "data": {"id": f"i{n}"}}, {"entity": "item", "data": {"id": "x"}}],
    }


def run(name: str) -> tuple[str, float, int]:
    """Plan 1,000 events with one hostile function; return its name, the CPU seconds, and how many plans were wrong."""
    before = sum(os.times()[:4])
    plans = planner(HOSTILE[name])
    wrong = 0
    for n in range(EVENTS):
        plan = plans.plan(event("order complete", n), CollectorView(), 1_750_000_000_000)
        given = {} if plan.occurrence is None else plan.occurrence["properties"]
        said = [issue for issue in plan.issues if issue.level == "ERROR"]
        expected = {"double": str(n * 2), "items": f"i{n}+x", "counted": str(n)}
        wrong += any([given.get(key) != value for key, value in expected.items()])
        # a value, or an error that says why there is none
        wrong += not (said or "hostile" in given)
        view = plans.plan(event("page view", n), CollectorView(), 1_750_000_000_000)
        wrong += view.occurrence is None or view.occurrence["properties"] != {"n": str(n)}
    del plans
    gc.collect()  # the worker ends with its planner, and its time is then that of a child that has ended
    return name, sum(os.times()[:4]) - before, wrong


def test_hostile_functions_cost_little_and_the_rules_beside_them_stay_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert len(HOSTILE) == 200
    begun = time.monotonic()
    with ProcessPoolExecutor(AT_A_TIME, mp_context=multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(run, HOSTILE))
    spent = {name: seconds for name, seconds, _ in results}
    slowest = max(spent, key=lambda name: spent[name])
    with capsys.disabled():
        sys.stdout.write(
            f"\n200 functions, {AT_A_TIME} at a time: {time.monotonic() - begun:.0f} s, {sum(spent.values()):.0f} s "
            f"of CPU; the dearest is {slowest!r} with {spent[slowest]:.1f} s\n"
        )
    assert {name: seconds for name, seconds in spent.items() if seconds > SECONDS_EACH} == {}
    assert {name: wrong for name, _, wrong in results if wrong} == {}
    assert sum(spent.values()) < SECONDS_IN_ALL
