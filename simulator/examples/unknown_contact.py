"""What happens when HubSpot does not know the contact: this sender beside walkerOS, both for real."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.conformance.difference import Difference, differences
from simulator.examples.documented import Example
from simulator.examples.runner import Run, run_example
from simulator.hubspot import FakeHubSpot

__all__ = ["KEY", "NAME", "Comparison", "compare_unknown_contact"]

NAME: Final = "unknown contact"
KEY: Final = "unknownContact"

_SENDER: Final = {"outcome": "sent", "statuses": [404, 201, 204], "on the timeline": 1}
_WALKEROS: Final = {"outcome": "failed", "statuses": [404], "on the timeline": 0}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The example that identifies a contact, run twice against an account that does not know it.

    Attributes:
        example: what was run.
        sender: what this sender did: create the contact, then send.
        walkeros: what walkerOS 4.4 does (parity): the event is lost.
        differences: where either did not do what is said here.

    """

    example: Example
    sender: Run
    walkeros: Run
    differences: list[Difference]

    @property
    def passes(self) -> bool:
        """Whether both did what is said of them."""
        return not self.differences


def compare_unknown_contact(hubspot: FakeHubSpot, example: Example) -> Comparison:
    """Run the example without its contacts, as this sender and as walkerOS.

    Args:
        hubspot: a running HubSpot; its default account is emptied.
        example: one that updates a contact and sends an occurrence.

    """
    nobody = {**example.account, "contacts": []}
    walkeros = run_example(hubspot, example, account=nobody, parity=True)
    left = _timeline(hubspot, example)
    sender = run_example(hubspot, example, account=nobody)
    kept = _timeline(hubspot, example)
    found = [
        *differences(_SENDER, _seen(sender, kept), "sender"),
        *differences(_WALKEROS, _seen(walkeros, left), "walkeros"),
    ]
    return Comparison(example, sender, walkeros, found)


def _timeline(hubspot: FakeHubSpot, example: Example) -> int:
    return len(hubspot.account.timeline(example.event["user"]["email"]))


def _seen(run: Run, on_timeline: int) -> dict[str, object]:
    return {
        "outcome": run.outcome.kind,
        "statuses": [one.status for one in run.arrivals],
        "on the timeline": on_timeline,
    }
