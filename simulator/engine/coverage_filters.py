"""Filters that show the events of a line of the coverage."""

from __future__ import annotations

from hubspot_dest.coverage.rule_coverage import OTHERS, RuleHits
from simulator.engine.row_filter import exactly, is_path

__all__ = ["filter_of_rule", "filter_of_unmatched"]

_WRITES = ("queued", "flushed", "sent", "identified", "failed")  # outcomes of events that have a contact


def filter_of_rule(rule: RuleHits, name: str = "") -> str:
    """Return the filter that shows a rule's events; of a property, those that lack it, if some do.

    Args:
        rule: the rule.
        name: a property; one of the contact begins with `contact.`.

    """
    if rule.key == "identify":
        return " or ".join(f"outcome:{kind}" for kind in _WRITES)
    whose = rule.contact if name.startswith("contact.") else rule.properties
    found = whose.get(name.removeprefix("contact."))
    lacking = found is not None and found.missing > 0 and is_path(found.source)
    return exactly("rule", rule.label) + (f" {found.source}:none" if found is not None and lacking else "")


def filter_of_unmatched(name: str) -> str:
    """Return the filter that shows the events of a name that no rule matched."""
    return "rule:none" if name == OTHERS else f"rule:none {exactly('event', name)}"
