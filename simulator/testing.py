"""Assertions for mapping tests, with failures that name the differing field.

>>> assert_calls([["a", {"x": 1}]], ["a", {"x": 1}])
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from hubspot_dest import Outcome

__all__ = ["assert_calls", "assert_matches_example", "walkeros_events"]


def assert_calls(made: Outcome | Sequence[list[Any]], *expected: list[Any]) -> None:
    """Assert that exactly these calls were made, in this order; a failure names each differing field.

    The uuid that the sender adds is ignored where the expected call has no uuid.

    Args:
        made: an outcome, or its calls.
        expected: calls in the documented notation, `["events.send.basicApi.send", {...}]`.

    """
    calls = list(made if isinstance(made, Sequence) else made.calls)
    lines = _lines(list(expected), calls)
    if lines:
        differences_text = "\n".join(f"  {line}" for line in lines)
        pytest.fail(f"the calls differ from the expected ones:\n{differences_text}", pytrace=False)


def assert_matches_example(made: Outcome, key: str) -> None:
    """Assert that an outcome has the kind and calls of a documented example, such as `mappedEventName`.

    Raises:
        pytest.fail.Exception: kind or calls differ.
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
    config: Mapping[str, Any] | None = None, *, odd: bool = True
) -> SearchStrategy[dict[str, Any]]:
    """Return a hypothesis strategy for walkerOS events; requires `hypothesis`.

    Args:
        config: the destination's configuration. Events then use its rules' names, the paths that it reads, the consents
            that it requires and the literals that its functions compare with.
        odd: also draw nulls, values of other types, very long texts, and names without a rule.

    """
    from simulator.event_strategy import MappingReach, event_strategy

    return event_strategy(MappingReach.of(config), odd=odd)


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
