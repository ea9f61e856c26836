"""What happened to the events of one rule so far, in the run that a judge follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from hubspot_dest.checks.finding import Finding
from hubspot_dest.verdict.mapping_paths import ConfigPath, MappedValue
from hubspot_dest.verdict.misspellings import Absence
from hubspot_dest.verdict.rule_views import RuleView

__all__ = ["ContactShape", "RuleRun", "stay_pending"]


@dataclass(frozen=True, slots=True)
class ContactShape:
    """What is known of every contact of one rule with the same properties.

    Attributes:
        findings: what there is to say of the properties whatever their values are.
        typed: the properties whose values have to be looked at.
        names: the names of the properties.
        absent: the paths of values that gave nothing; None where they cannot be decided fast.

    """

    findings: tuple[Finding, ...]
    typed: tuple[str, ...]
    names: tuple[str, ...]
    absent: tuple[Absence, ...] | None


@dataclass(slots=True)
class RuleRun:
    """What happened to the events of one rule so far.

    Attributes:
        view: the rule.
        static: findings of every event that it handles.
        pending: values of the occurrence none of whose paths was met yet.
        contact_pending: likewise, values of the contact.
        met: how many events the rule handled.
        contact: the latest shape whose contacts are fine if their values are.
        reported: the places whose paths were reported as never having a value.

    """

    view: RuleView
    static: tuple[Finding, ...]
    pending: list[MappedValue]
    contact_pending: list[MappedValue]
    met: int = 0
    contact: ContactShape | None = None
    reported: set[ConfigPath] = field(default_factory=set)


def stay_pending(pending: Iterable[MappedValue], properties: Collection[str]) -> bool:
    """Tell whether no event with these properties meets a path that none met before."""
    return all(value.name not in properties for value in pending)
