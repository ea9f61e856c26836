"""Edit an event before its rule is found, or after (walkerOS 4.4 mapping, sections 3.3 and 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hubspot_dest.mapping.callbacks import Callbacks
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, entries, truthy
from hubspot_dest.mapping.paths import set_by_path
from hubspot_dest.mapping.settling import settling_ticks
from hubspot_dest.mapping.values import Resolve, ValueCompiler

__all__ = ["Policy", "overlapping_paths"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The edits of one policy: every path with its value, in the order of the configuration.

    All values are read from the event as it was; the results are applied one after the other. Upstream applies
    them in the order in which its promises happen to settle, which differs for overlapping paths only.

    Attributes:
        edits: path and value, in the order of the configuration.
        settling: for each edit its mapping, where they are to be applied as upstream's promises settle; else empty.
        probing: compiles what must be known of the values for that.

    """

    edits: tuple[tuple[str, Resolve], ...]
    settling: tuple[Any, ...] = ()
    probing: ValueCompiler = field(default_factory=lambda: ValueCompiler(Callbacks(reuse=True)), repr=False)

    @classmethod
    def compile(cls, policy: Any, values: ValueCompiler, *, as_settled: bool = False) -> Policy | None:
        """Compile what stands at `policy`; None where nothing does.

        Args:
            policy: path to mapping value.
            values: compiles the values.
            as_settled: apply overlapping edits in upstream's accidental order.

        """
        if not truthy(policy):
            return None
        pairs = entries(policy)
        edits = tuple((path, values.compile_named(f"policy {path}", value)) for path, value in pairs)
        overlap = as_settled and overlapping_paths(policy)
        return cls(edits, tuple(value for _, value in pairs) if overlap else ())

    def apply(self, event: Any, ev: Evaluation) -> Any:
        """Return the event with every path set to its value, also where the value is `UNDEFINED`."""
        ev.event = event
        results = [(path, resolve(event, ev, ev.collector.consent)) for path, resolve in self.edits]
        for index in self._order(event, ev):
            event = set_by_path(event, *results[index])
        return event

    def _order(self, event: Any, ev: Evaluation) -> list[int]:
        indices = list(range(len(self.edits)))
        if not self.settling:
            return indices
        scratch = Evaluation(event, ev.collector, ev.now_ms)

        def probe(mapping: Any, value: Any) -> Any:
            return self.probing.compile(mapping)(value, scratch, ev.collector.consent)

        consent = ev.collector.consent
        return sorted(indices, key=lambda index: settling_ticks(self.settling[index], event, consent, probe))


def overlapping_paths(policy: Any) -> list[tuple[str, str]]:
    """Return the pairs of paths of a policy of which one lies inside the other: upstream's order is accidental."""
    paths = [path for path, _ in entries(policy)] if truthy(policy) and policy is not UNDEFINED else []
    return [(one, other) for one in paths for other in paths if other.startswith(f"{one}.")]
