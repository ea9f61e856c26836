"""Events that wait for consent: the same ones pass as if all were looked at each time, at a cost that does not grow."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_dest.events.consent_queue import ConsentGate, MemoryConsentQueue
from hubspot_dest.mapping.context import CollectorView

STATES = st.dictionaries(st.sampled_from(["marketing", "other"]), st.booleans(), max_size=2)
STEPS = st.lists(
    st.one_of(st.tuples(st.just("event"), st.none() | STATES), st.tuples(st.just("grant"), STATES))
)


class CountingGate(ConsentGate):
    """Counts how often an event is looked at."""

    looks = 0

    def admits(self, event: dict[str, Any], own: Any) -> bool:
        self.looks += 1
        return super().admits(event, own)


class LooksAtAll(MemoryConsentQueue):
    """Looks at every waiting event each time."""

    def release(self) -> Any:
        self._looked_at = object()
        return super().release()


def played(
    kind: type[MemoryConsentQueue], steps: list[tuple[str, Any]], own_refusal_counts: bool
) -> list[Any]:
    collector = CollectorView()
    gate = ConsentGate({"marketing": True}, collector, own_refusal_counts=own_refusal_counts)
    queue = kind(gate, 3)
    passed: list[Any] = []
    for number, (step, states) in enumerate(steps):
        if step == "grant":
            collector.consent = {**collector.consent, **states}
        else:
            event = {"id": number, "consent": collector.consent if states is None else states}
            released = [dict(waiting) for waiting in queue.release()]
            denied = queue.admit(event)
            passed.append((released, denied, dict(event), [dropped["id"] for dropped in queue.drop_excess()]))
        passed.append(len(queue))
    return passed


@pytest.mark.parametrize("own_refusal_counts", [True, False])
@given(steps=STEPS)
def test_the_same_events_pass_as_if_all_were_looked_at_each_time(
    own_refusal_counts: bool, steps: list[tuple[str, Any]]
) -> None:
    assert played(MemoryConsentQueue, steps, own_refusal_counts) == played(
        LooksAtAll, steps, own_refusal_counts
    )


@pytest.mark.parametrize("own_refusal_counts", [True, False])
def test_a_thousand_waiting_events_do_not_slow_down_the_next_one(own_refusal_counts: bool) -> None:
    gate = CountingGate({"marketing": True}, CollectorView(), own_refusal_counts=own_refusal_counts)
    queue = MemoryConsentQueue(gate, 1000)
    for number in range(1000):
        queue.release()
        queue.admit({"id": number, "consent": {}})
    assert len(queue) == 1000
    assert gate.looks <= 2 * 1000  # once when it comes, once more before the next
