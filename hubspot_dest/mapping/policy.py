"""Edit an event before or after its rule is found (walkerOS 4.4, sections 3.3 and 3.4; since 4.4, section 1.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hubspot_dest.mapping.dialect import WALKEROS_4_7, Dialect
from hubspot_dest.mapping.evaluation import Evaluation
from hubspot_dest.mapping.jsvalues import UNDEFINED, entries, truthy
from hubspot_dest.mapping.paths import clear_by_path, set_by_path
from hubspot_dest.mapping.promise_order import count_ticks
from hubspot_dest.mapping.values import Callbacks, Resolve, ValueCompiler

__all__ = ["Policy", "overlapping_paths"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The edits of one policy: each path with its value, in the order of the configuration.

    All values are read from the original event; the results are applied one after the other. Upstream applies them in
    the order in which its promises settle, which makes a difference for overlapping paths only.

    Attributes:
        edits: path and value, in the order of the configuration.
        dialect: the version of the mapping language; it decides whether an edit without a result removes the field.
        unsettled: the mapping of each edit if upstream's order applies, else empty.
        probing: runs the functions of `unsettled` to find upstream's order.

    """

    edits: tuple[tuple[str, Resolve], ...]
    dialect: Dialect = WALKEROS_4_7
    unsettled: tuple[Any, ...] = ()
    probing: Callbacks = field(default_factory=lambda: Callbacks(reuse=True), repr=False)

    @classmethod
    def compile(cls, policy: Any, values: ValueCompiler, *, as_settled: bool = False) -> Policy:
        """Compile a `policy`.

        Args:
            policy: path to mapping value.
            values: compiles the values; its dialect applies to the edits, too.
            as_settled: apply overlapping edits in upstream's accidental order, that of its settling promises.

        """
        pairs = entries(policy)
        edits = tuple((path, values.compile_named(f"policy {path}", value)) for path, value in pairs)
        overlap = as_settled and overlapping_paths(policy)
        unsettled = tuple(value for _, value in pairs) if overlap else ()
        return cls(edits, values.dialect, unsettled)

    def apply(self, event: Any, ev: Evaluation) -> Any:
        """Return the event with every path set to its value; `UNDEFINED` removes it or not, as the dialect says."""
        ev.event = event
        results = [(path, resolve(event, ev, ev.collector.consent)) for path, resolve in self.edits]
        for index in self._order(event, ev):
            path, result = results[index]
            if result is UNDEFINED and self.dialect.policy_removes:
                event = self._remove(event, path, ev)
            else:
                event = set_by_path(event, path, result)
        return event

    def _remove(self, event: Any, path: str, ev: Evaluation) -> Any:
        edited = clear_by_path(event, path)
        would = "leave the field in place" if edited is not event else "create the field"
        ev.diverge(
            "walkeros_policy_keeps_key",
            path,
            f"walkerOS 4.4 would {would}, with the value undefined (policy {path}); since 4.7.0 it is removed",
        )
        return edited

    def _order(self, event: Any, ev: Evaluation) -> list[int]:
        indices = list(range(len(self.edits)))
        if not self.unsettled:
            return indices
        scratch = Evaluation(event, ev.collector, ev.now_ms)
        values = ValueCompiler(self.probing, dialect=self.dialect)

        def probe(mapping: Any, value: Any) -> Any:
            return values.compile(mapping)(value, scratch, ev.collector.consent)

        consent = ev.collector.consent
        return sorted(indices, key=lambda index: count_ticks(self.unsettled[index], event, consent, probe))


def overlapping_paths(policy: Any) -> list[tuple[str, str]]:
    """Return the pairs of paths in which the second is inside the first; upstream applies those in accidental order."""
    paths = [path for path, _ in entries(policy)] if truthy(policy) and policy is not UNDEFINED else []
    return [(text, other) for text in paths for other in paths if other.startswith(f"{text}.")]
