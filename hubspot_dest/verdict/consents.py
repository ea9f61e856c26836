"""Judge the consents of events: whether they mean what the configuration asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from hubspot_dest.amounts import amount
from hubspot_dest.checks.finding import Finding, Violation
from hubspot_dest.verdict.misspellings import same_consent
from hubspot_dest.verdict.rule_views import ConfigView

__all__ = ["ConsentJudge"]

_REMEMBERED: Final = 4_096
_ENOUGH_EVENTS: Final = 20
_DENIALS: Final = frozenset(
    """
    false no none n nope never denied deny declined rejected refused revoked withdrawn withheld off 0 -1 disabled
    opted_out optout opt-out opt_out not_granted not-granted notgranted ungranted null undefined pending unknown unset
    nein non nee nej nie não nao нет
    """.split()  # noqa: SIM905 - names read better as words
)


class ConsentJudge:
    """Judges the consents of the events of one run.

    Args:
        view: the configuration, which says what consents it asks for.
        finding: makes a finding from a violation and its place in the configuration.

    """

    def __init__(self, view: ConfigView, finding: Callable[..., Finding]) -> None:
        self._view = view
        self._finding = finding
        self._count = 0
        self._known: dict[tuple[Any, ...], tuple[Finding, ...]] = {}
        """By the names of a consent, the findings about them."""

    def judge(self, consent: Any) -> tuple[Finding, ...]:
        """Return the findings about the consent that an event came with."""
        if type(consent) is not dict or not self._view.consents or not consent:
            return ()
        self._count += 1
        names = (*consent,)
        found = self._known.get(names)
        if found is None:
            found = tuple(self._odd_names(consent))
            if len(self._known) < _REMEMBERED:
                self._known[names] = found
        for name, value in consent.items():
            if value is True or value is False or name not in self._view.consents:
                continue
            reading = _reading(value)
            if reading:
                violation = Violation(
                    "consent_reads_no",
                    f"consent {name} is {reading}, which counts as granted",
                    f"send {name}: false",
                    f"consent.{name}",
                )
                found = (*found, self._finding(violation, ()))
        return found

    def never_given(self, granted: Collection[str]) -> Iterator[Finding]:
        """Yield findings about requirements of which neither an event nor the collector had a name.

        Args:
            granted: names of consents that the collector itself has.

        """
        if self._count < _ENOUGH_EVENTS or len(self._known) >= _REMEMBERED:
            return
        given = {*granted, *(name for names in self._known for name in names)}
        for names, at in self._view.consent_requirements:
            if given.isdisjoint(names):
                asked = " or ".join(names)
                violation = Violation(
                    "consent_never_given",
                    f"none of {amount(self._count, 'event')} with a consent says anything of {asked}: "
                    "what asks for it is never sent",
                    f"ask for a name that events have: {', '.join(sorted(map(str, given))[:8])}",
                )
                yield self._finding(violation, at, at="")

    def _odd_names(self, consent: Mapping[Any, Any]) -> Iterator[Finding]:
        """Yield findings about names that are nearly one that the configuration asks for and the event lacks."""
        missing = [name for name in sorted(self._view.consents) if name not in consent]
        for name in consent:
            if not isinstance(name, str) or name in self._view.consents:
                continue
            meant = next((text for text in missing if same_consent(name, text)), None)
            if meant is not None:
                violation = Violation(
                    "consent_name",
                    f"the event has the consent {name}, the configuration asks for {meant}: "
                    "they are two names, so it counts for nothing",
                    f"write {meant} in both",
                    f"consent.{name}",
                )
                place = next(at for names, at in self._view.consent_requirements if meant in names)
                yield self._finding(violation, (*place, meant))


def _reading(consent: Any) -> str:
    """Return what a consent is that counts as granted and hardly says so; empty for any other."""
    if isinstance(consent, str):
        return f'the text "{consent[:40]}"' if consent.strip().lower() in _DENIALS else ""
    if isinstance(consent, (dict, list)):
        return "an object" if isinstance(consent, dict) else "a list"
    return f"the number {consent}" if isinstance(consent, (int, float)) and consent < 0 else ""
