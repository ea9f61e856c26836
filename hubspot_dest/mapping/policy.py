"""Edit an event before its rule is found, or after (walkerOS 4.4 mapping, sections 3.3 and 3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, entries, truthy
from hubspot_dest.mapping.paths import set_by_path
from hubspot_dest.mapping.values import Resolve, ValueCompiler

__all__ = ["Policy", "overlapping_paths"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The edits of one policy: every path with its value, in the order of the configuration.

    All values are read from the event as it was; the results are applied one after the other. Upstream applies
    them in the order in which its promises happen to settle, which differs for overlapping paths only.
    """

    edits: tuple[tuple[str, Resolve], ...]

    @classmethod
    def compile(cls, policy: Any, values: ValueCompiler) -> Policy | None:
        """Compile what stands at `policy`; None where nothing does."""
        if not truthy(policy):
            return None
        return cls(tuple((path, values.compile(value)) for path, value in entries(policy)))

    def apply(self, event: Any, ev: Evaluation) -> Any:
        """Return the event with every path set to its value, also where the value is `UNDEFINED`."""
        ev.event = event
        results = [(path, resolve(event, ev, ev.collector.consent)) for path, resolve in self.edits]
        for path, result in results:
            event = set_by_path(event, path, result)
        return event


def overlapping_paths(policy: Any) -> list[tuple[str, str]]:
    """Return the pairs of paths of a policy of which one lies inside the other: upstream's order is accidental."""
    paths = [path for path, _ in entries(policy)] if truthy(policy) and policy is not UNDEFINED else []
    return [(one, other) for one in paths for other in paths if other.startswith(f"{one}.")]
