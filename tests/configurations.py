"""Hypothesis strategies for configurations and odd events, shared by the property tests."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-(2**70), max_value=2**70),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["a@b.c", "order complete", "\ud800", "\x1b[31m", "2024-05-06", "__proto__", "toString"]),
)
KEYS = st.sampled_from(["id", "total", "email", "a", "0", "toString", "consent", "x.y", ""])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)
MAPS = st.dictionaries(KEYS, JSON, max_size=4)

PATHS = st.sampled_from(
    [
        "data",
        "data.id",
        "data.total",
        "data.a.0",
        "user.email",
        "user.id",
        "globals.a",
        "nested.*.data.id",
        "name",
        "nope",
        "",
        "context.a.0",
        "data.0.length",
        "consent.a",
        "timestamp",
        "data.a.*.id",
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        PATHS,
        st.none(),
        st.just({}),
        st.fixed_dictionaries({"value": JSON}),
        st.fixed_dictionaries({"key": PATHS, "value": JSON}),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"map": st.dictionaries(KEYS, inner, max_size=4)}),
        st.fixed_dictionaries({"loop": st.tuples(PATHS, inner).map(list)}),
        st.fixed_dictionaries({"set": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"consent": st.just({"m": True}), "key": PATHS, "value": JSON}),
    ),
    max_leaves=8,
)
PROPERTIES = st.one_of(
    VALUES,
    st.fixed_dictionaries(
        {
            "map": st.dictionaries(
                KEYS,
                st.one_of(PATHS, st.fixed_dictionaries({"key": PATHS, "value": JSON})),
                min_size=1,
                max_size=6,
            )
        }
    ),
)


def optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return maps with any of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


RULES = optional(
    name=st.sampled_from(["", "Renamed  It", "other name"]),
    silent=st.booleans(),
    skip=st.booleans(),
    ignore=st.booleans(),
    policy=st.dictionaries(
        st.sampled_from(["data.id", "user.email", "name", "nested.0.data"]), VALUES, max_size=2
    ),
    data=VALUES,
    settings=optional(
        properties=PROPERTIES, identify=VALUES, eventName=st.sampled_from(["", "given", "My Event"])
    ),
)
CONFIGS = st.fixed_dictionaries(
    {"settings": st.just({"accessToken": "pat-na1-secret", "eventNamePrefix": "pe1_"})},
    optional={
        "mapping": st.fixed_dictionaries(
            {},
            optional={
                "order": st.fixed_dictionaries(
                    {}, optional={"complete": RULES, "*": st.lists(RULES, max_size=2)}
                ),
                "*": st.fixed_dictionaries({}, optional={"view": RULES, "*": RULES}),
            },
        ),
        "policy": st.dictionaries(
            st.sampled_from(["data.id", "user.email", "timestamp"]), VALUES, max_size=2
        ),
        "data": VALUES,
    },
)
SETTINGS = optional(
    email=st.one_of(PATHS, VALUES),
    objectId=VALUES,
    identify=VALUES,
    defaultProperties=MAPS,
    batch=st.booleans(),
)


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw whole configurations: settings, rules, policies."""
    config = draw(CONFIGS)
    return {**config, "settings": {**config["settings"], **draw(SETTINGS)}}


EVENTS = st.fixed_dictionaries(
    {"name": st.sampled_from(["order complete", "order view", "page view", "odd one out"])},
    optional={
        "data": MAPS | JSON,
        "user": st.fixed_dictionaries({"email": st.sampled_from(["a@b.c", "B@c.d", ""])}) | MAPS | JSON,
        "globals": MAPS,
        "context": MAPS | JSON,
        "nested": st.lists(st.fixed_dictionaries({"data": MAPS}) | JSON, max_size=2),
        "consent": st.dictionaries(st.just("m"), st.booleans()) | JSON,
        "timestamp": st.integers(min_value=1, max_value=2 * 10**12) | JSON,
        "id": st.text(max_size=4) | JSON,
        "source": JSON,
    },
)
