"""Run the unknown-contact case with this sender and with walkerOS' behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hubspot_dest.diff.json_difference import Difference, differences
from simulator.examples.documented import Example
from simulator.examples.runner import ExampleRun, run_example
from simulator.hubspot import FakeHubSpot

__all__ = ["KEY", "NAME", "UnknownContactResult", "compare_unknown_contact"]

NAME: Final = "unknown contact"
KEY: Final = "unknownContact"

_SENDER: Final = {"outcome": "sent", "statuses": [404, 201, 204], "on the timeline": 1}
_WALKEROS: Final = {"outcome": "failed", "statuses": [404], "on the timeline": 0}


@dataclass(frozen=True, slots=True)
class UnknownContactResult:
    """The identifying example, run twice against an account without the contact.

    Attributes:
        example: the example.
        sender: this sender's run: it creates the contact, then sends.
        walkeros: the run in parity mode: the event is lost.
        differences: deviations of either run from that.

    """

    example: Example
    sender: ExampleRun
    walkeros: ExampleRun
    differences: list[Difference]

    @property
    def passes(self) -> bool:
        """Whether both runs behaved as expected."""
        return not self.differences


def compare_unknown_contact(hubspot: FakeHubSpot, example: Example) -> UnknownContactResult:
    """Run the example without its contacts, in default and in parity mode.

    Args:
        hubspot: a running simulated HubSpot; its default account is reset.
        example: an example that updates a contact and sends an occurrence.

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
    return UnknownContactResult(example, sender, walkeros, found)


def _timeline(hubspot: FakeHubSpot, example: Example) -> int:
    return len(hubspot.account.timeline(example.event["user"]["email"]))


def _seen(run: ExampleRun, on_timeline: int) -> dict[str, object]:
    return {
        "outcome": run.outcome.kind,
        "statuses": [arrival.status for arrival in run.arrivals],
        "on the timeline": on_timeline,
    }
