"""Two hundred hostile functions over 1,000 events each: little time, and the honest rules beside them stay right."""

from __future__ import annotations

import gc
import os
from collections import Counter
from typing import Any

import pytest

from hubspot_dest.mapping.context import CollectorView
from hubspot_dest.planning.planner import Planner
from tests.mapping.javascript.hostile import HOSTILE

pytestmark = pytest.mark.deep

EVENTS = 1000
SECONDS_EACH = 10
SECONDS_IN_ALL = 600


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


def test_hostile_functions_cost_little_and_the_rules_beside_them_stay_right() -> None:
    assert len(HOSTILE) == 200
    begun = sum(os.times()[:4])
    slow, wrong = {}, Counter[str]()
    for name, source in HOSTILE.items():
        before = sum(os.times()[:4])
        plans = planner(source)
        for n in range(EVENTS):
            plan = plans.plan(event("order complete", n), CollectorView(), 1_750_000_000_000)
            given = {} if plan.occurrence is None else plan.occurrence["properties"]
            said = [issue for issue in plan.issues if issue.level == "ERROR"]
            expected = {"double": str(n * 2), "items": f"i{n}+x", "counted": str(n)}
            wrong[name] += any([given.get(key) != value for key, value in expected.items()])
            # a value, or an error that says why there is none
            wrong[name] += not (said or "hostile" in given)
            view = plans.plan(event("page view", n), CollectorView(), 1_750_000_000_000)
            wrong[name] += view.occurrence is None or view.occurrence["properties"] != {"n": str(n)}
        del plans
        gc.collect()  # the worker ends with its planner, and its time is then that of a child that has ended
        spent = sum(os.times()[:4]) - before
        if spent > SECONDS_EACH:
            slow[name] = spent
    assert slow == {}
    assert +wrong == Counter()
    assert sum(os.times()[:4]) - begun < SECONDS_IN_ALL
