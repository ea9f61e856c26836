"""Assertions for tests of a mapping, whose failures name the field.

>>> assert_calls([["a", {"x": 1}]], ["a", {"x": 1}])
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from hubspot_dest import Outcome

__all__ = ["assert_calls", "assert_matches_example", "walkeros_events"]

_DRAWN = 500


def assert_calls(made: Outcome | Sequence[list[Any]], *expected: list[Any]) -> None:
    """Assert that these calls were made in this order; a failure names each differing field.

    The uuid that the sender adds is ignored where the expected call has no uuid.

    Args:
        made: an outcome, or calls.
        expected: calls in the documented notation, `["events.send.basicApi.send", {...}]`.

    """
    calls = list(made if isinstance(made, Sequence) else made.calls)
    lines = _lines(list(expected), calls)
    if lines:
        told = "\n".join(f"  {line}" for line in lines)
        pytest.fail(f"these are not the calls that were expected:\n{told}", pytrace=False)


def assert_matches_example(made: Outcome, key: str) -> None:
    """Fail unless kind and calls are those of a documented example, such as `mappedEventName`.

    Raises:
        ValueError: unknown example; the message lists the known ones.

    """
    from simulator.examples.documented import documented_examples

    examples = {example.key: example for example in documented_examples()}
    if key not in examples:
        raise ValueError(f"there is no documented example {key!r}; there are {', '.join(examples)}")
    expect = examples[key].expect
    if made.kind != expect.outcome:
        pytest.fail(
            f"the example {key} is {expect.outcome}; this was {made.kind}: {made.sentence}", pytrace=False
        )
    assert_calls(made, *expect.calls)


def walkeros_events(
    *, seed: int = 0, odd: float = 0.0, locale: str = "en_US"
) -> SearchStrategy[dict[str, Any]]:
    """Return a hypothesis strategy of synthetic events, each an independent copy; needs `hypothesis`.

    Args:
        seed: the same seed draws from the same 500 events.
        odd: share of events that are made odd, 0 to 1.
        locale: Faker's locale for names and cities.

    Raises:
        ValueError: `odd` is not between 0 and 1.

    """
    from hypothesis import strategies

    from simulator.synthesis import events

    drawn = list(itertools.islice(events(seed, odd=odd, locale=locale), _DRAWN))
    return strategies.sampled_from(range(_DRAWN)).map(lambda number: copy.deepcopy(drawn[number]))


def _lines(expected: list[list[Any]], made: list[list[Any]]) -> list[str]:
    from hubspot_dest.diff.json_difference import differences

    compared = [
        _without_added_uuid(call, expected[n]) if n < len(expected) else call for n, call in enumerate(made)
    ]
    return [
        f"calls{difference.path}: expected {difference.expected!r}, made {difference.actual!r}"
        for difference in differences(expected, compared)
    ]


def _without_added_uuid(made: Any, expected: Any) -> Any:
    if isinstance(made, dict) and isinstance(expected, dict):
        return {
            name: _without_added_uuid(value, expected.get(name))
            for name, value in made.items()
            if name != "uuid" or name in expected
        }
    if isinstance(made, list) and isinstance(expected, list):
        padded = itertools.chain(expected, itertools.repeat(None))
        return [_without_added_uuid(value, other) for value, other in zip(made, padded, strict=False)]
    return made
